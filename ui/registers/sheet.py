"""A register as a sheet of paper holds it: a heading, columns, rows of text; and the seal that ties it to the records.

The seal lets anyone check a print years later. It names the ledger (the checkpoint's origin), how many of its records
the register was made from and the root of the tree over them, which fixes every byte of every record; and the SHA-256
of the sheet itself: one JSON array a line, UTF-8, no spaces, first
["doorward sheet 1", title, school, room, period, origin, size, root in base64], then each row's cells as printed.
The same records give the same sheet, so whoever exports again at that size gets the same digest, until retention
erases a body. The rows of a CSV file, one JSON array each, do as well.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from hashlib import sha256

from msgspec import Struct

from ui.words import Translations, printable

Row = tuple[str, ...]


class Column(Struct, frozen=True):
    """`width` in millimetres of A4 landscape; a centred column holds short things."""

    head: str
    width: float
    centred: bool = False


class Source(Struct, frozen=True):
    """Which records: the first `size` of the ledger `origin`, under the tree's `root`."""

    origin: str
    size: int
    root: bytes

    @property
    def root_text(self) -> str:
        """As a checkpoint writes it."""
        return base64.b64encode(self.root).decode()


class Sheet(Struct, frozen=True):
    """Everything of a register but its rows. All text is in the reader's language already."""

    title: str
    school: str
    room: str
    responsible: str
    period: str
    columns: tuple[Column, ...]
    source: Source
    signers: tuple[str, ...]
    words: Translations
    least_row: float = 9.0  # millimetres: room to write in, or to read only
    empty: str = ""  # what the sheet says when it has no row
    stamp: str = ""  # who made this copy, what for, under which approval (R17)


class Seal:
    """The digest over a sheet, taken while its rows pass by."""

    def __init__(self, sheet: Sheet) -> None:
        source = sheet.source
        self._hash = sha256()
        self.rows = 0
        heading = (sheet.title, sheet.school, sheet.room, sheet.period)
        self._add(("doorward sheet 1", *heading, source.origin, source.size, source.root_text))

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, printable, each counted and hashed as it passes."""
        for row in rows:
            cells = tuple(map(printable, row))
            self._add(cells)
            self.rows += 1
            yield cells

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def _add(self, values: tuple[str | int, ...]) -> None:
        self._hash.update(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def grouped(digest: str) -> str:
    """Hex digits in fours, so that two people can read them to each other."""
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def facts(sheet: Sheet) -> tuple[str, str, str]:
    """The line under the title: the room, who is responsible for it (R19), the period."""
    text = sheet.words.text
    return (
        text("Room: {room}", room=sheet.room),
        text("Responsible: {person}", person=sheet.responsible),
        text("Period: {period}", period=sheet.period),
    )


def sealed(sheet: Sheet, digest: str) -> tuple[str, str]:
    """How to check the sheet: the records it was made from, and its digest."""
    source, text = sheet.source, sheet.words.text
    return (
        text(
            "Made from the first {size} records of {origin}, tree root {root}",
            size=source.size,
            origin=source.origin,
            root=source.root_text,
        ),
        text("SHA-256 of this sheet: {digest}", digest=grouped(digest)),
    )
