"""Secrets on disk: files of mode 0600 that their owner made on this device, and nobody was ever told.

A key file that others can read is refused, not repaired: it must be taken for known to them.
"""

import contextlib
import os
import secrets
import stat
from pathlib import Path

SIZE = 32


class KeyFileError(Exception):
    """One clear sentence: which file, what is wrong with it, what to do."""


class Secret:
    """Bytes that mask themselves wherever they are printed."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        return self._value

    def __repr__(self) -> str:
        return "Secret(****)"


def read(path: Path) -> Secret:
    """The 32 bytes of a key file. Raises KeyFileError."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            value = file.read(SIZE + 1)
    except OSError as error:
        raise KeyFileError(f"The key {path} cannot be read: {error.strerror}.") from error
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileError(f"The key {path} can be read by others; replace it, then: chmod 600 {path}.")
    if len(value) != SIZE:
        raise KeyFileError(f"The key {path} is damaged: it must hold exactly {SIZE} bytes.")
    return Secret(value)


def read_or_make(path: Path) -> Secret:
    """The key in this file, made and durable first where there is none. Raises KeyFileError."""
    if not path.exists():
        try:
            _make(path)
        except OSError as error:
            raise KeyFileError(f"The key {path} cannot be made: {error.strerror}.") from error
    return read(path)


def _make(path: Path) -> None:
    """Whole under another name first: a cut of the power must not leave half a key, which no start accepts."""
    made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SIZE))
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):  # another process was first: its key counts
            path.hardlink_to(made)
    finally:
        made.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
