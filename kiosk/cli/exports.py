"""Commands that take records along: the entry-exit register as the school's form, and the records themselves.

Each copy says on every page who took it and what for (R17).
"""

import getpass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from kiosk.cli import console
from kiosk.ledger import LedgerError, LedgerReader
from kiosk.places import Places
from kiosk.rules.checkpoint import NoteError, parse_verifier_key
from kiosk.rules.record import RecordError
from kiosk.rules.register import Period
from ui.registers import ExportError, Format, What, export

app = typer.Typer(help="Take records along: CSV, JSON lines, XLSX or PDF.", no_args_is_help=True)

Day = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, local time.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, local time.")]
Form = Annotated[Format, typer.Option("--format", help="Which kind of file.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where to; else beside you, named by its contents.")]
For = Annotated[str, typer.Option("--for", help="What this copy is for; it stands on every page.")]


@app.command()
def register(  # noqa: PLR0917 - a command has as many options as it has
    settings: console.SettingsFile = console.SETTINGS,
    form: Form = Format.PDF,
    first: Day = None,
    last: LastDay = None,
    out: Out = None,
    purpose: For = "",
) -> None:
    """The entry-exit register, in the columns and the form of the regulation's annex 2."""
    _export(What.REGISTER, settings, form, (first, last), out, purpose)


@app.command()
def records(  # noqa: PLR0917 - as above
    settings: console.SettingsFile = console.SETTINGS,
    form: Form = Format.JSONL,
    first: Day = None,
    last: LastDay = None,
    out: Out = None,
    purpose: For = "",
) -> None:
    """The records; as JSON lines with the proofs by which `doorward verify` checks them anywhere."""
    _export(What.RECORDS, settings, form, (first, last), out, purpose)


def _export(  # noqa: PLR0917 - as above
    what: What,
    settings: Path,
    form: Format,
    days: tuple[datetime | None, datetime | None],
    out: Path | None,
    purpose: str,
) -> None:
    door, words = console.settings(settings), console.words()
    places = Places(door.door.data)
    period = Period(*(day.date() if day else None for day in days))
    target = out or Path(f"{door.door.id}-{what}-{_today()}.{form}")
    try:
        with LedgerReader.open(places.ledger) as reader, console.bar(words.text("Export")) as progress:
            done = export(
                what,
                form,
                reader,
                door.policy,
                door.door.room,
                period,
                target,
                console.language(),
                progress,
                key=parse_verifier_key(places.verifier_key.read_text().strip()),
                stamp=_stamp(purpose),
            )
    except (ExportError, LedgerError, NoteError, RecordError, OSError) as error:
        console.refuse(str(error))
    said = words.text("{file}: {rows} lines.", file=str(done.path), rows=done.rows)
    console.out.print(said, style="green", markup=False)


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _stamp(purpose: str) -> str:
    taken = f"{getpass.getuser()} {datetime.now(UTC).astimezone():%Y-%m-%d %H:%M}"
    return f"{taken} · {purpose}" if purpose else taken
