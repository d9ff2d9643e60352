"""A disk under SQLite that can be watched, told to fail, and cut off from its power (apsw, in tests only).

`Disk` is a SQLite VFS over the system's own. It notes every write, sync and truncation of the database and its log,
and asks `fail` before each. `aftermath` is what a power cut leaves: what was synced, and of every write since then
anything from all to nothing, in sectors, with whole blocks spoiled.
"""

import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, cast

import apsw
from msgspec import Struct

NAMES = {
    apsw.FullError: "SQLITE_FULL",
    apsw.IOError: "SQLITE_IOERR",
    apsw.ReadOnlyError: "SQLITE_READONLY",
    apsw.BusyError: "SQLITE_BUSY",
}


class Step(Struct, frozen=True):
    """One thing that was asked of the disk; `said` is not: it is the caller's word that `size` records are durable."""

    act: Literal["write", "sync", "truncate", "said"]
    name: str = ""
    offset: int = 0
    data: bytes = b""
    size: int = 0


class Disk(apsw.VFS):
    def __init__(self) -> None:
        self.name = f"watched-{id(self):x}"
        self.steps: list[Step] = []
        self.fail: Callable[[Step], Literal["before", "after"] | None] = lambda _: None
        self.error: type[Exception] = apsw.IOError
        super().__init__(self.name, "unix")

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        return _File(self, name, flags)

    def connect(self, uri: str) -> sqlite3.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
        try:
            return cast("sqlite3.Connection", _Connection(apsw.Connection(uri, flags=flags, vfs=self.name)))
        except apsw.Error as error:
            raise translated(error) from error

    def ask(self, step: Step, act: Callable[[], Any]) -> None:
        verdict = self.fail(step)
        if verdict == "before":
            raise self.error("the disk was told to fail")
        self.steps.append(step)
        act()
        if verdict == "after":
            raise self.error("the disk was told to lose its answer")

    def close(self) -> None:
        self.unregister()


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name)).name

    def xWrite(self, data: bytes, offset: int) -> None:
        step = Step("write", self._name, offset, bytes(data))
        self._disk.ask(step, lambda: super(_File, self).xWrite(data, offset))

    def xSync(self, flags: int) -> None:
        self._disk.ask(Step("sync", self._name), lambda: super(_File, self).xSync(flags))

    def xTruncate(self, size: int) -> None:
        self._disk.ask(Step("truncate", self._name, size=size), lambda: super(_File, self).xTruncate(size))


class _Connection:
    """apsw in sqlite3's clothes, as far as the ledger wears them."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        connection.set_busy_timeout(1000)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> "_Rows":
        try:
            return _Rows(list(self._connection.execute(statement, values)))
        except apsw.Error as error:
            raise translated(error) from error

    def close(self) -> None:
        with suppress(apsw.IOError):  # the keeper's lock on a file that it may only read: sqlite3 passes over it
            self._connection.close()


class _Rows:
    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows[0] if self._rows else None


def translated(error: apsw.Error) -> sqlite3.Error:
    damage = isinstance(error, apsw.CorruptError | apsw.NotADBError)
    other = (sqlite3.DatabaseError if damage else sqlite3.OperationalError)(str(error))
    other.sqlite_errorname = NAMES.get(type(error), type(error).__name__)
    return other


Damage = Literal["none", "torn", "block-512", "block-4096"]


def aftermath(
    base: dict[str, bytes], steps: Sequence[Step], chance: random.Random, damage: Damage, *, sync_lies: bool = False
) -> dict[str, bytes]:
    """The files after a cut right behind the last step. `base` is what was durable before the first."""
    files = {name: bytearray(data) for name, data in base.items()}
    pending: list[Step] = []
    for step in steps:
        if step.act == "sync" and not sync_lies:
            for one in pending:
                if one.name == step.name:
                    _apply(files, one)
            pending = [one for one in pending if one.name != step.name]
        elif step.act in ("write", "truncate"):
            pending.append(step)
    for one in pending:
        _survive(files, one, chance, damage)
    return {name: bytes(data) for name, data in files.items()}


def _apply(files: dict[str, bytearray], step: Step) -> None:
    data = files.setdefault(step.name, bytearray())
    if step.act == "truncate":
        del data[step.size :]
        return
    end = step.offset + len(step.data)
    if len(data) < end:
        data.extend(bytes(end - len(data)))
    data[step.offset : end] = step.data


def _survive(files: dict[str, bytearray], step: Step, chance: random.Random, damage: Damage) -> None:
    fate = chance.random()
    if fate < 0.4:
        _apply(files, step)
    elif fate < 0.7 or step.act == "truncate" or damage == "none":
        return
    elif damage == "torn":
        _tear(files, step, chance)
    else:
        _spoil(files, step, chance, 512 if damage == "block-512" else 4096)


def _tear(files: dict[str, bytearray], step: Step, chance: random.Random) -> None:
    """Each sector of the write survives or not."""
    at, end = step.offset, step.offset + len(step.data)
    while at < end:
        upto = min(end, (at // 512 + 1) * 512)
        if chance.random() < 0.5:
            _apply(files, Step("write", step.name, at, step.data[at - step.offset : upto - step.offset]))
        at = upto


def _spoil(files: dict[str, bytearray], step: Step, chance: random.Random, block: int) -> None:
    """The write was under way: one of the blocks that it touches reads as noise, what else stood in it included."""
    _apply(files, step)
    first, last = step.offset // block, (step.offset + len(step.data) - 1) // block
    spoiled = chance.randint(first, last) * block
    size = min(block, len(files[step.name]) - spoiled)
    files[step.name][spoiled : spoiled + size] = chance.randbytes(size)
