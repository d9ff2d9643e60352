"""Commands for the access list of a door without a centre."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from kiosk import keys
from kiosk.cli import console
from kiosk.link.client import Client
from kiosk.link.listening import LinkError
from kiosk.link.wire import ListReady, Role
from kiosk.places import Places
from kiosk.roster.enrolment import Keys, Report, import_file
from kiosk.roster.writer import ListError
from kiosk.settings import Settings

app = typer.Typer(help="The access list: who may pass.", no_args_is_help=True)


@app.callback()
def access() -> None:
    """The access list: who may pass."""


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="People, cards and approvals: a TOML file, a CSV file or a folder of them.")
    ],
    settings: console.SettingsFile = console.SETTINGS,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything, say what is wrong, change nothing.")
    ] = False,
    reissue: Annotated[list[str] | None, typer.Option(help="Draw a new code for this approval.")] = None,
) -> None:
    """Make the door's access list from a file. The door takes it over without a pause."""
    door = console.settings(settings)
    try:
        with console.bar(console.words().text("Access list")) as progress:
            report = import_file(
                file,
                Places(door.door.data).lists,
                door.policy,
                _keys(door),
                dry_run=dry_run,
                progress=lambda _stage, done, total: progress(done, total),
                reissue=reissue or (),
            )
    except (ListError, keys.KeyFileError, OSError) as error:
        console.refuse(str(error))
    _tell(report)
    if report.problems:
        raise typer.Exit(1)
    if report.version is not None:
        _announce(door, report.version)


def _keys(door: Settings) -> Keys:
    places = Places(door.door.data)
    places.make()
    found = Keys.of(places, door.door.site)
    if not places.issuer.exists():
        places.issuer.write_text(f"{found.verifier}\n")
    return found


def _tell(report: Report) -> None:
    words = console.words()
    console.tell(report.problems)
    if report.more:
        console.err.print(words.text("And {count} more mistakes.", count=report.more), style="red", markup=False)
    for note in report.notes:
        console.err.print(words.tr(note), style="yellow", markup=False)
    counts = {"people": report.people, "cards": report.cards, "approvals": report.approvals}
    console.out.print(
        words.text("Read: {people} people, {cards} cards, {approvals} approvals.", **counts), markup=False
    )
    if report.version is None:
        console.out.print(words.text("Nothing was changed."), markup=False)
        return
    console.out.print(words.text("Access list {version} is in force.", version=report.version), markup=False)
    if report.issued:
        _codes(report)


def _codes(report: Report) -> None:
    """Shown once: nothing but this screen ever holds them."""
    words = console.words()
    table = Table(title=words.text("New approval codes: hand them over now, they are shown only once"))
    for heading in ("Approval", "Name", "Room", "Code"):
        table.add_column(words.text(heading))
    for issued in report.issued:
        approval = issued.approval
        table.add_row(approval.id, approval.name, approval.room, issued.code.reveal().decode())
    console.out.print(table)


def _announce(door: Settings, version: int) -> None:
    """Tell a door that runs; one that does not finds the list when it starts."""
    try:
        client = Client(Places(door.door.data).socket, Role.SYNC)
    except LinkError:
        console.err.print(
            console.words().text("The door does not run; it reads the list when it starts."), markup=False
        )
        return
    client.ask(ListReady(version))
    client.close()
