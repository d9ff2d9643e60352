"""Reading the ledger beside its writer: records, nodes, notes, proofs. Any process of ours; nothing is ever written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from msgspec import Struct

from kiosk.ledger.disk import SCHEMA, Connect, LedgerError, connect, damaged, open_reader, unreadable
from kiosk.rules import tree
from kiosk.rules.record import Record, RecordError, parse

PAGE = 512  # records; more of them at a time leave the processor's cache, and a view is held no longer than for these
_PAGE = f"SELECT seq, body, hashes FROM records WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT {PAGE}"  # noqa: S608
_BODY_TYPES = frozenset({bytes, type(None)})


class Row(Struct, frozen=True):
    """A record as stored. `body` is None once retention erased it; `hashes` as `tree.completed` says."""

    seq: int
    body: bytes | None
    hashes: bytes

    @property
    def leaf(self) -> bytes:
        return self.hashes[: tree.HASH_BYTES]


class Page(NamedTuple):
    """Records that follow each other, column by column: what each of `Row` is, for all of them."""

    seqs: tuple[int, ...] = ()
    bodies: tuple[bytes | None, ...] = ()
    hashes: tuple[bytes, ...] = ()


class LedgerReader:
    """One reading connection. All raise LedgerError when the file cannot be read or lacks what it should hold.

    Every call sees the newest commit, and iterating reads page by page, so that no view is held in between: a view
    held would keep the writer's log from being reused.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, still: bool = False, connector: Connect = connect) -> Self:
        """`still`: a file that nobody writes and that lies where nothing can be put beside it. Raises LedgerError."""
        if not path.exists():
            raise LedgerError(f"There is no ledger at {path}.")
        try:
            reader = cls(path, open_reader(path, connector, still=still))
        except sqlite3.Error as error:
            raise unreadable(path, error) from error
        try:
            reader._one("SELECT format FROM meta", int)
        except LedgerError:
            reader.close()
            raise
        return reader

    @property
    def door(self) -> str:
        door: str = self._one("SELECT door FROM meta", str)[0]
        return door

    @property
    def origin(self) -> str:
        origin: str = self._one("SELECT origin FROM meta", str)[0]
        return origin

    @property
    def size(self) -> int:
        """How many records there are: the next one's seq."""
        size: int = self._one("SELECT coalesce(max(seq) + 1, 0) FROM records", int)[0]
        return size

    @property
    def note(self) -> bytes:
        """The newest signed checkpoint, as `kiosk.rules.checkpoint` writes it."""
        note: bytes = self._one("SELECT note FROM notes ORDER BY block DESC LIMIT 1", bytes)[0]
        return note

    def notes(self) -> list[tuple[int, bytes]]:
        """Every signed checkpoint that is kept: (size that its row claims, note), oldest first."""
        return [(size, note) for size, note in self._all("SELECT size, note FROM notes ORDER BY block", (), int, bytes)]

    def state(self) -> tuple[int, bytes] | None:
        """The door's memory as last put beside the records, and how many of them it holds."""
        rows = self._all("SELECT seq, state FROM state", (), int, bytes)
        return (rows[0][0], rows[0][1]) if rows else None

    def retention(self) -> tuple[int, int]:
        """Bodies before the first number may be erased; those before the second are."""
        before, done = self._one("SELECT before, done FROM retention", int, int)
        return before, done

    def triggers(self) -> frozenset[str]:
        """The triggers that stand as the schema has them."""
        found = self._all("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'", (), str, str)
        return frozenset(name for name, text in found if text in SCHEMA)

    def rows(self, start: int = 0, end: int | None = None) -> Iterator[Row]:
        """Records [start, end) as stored."""
        start, last = max(start, 0), 2**62 if end is None else end
        while (page := self.page(start, last)).seqs:
            yield from map(Row, *page)
            start = page.seqs[-1] + 1

    def page(self, start: int, end: int) -> Page:
        """Records [start, end) as stored, the first `PAGE` of them."""
        rows = self._all(_PAGE, (start, end))
        page = Page(*zip(*rows, strict=True)) if rows else Page()
        if not (set(map(type, page.bodies)) <= _BODY_TYPES and set(map(type, page.hashes)) <= {bytes}):
            raise damaged(self.path, f"a record after {start} is not stored as records are")
        return page

    def tail(self, start: int = 0, end: int | None = None) -> Iterator[Record]:
        """Records [start, end) that still have their bodies."""
        for row in self.rows(start, end):
            if row.body is not None:
                yield self._parse(row.seq, row.body)

    def record(self, seq: int) -> Record | None:
        """Record `seq`, or None if there is none or its body was erased."""
        return next(self.tail(seq, seq + 1), None)

    def node(self, level: int, index: int) -> bytes:
        """The complete node (`kiosk.rules.tree`)."""
        seq = ((index + 1) << level) - 1
        rows = self._all("SELECT substr(hashes, ?, 32) FROM records WHERE seq = ?", (32 * level + 1, seq))
        if not rows or len(rows[0][0]) != tree.HASH_BYTES:
            raise LedgerError(f"The ledger {self.path} lacks node {level} of its tree beside record {seq}.")
        return bytes(rows[0][0])

    def root(self, size: int) -> bytes:
        return tree.root(size, self.node)

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """The proof that record `seq` stands under the root of `size` records."""
        return tree.inclusion(seq, size, self.node)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the first `new` records begin with the first `old`; empty where old is 0."""
        return tree.consistency(old, new, self.node) if old else []

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Everything read within is of one and the same commit."""
        self._all("BEGIN")
        try:
            yield
        finally:
            self._all("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _parse(self, seq: int, body: bytes) -> Record:
        try:
            record = parse(body)
        except RecordError as error:
            raise LedgerError(f"Record {seq} of {self.path} cannot be read. {error}") from error
        if record.seq != seq:
            raise LedgerError(f"Record {seq} of {self.path} says that it is record {record.seq}.")
        return record

    def _one(self, statement: str, *types: type) -> tuple[Any, ...]:
        rows = self._all(statement, (), *types)
        if not rows:
            raise damaged(self.path, f"it lacks a row that every ledger has ({statement})")
        return rows[0]

    def _all(self, statement: str, values: tuple[int, ...] = (), *types: type) -> list[tuple[Any, ...]]:
        """The rows, each of these types: damage can turn any value into another, tables that are STRICT or not."""
        try:
            rows = self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise unreadable(self.path, error) from error
        if types and any(tuple(map(type, row)) != types for row in rows):
            raise damaged(self.path, f"it holds what no ledger holds ({statement})")
        return rows
