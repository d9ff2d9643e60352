"""PDF: a register as the printed form of annex 2, A4 landscape, fit to be signed and filed.

Every page repeats the heading's table row and carries the seal and "page x of y". After the last row stands "nothing
below", as school forms have it, so that nobody can write another line in; then the place for the signature.
Lines are broken by Chinese rules (no closing mark begins a line); a row is split over two pages only where it is taller
than one.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import BinaryIO

from msgspec import Struct
from reportlab.pdfgen.canvas import Canvas

from ui.registers.fonts import Fonts
from ui.registers.sheet import Row, Seal, Sheet, facts, sealed

MM = 72 / 25.4
WIDTH, HEIGHT = 297 * MM, 210 * MM
LEFT = 15 * MM
TABLE = WIDTH - 2 * LEFT
TOP = HEIGHT - 13 * MM
BOTTOM = 24 * MM  # the footer lies below
SIZE, LEADING = 10.0, 14.0
PAD = 2 * MM
HEAD = 10 * MM
END_ROW = 9 * MM
HEADING = 66.0
SIGNING = 14 * MM
FOOTER = 8 * MM
BODY = TOP - BOTTOM - HEAD
MOST_LINES = int((BODY - HEADING - END_ROW - SIGNING - PAD) // LEADING)  # of a row's part: fits any page
MOST_CODES = 30
BLANK = "_" * 16

_UNIT = re.compile(
    r"[（《「『【“(\[]*"  # no opening mark ends a line
    r"(?:[0-9A-Za-z_.@/+\-:–\u00c0-\u024f]+|.)"
    r"[，。、；：！？）》」』】”…·%,.;:!?)\]]*"  # no closing mark begins one
)
_PRINTING = Lock()  # a font of reportlab serves one document at a time


class Laid(Struct, frozen=True):
    """A row laid out: each cell's lines, and the height in points. A row taller than a page comes in parts."""

    cells: tuple[tuple[str, ...], ...]
    height: float


def write_pdf(out: BinaryIO, sheet: Sheet, rows: Iterable[Row]) -> Seal:
    """The whole print. Holds all rows at once: the seal and the count of pages stand on the first one.

    Raises FontError.
    """
    with _PRINTING:
        seal = Seal(sheet)
        kept = tuple(seal.over(rows))
        _Printer(out, sheet, seal.digest, Fonts()).run(kept)
        return seal


def wrap(text: str, width: float, measure: Callable[[str], float]) -> tuple[str, ...]:
    """The lines that `text` takes in `width` points; a word that is wider is broken where it must be."""
    lines, line, used = [], "", 0.0
    for unit, wide in _units(text, width, measure):
        if line and used + wide > width:
            lines.append(line.rstrip())
            line, used = "", 0.0
            if unit.isspace():
                continue
        line, used = line + unit, used + wide
    return (*lines, line.rstrip())


def _units(text: str, width: float, measure: Callable[[str], float]) -> Iterable[tuple[str, float]]:
    for unit in _UNIT.findall(text):
        wide = measure(unit)
        if wide <= width:
            yield unit, wide
        else:
            yield from ((character, measure(character)) for character in unit)


class _Printer:
    """One print. Lengths are points, y runs upwards; `_row` and its like return the y below what they drew."""

    def __init__(self, out: BinaryIO, sheet: Sheet, digest: str, fonts: Fonts) -> None:
        self._sheet = sheet
        self._fonts = fonts
        self._seal = sealed(sheet, digest)
        self._canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1, initialFontName=fonts.text)
        self._canvas.setTitle(sheet.title)
        self._canvas.setAuthor(sheet.school)
        self._canvas.setSubject(" ".join(facts(sheet)))
        self._canvas.setCreator("Doorward")
        total = sum(column.width for column in sheet.columns)
        self._widths = [column.width / total * TABLE for column in sheet.columns]

    def run(self, rows: Sequence[Row]) -> None:
        pages = paginate([part for row in rows for part in self._lay(row)])
        for number, page in enumerate(pages, 1):
            self._page(page, number, len(pages))
        self._canvas.save()

    def _lay(self, row: Row) -> Iterable[Laid]:
        cells = [
            wrap(cell, width - 2 * PAD, lambda text: self._fonts.width(text, SIZE))
            for cell, width in zip(row, self._widths, strict=True)
        ]
        for start in range(0, max(map(len, cells)), MOST_LINES):
            part = tuple(cell[start : start + MOST_LINES] for cell in cells)
            yield Laid(part, max(self._sheet.least_row * MM, max(map(len, part)) * LEADING + PAD))

    def _page(self, rows: Sequence[Laid], number: int, pages: int) -> None:
        self._watermark()
        y = self._heading() if number == 1 else TOP
        top = y
        y = self._head(y)
        for row in rows:
            y = self._row(row.cells, y, row.height)
        if number == pages:
            y = self._nothing_below(y, empty=not rows and pages == 1)
            self._signatures(y)
        self._canvas.setLineWidth(1.1)
        self._canvas.rect(LEFT, y, TABLE, top - y)
        self._footer(rows, number, pages)
        self._canvas.showPage()

    def _heading(self) -> float:
        room, responsible, period = facts(self._sheet)
        self._text(WIDTH / 2, TOP - 12, self._sheet.school, 13, anchor=0.5)
        self._text(WIDTH / 2, TOP - 38, self._sheet.title, 20, anchor=0.5, bold=True)
        self._text(LEFT, TOP - HEADING + 7, room, 10.5)
        self._text(WIDTH / 2, TOP - HEADING + 7, responsible, 10.5, anchor=0.5)
        self._text(WIDTH - LEFT, TOP - HEADING + 7, period, 10.5, anchor=1)
        return TOP - HEADING

    def _head(self, y: float) -> float:
        self._canvas.setFillGray(0.93)
        self._canvas.rect(LEFT, y - HEAD, TABLE, HEAD, stroke=0, fill=1)
        self._canvas.setFillGray(0)
        x = LEFT
        for column, width in zip(self._sheet.columns, self._widths, strict=True):
            self._box(x, y - HEAD, width, HEAD)
            self._text(x + width / 2, y - HEAD / 2 - 4, column.head, 10.5, anchor=0.5, bold=True)
            x += width
        return y - HEAD

    def _row(self, cells: Sequence[Sequence[str]], y: float, height: float) -> float:
        x = LEFT
        for lines, column, width in zip(cells, self._sheet.columns, self._widths, strict=True):
            self._box(x, y - height, width, height)
            first = y - (height - len(lines) * LEADING) / 2 - LEADING + 3.5
            for number, line in enumerate(lines):
                at = x + width / 2 if column.centred else x + PAD
                self._text(at, first - number * LEADING, line, SIZE, anchor=0.5 if column.centred else 0)
            x += width
        return y - height

    def _nothing_below(self, y: float, *, empty: bool) -> float:
        words = self._sheet.empty if empty else self._sheet.words.text("(nothing below)")
        self._box(LEFT, y - END_ROW, TABLE, END_ROW)
        self._text(WIDTH / 2, y - END_ROW / 2 - 3.5, words, SIZE, anchor=0.5)
        return y - END_ROW

    def _signatures(self, y: float) -> None:
        text = self._sheet.words.text
        lines = [text("{role} (signature):", role=role) + BLANK for role in self._sheet.signers]
        line = "    ".join((*lines, text("Date:") + BLANK))
        self._text(WIDTH - LEFT, y - SIGNING + 5, line, 10.5, anchor=1)

    def _footer(self, rows: Sequence[Laid], number: int, pages: int) -> None:
        text = self._sheet.words.text
        y = FOOTER
        self._text(WIDTH - LEFT, y, text("Page {page} of {pages}", page=number, pages=pages), 9, anchor=1)
        told = (*self._seal[::-1], self._sheet.stamp, self._missing(rows))
        for line in filter(None, told):
            self._text(LEFT, y, line, 7.5)
            y += 10

    def _missing(self, rows: Sequence[Laid]) -> str:
        """What each □ on this page stands for, in the order in which they first appear."""
        drawn = "".join(line for row in rows for cell in row.cells for line in cell)
        codes = [f"U+{ord(character):04X}" for character in self._fonts.lacks(drawn)]
        more = f" +{len(codes) - MOST_CODES}" if len(codes) > MOST_CODES else ""
        said = " ".join(codes[:MOST_CODES]) + more
        return self._sheet.words.text("□ on this page, no font has it: {codes}", codes=said) if codes else ""

    def _watermark(self) -> None:
        if not self._sheet.stamp:
            return
        self._canvas.saveState()
        self._canvas.translate(WIDTH / 2, HEIGHT / 2)
        self._canvas.rotate(25)
        self._canvas.setFillGray(0.88)
        size = min(28, 28 * TABLE / max(self._fonts.width(self._sheet.stamp, 28), 1))
        self._text(0, 0, self._sheet.stamp, size, anchor=0.5)
        self._canvas.restoreState()

    def _box(self, x: float, y: float, width: float, height: float) -> None:
        self._canvas.setLineWidth(0.5)
        self._canvas.rect(x, y, width, height)

    def _text(self, x: float, y: float, words: str, size: float, *, anchor: float = 0, bold: bool = False) -> None:
        """One line; `anchor` is the part of it left of x. Bold is the outline drawn too: there is no bold face."""
        line = self._canvas.beginText(x - anchor * self._fonts.width(words, size), y)
        line.setTextRenderMode(2 if bold else 0)
        self._canvas.setLineWidth(size / 36)
        for run in self._fonts.runs(words):
            line.setFont(run.font, size)
            line.textOut(run.text)
        line.setTextRenderMode(0)  # it would outlast the text object
        self._canvas.drawText(line)


def paginate(rows: Sequence[Laid]) -> list[list[Laid]]:
    """The rows of each page. The end (nothing below, signature) never stands on a page without a row."""
    pages: list[list[Laid]] = [[]]
    room = BODY - HEADING
    for row in rows:
        if pages[-1] and row.height > room:
            pages.append([])
            room = BODY
        pages[-1].append(row)
        room -= row.height
    if room < END_ROW + SIGNING and len(pages[-1]) > 1:
        pages.append([pages[-1].pop()])
    return pages
