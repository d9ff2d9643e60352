"""CSV and XLSX: for a spreadsheet, and safe in one.

A name or a reason comes from whoever asked to enter. In a CSV file a cell that begins like a formula would be one, so
it gets an apostrophe before it (OWASP, CSV injection; the full-width signs too, since Chinese Excel takes them for the
same). In XLSX every cell is text by type. CSV begins with a byte order mark: without one Excel reads it as GBK.
"""

import csv
import io
from collections.abc import Iterable
from tempfile import TemporaryDirectory
from typing import BinaryIO

import xlsxwriter

from kiosk.rules.view import Say
from ui.registers.sheet import Row, Seal, Sheet, facts, sealed
from ui.registers.whole import ExportError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
MOST_ROWS = 1_048_576 - 20  # of a worksheet, less heading and seal
_FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter", "text_wrap": True, "border": 1}


class TooManyRowsError(ExportError):
    """The sheet is longer than the format holds."""


def write_csv(out: BinaryIO, sheet: Sheet, rows: Iterable[Row]) -> Seal:
    """A header row, then the rows."""
    seal = Seal(sheet)
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
    table = csv.writer(text)
    table.writerow(column.head for column in sheet.columns)
    for row in seal.over(rows):
        table.writerow(map(_plain, row))
    text.detach()
    return seal


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def write_xlsx(out: BinaryIO, sheet: Sheet, rows: Iterable[Row]) -> Seal:
    """One worksheet, set up to print on A4 landscape. Rows go to disk as they come. Raises TooManyRowsError."""
    seal = Seal(sheet)
    with TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(out, {"constant_memory": True, "tmpdir": folder})
        book.set_properties({"title": sheet.title, "company": sheet.school})
        page = book.add_worksheet(sheet.words.text("Register"))
        try:
            _fill(book, page, sheet, seal, rows)
        finally:
            book.close()
    return seal


def _fill(
    book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, seal: Seal, rows: Iterable[Row]
) -> None:
    cell, centred = book.add_format(_FONT), book.add_format({**_FONT, "align": "center"})
    head = book.add_format({**_FONT, "align": "center", "bold": True, "bg_color": "#EDEDED"})
    note = book.add_format({"font_name": "Microsoft YaHei", "font_size": 9})
    for number, column in enumerate(sheet.columns):
        page.set_column(number, number, column.width / 2)  # millimetres to characters, nearly
    at = _heading(book, page, sheet)
    for number, column in enumerate(sheet.columns):
        page.write_string(at, number, column.head, head)
    page.freeze_panes(at + 1, 0)
    page.repeat_rows(at)
    for row in seal.over(rows):
        at += 1
        if at > MOST_ROWS:
            limit = Say("A worksheet holds {rows} rows. Choose a shorter period, or CSV.", {"rows": MOST_ROWS})
            raise TooManyRowsError(limit)
        for number, (text, column) in enumerate(zip(row, sheet.columns, strict=True)):
            page.write_string(at, number, text, centred if column.centred else cell)
    for line in (*(() if seal.rows else (sheet.empty,)), *sealed(sheet, seal.digest), sheet.stamp):
        at += 1
        page.write_string(at, 0, line, note)
    _paper(page, sheet)


def _heading(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet, sheet: Sheet) -> int:
    """The rows over the table; returns the next free row."""
    last = len(sheet.columns) - 1
    title = book.add_format({"font_name": "Microsoft YaHei", "font_size": 16, "bold": True, "align": "center"})
    note = book.add_format({"font_name": "Microsoft YaHei", "font_size": 10})
    lines = ((sheet.school, title), (sheet.title, title), ("    ".join(facts(sheet)), note))
    for at, (line, style) in enumerate(lines):
        # xlsxwriter writes a merged cell's text by guessing its type; a blank merge and then text does not guess.
        page.merge_range(at, 0, at, last, "", style)
        page.write_string(at, 0, line, style)
    return len(lines)


def _paper(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet) -> None:
    page.set_landscape()
    page.set_paper(9)  # A4
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    page.fit_to_pages(1, 0)
    page.set_footer("&R" + sheet.words.text("Page {page} of {pages}", page="&P", pages="&N"))
