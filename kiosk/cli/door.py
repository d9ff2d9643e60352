"""Commands for the door itself."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk import door_process
from kiosk.cli import console
from kiosk.settings import problems

File = Annotated[Path, typer.Argument(metavar="SETTINGS", help="The door's settings file.")]


def door(settings: File) -> None:
    """Run the door: readers, decisions, records, lock."""
    raise typer.Exit(door_process.run(settings))


def relock(settings: File) -> None:
    """Drive the lock safe, and nothing else: for after the door process ended."""
    raise typer.Exit(door_process.relock(settings))


def check_settings(settings: File) -> None:
    """Say everything that is wrong with a settings file and the policy that it names."""
    found = problems(settings, console.CHECKS)
    console.tell(found)
    if found:
        raise typer.Exit(1)
    console.out.print(console.words().text("{file} is in order.", file=str(settings)), style="green", markup=False)
