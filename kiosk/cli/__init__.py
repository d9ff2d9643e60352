"""`doorward`: the command line. Each command is one screen of wiring; what it does stands in the rooms it calls.

Sentences come from the catalogue in the language of the terminal (LANGUAGE, LC_ALL, LC_MESSAGES, LANG), or of
DOORWARD_LANGUAGE. Exit status: 0 done, 1 refused or a fault found, 2 a command that was not understood.
"""

import typer

from kiosk.cli import demo, door, exports, lists, records

app = typer.Typer(
    name="doorward",
    help="The appliance at a control room's door.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("door")(door.door)
app.command("relock")(door.relock)
app.command("check-settings")(door.check_settings)
app.add_typer(lists.app, name="access")
app.command("demo")(demo.demo)
app.command("verify")(records.verify)
app.command("records")(records.records)
app.add_typer(exports.app, name="export")
