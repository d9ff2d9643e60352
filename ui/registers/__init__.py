"""Registers and records as files: CSV and XLSX for a spreadsheet, PDF to sign and file, JSON lines for programs.

`export` is the one way in. What it writes is made from the records under the ledger's newest signed checkpoint and
from no others, so that whatever it wrote can be checked against a signature (`ui.registers.sheet` says how).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, TypeAlias

import msgspec
from msgspec import Struct

from kiosk.ledger.reader import LedgerReader
from kiosk.rules.checkpoint import VerifierKey, parse_checkpoint, parse_note
from kiosk.rules.policy import Policy
from kiosk.rules.record import Record, parse
from kiosk.rules.register import Erased, Item, Period, RegisterLine, Show, lines
from kiosk.rules.view import Say
from ui.registers import forms
from ui.registers.sheet import Row, Seal, Sheet, Source
from ui.registers.whole import ExportError, whole
from ui.words import Translations, load

__all__ = ["ExportError", "Exported", "Format", "What", "export"]

Progress: TypeAlias = Callable[[int, int], None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVERY = 1024  # records to a reading, and between two reports of progress


class What(StrEnum):
    REGISTER = "register"  # annex 2
    RECORDS = "records"


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    PDF = "pdf"


class Exported(Struct, frozen=True):
    """What was written, for the record that an export itself makes (R17).

    `rows`: lines or records in the file. `digest` is the sheet's, hex; None for a bundle, which carries proofs.
    """

    path: Path
    rows: int
    source: Source
    digest: str | None


def export(  # noqa: PLR0917 - a command's options
    what: What,
    format: Format,  # noqa: A002 - its name on the command line
    reader: LedgerReader,
    policy: Policy,
    room: str,
    period: Period,
    out: Path,
    language: str,
    progress: Progress | None = None,
    *,
    key: VerifierKey | None = None,
    show: Show | None = None,
    stamp: str = "",
) -> Exported:
    """Write one file, whole or not at all, mode 0600; `progress` is told (records read, records in all).

    `room` is a room of the policy (KeyError if it is not). `key` is the ledger's verifier key, which records as JSON
    lines carry. `stamp` stands on every page: who took this copy, and what for (R17).
    Raises ExportError in the reader's language; LedgerError, NoteError, RecordError.
    """
    words = load(language)
    checkpoint = parse_checkpoint(parse_note(reader.note).text)
    source = Source(checkpoint.origin, checkpoint.size, checkpoint.root)
    kept = _reported(_items(reader, source.size), source.size, progress or _silent)
    try:
        if (what, format) == (What.RECORDS, Format.JSONL):
            return Exported(out, _bundle(reader, key, _within(kept, policy.zone, period), out), source, None)
        seal = _write(what, format, kept, policy, room, period, source, words, out, show, stamp)
        return Exported(out, seal.rows, source, seal.digest)
    except ExportError as error:
        raise type(error)(error.say, words) from error


def _write(  # noqa: PLR0917 - as `export`
    what: What,
    format: Format,  # noqa: A002
    kept: Iterator[Item],
    policy: Policy,
    room: str,
    period: Period,
    source: Source,
    words: Translations,
    out: Path,
    show: Show | None,
    stamp: str,
) -> Seal:
    zone = policy.zone
    with whole(out) as file:
        if what is What.RECORDS:
            sheet = forms.records(policy, policy.rooms[room], period, source, words, stamp)
            return _sheet(format, file, sheet, forms.record_cells(_within(kept, zone, period), words, zone))
        sheet = forms.entry_exit(policy, policy.rooms[room], period, source, words, stamp)
        register = lines(kept, zone, period, show)
        if format is Format.JSONL:
            return write_jsonl(file, sheet, register)
        return _sheet(format, file, sheet, (forms.cells(line, words) for line in register))


def _sheet(format: Format, file: BinaryIO, sheet: Sheet, rows: Iterable[Row]) -> Seal:  # noqa: A002
    """The libraries that write are loaded only when there is something to write."""
    if format is Format.PDF:
        from ui.registers.paper import write_pdf

        return write_pdf(file, sheet, rows)
    from ui.registers.files import write_csv, write_xlsx

    return write_csv(file, sheet, rows) if format is Format.CSV else write_xlsx(file, sheet, rows)


def write_jsonl(out: BinaryIO, sheet: Sheet, register: Iterable[RegisterLine]) -> Seal:
    """A register's lines as values, remarks as sentences; `seqs` are the records that each was made from."""
    seal = Seal(sheet)
    for line in register:
        (_,) = seal.over([forms.cells(line, sheet.words)])
        whole_line = {**msgspec.structs.asdict(line), "remarks": [sheet.words.tr(say) for say in line.remarks]}
        out.write(msgspec.json.encode(whole_line) + b"\n")
    return seal


def _bundle(reader: LedgerReader, key: VerifierKey | None, kept: Iterable[Item], out: Path) -> int:
    """The records from the first to the last of `kept`, with their proofs."""
    from kiosk.ledger.bundle import bundle

    if key is None:
        raise ExportError(Say("Records as JSON lines carry the ledger's public key. Name its file."))
    start, end = 0, 0
    for record in kept:
        start, end = start if end else record.seq, record.seq + 1
    with whole(out) as file:
        for line in bundle(reader, key, start, end):
            file.write(line)
    return end - start


def _items(reader: LedgerReader, size: int) -> Iterator[Item]:
    """In short readings: one long one would keep the door's writer from reusing its log."""
    for start in range(0, size, _EVERY):
        for row in tuple(reader.rows(start, min(start + _EVERY, size))):
            yield Erased(row.seq) if row.body is None else parse(row.body)


def _reported(kept: Iterable[Item], size: int, progress: Progress) -> Iterator[Item]:
    for done, record in enumerate(kept):
        if done % _EVERY == 0:
            progress(done, size)
        yield record
    progress(size, size)


def _within(kept: Iterable[Item], zone: tzinfo, period: Period) -> Iterator[Item]:
    """Records of the period; one without a time belongs to the last day known before it, as in the register."""
    day: date | None = None
    for record in kept:
        day = _day(record, zone) or day
        if period.covers(day):
            yield record


def _day(record: Item, zone: tzinfo) -> date | None:
    wall = record.wall if isinstance(record, Record) else None
    return None if wall is None else (_EPOCH + timedelta(milliseconds=wall)).astimezone(zone).date()


def _silent(_done: int, _size: int) -> None:
    pass
