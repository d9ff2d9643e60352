"""A file that is whole or not there: written beside its place, made durable, then renamed into it. Mode 0600."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from kiosk.rules.view import Say
from ui.words import Translations, load


class ExportError(Exception):
    """One clear sentence (`say`): what could not be written, why, and what to do."""

    def __init__(self, say: Say, words: Translations | None = None) -> None:
        super().__init__((words or load("en")).tr(say))
        self.say = say


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """The file to write into; `path` changes only when the block ends without an exception. Raises ExportError."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w+b") as out:  # noqa: PTH123
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
        _sync(path.parent)
    except OSError as error:
        why = error.strerror or str(error)
        raise ExportError(Say("{path} cannot be written: {why}.", {"path": str(path), "why": why})) from error
    finally:
        part.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
