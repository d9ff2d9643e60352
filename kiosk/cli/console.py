"""The terminal: its language, its progress bars, and how a command that cannot go on says so."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hardware import drivers
from kiosk.problems import Problem
from kiosk.settings import Checks, Settings, SettingsError, read_settings
from ui.words import LANGUAGES, Translations, load

_WIDE = None if sys.stdout.isatty() else 120  # a log is read on something wider than a terminal of 80

out = Console(highlight=False, soft_wrap=True, width=_WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_LANGUAGE = ("DOORWARD_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")

SETTINGS = Path("/etc/doorward/door.toml")
SettingsFile = Annotated[
    Path, typer.Option("--settings", "-s", envvar="DOORWARD_SETTINGS", help="The door's settings file.")
]
CHECKS = Checks(drivers.check_reader, drivers.check_output, drivers.check_input)


def language() -> str:
    """The reader's language: "zh" where the terminal asks for any Chinese, else "en"."""
    asked = next((value for name in _LANGUAGE if (value := os.environ.get(name))), "")
    return next((known for known in LANGUAGES if asked.lower().startswith(known)), "en")


def words() -> Translations:
    return load(language())


def settings(path: Path) -> Settings:
    """The settings, or every mistake in them on a line of its own and the end of the command."""
    try:
        return read_settings(path, checks=CHECKS)
    except SettingsError as error:
        tell(error.problems)
        raise typer.Exit(1) from None


def tell(problems: list[Problem] | tuple[Problem, ...]) -> None:
    translate = words().text
    for problem in problems:
        err.print(problem.line(translate), style="red", markup=False)


def refuse(sentence: str) -> NoReturn:
    """End the command with one clear sentence."""
    err.print(sentence, style="red", markup=False)
    raise typer.Exit(1)


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the error stream, so that output can be piped; gone when it is done, and none in a log."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
