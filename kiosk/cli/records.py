"""Commands for what the door wrote down: look, prove, take along."""

import time
from pathlib import Path
from typing import Annotated

import typer

from kiosk.cli import console
from kiosk.ledger import LedgerError, LedgerReader
from kiosk.ledger.verify import verify as check
from kiosk.places import Places
from kiosk.rules.checkpoint import NoteError
from kiosk.rules.view import Tone
from ui.records import Teller, tone

STYLES = {Tone.ALARM: "bold red", Tone.REFUSED: "red", Tone.WELCOME: "green", Tone.WAIT: "yellow", Tone.CALM: ""}
_LOOK_S = 0.5


def verify(
    path: Annotated[Path, typer.Argument(help="A ledger, a door's data folder, or an exported bundle.")],
    key: Annotated[
        str | None,
        typer.Option(help="The door's verifier key, or a file that holds it; else ledger.vkey beside the ledger."),
    ] = None,
    witnessed: Annotated[Path | None, typer.Option(help="A checkpoint that a witness kept.")] = None,
) -> None:
    """Prove the records: nothing was changed, dropped, reordered or added."""
    words = console.words()
    path = Places(path).ledger if path.is_dir() else path
    keys = Path(key) if key and Path(key).exists() else [key] if key else path.with_name("ledger.vkey")
    try:
        path.stat()
        note = witnessed.read_bytes() if witnessed else None
        with console.bar(words.text("Checking")) as progress:
            faults = check(path, keys, progress, witnessed=note)
    except OSError as error:
        console.refuse(f"{error.filename}: " + words.text("cannot be read: {why}.", why=str(error.strerror)))
    except (LedgerError, NoteError) as error:
        console.refuse(str(error))
    for fault in faults:
        console.err.print(f"{fault.place}: {fault.what}", style="red", markup=False)
    if faults:
        console.refuse(words.text("{count} faults were found. Keep a copy of the file as it is.", count=len(faults)))
    console.out.print(
        words.text("Every record is in its place, unchanged and signed for."), style="green", markup=False
    )


def records(
    settings: console.SettingsFile = console.SETTINGS,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as the door writes.")] = False,
    last: Annotated[int, typer.Option("--last", "-n", help="How many to begin with.")] = 20,
) -> None:
    """Look at what the door writes down."""
    door = console.settings(settings)
    teller = Teller(console.words(), door.policy.zone)
    try:
        with LedgerReader.open(Places(door.door.data).ledger) as reader:
            seen = max(0, reader.size - last)
            while True:
                for record in reader.tail(seen):
                    seen = record.seq + 1
                    console.out.print(teller.tell(record), style=STYLES[tone(record)], markup=False)
                if not follow:
                    return
                time.sleep(_LOOK_S)
    except LedgerError as error:
        console.refuse(str(error))
    except KeyboardInterrupt:
        return
