"""Records taken out of a ledger so that they can be checked years later: JSON lines, one file, no database.

The first line says what follows: {"format": "doorward-records-1", "door", "origin", "key" (verifier key), "note" (the
signed, perhaps cosigned checkpoint), "from", "to"}. Then one line a record, in order: {"seq", "body" (its exact text,
null once erased), "leaf" (hex, only where the body is null), "proof" (hex, lowest first)}: the inclusion proof of
RFC 9162 under the note's root. Whoever checks it needs the door's verifier key from somewhere else than this file.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from kiosk.ledger.ranges import Fault
from kiosk.ledger.reader import LedgerReader
from kiosk.notes import check
from kiosk.rules import tree
from kiosk.rules.checkpoint import Checkpoint, NoteError, VerifierKey, parse_checkpoint, parse_note
from kiosk.rules.record import RecordError, parse

FORMAT = "doorward-records-1"
MOST_LINE = 64 * 1024
MOST_FAULTS = 1000


class Head(Struct, frozen=True):
    format: str
    door: str
    origin: str
    key: str
    note: str
    from_: int = msgspec.field(name="from")
    to: int


class Line(Struct, frozen=True, omit_defaults=True):
    seq: int
    body: str | None
    proof: list[str]
    leaf: str | None = None


def bundle(reader: LedgerReader, key: VerifierKey, start: int, end: int, note: bytes | None = None) -> Iterator[bytes]:
    """The lines for records [start, end), each with its newline.

    `note` is the checkpoint to prove them by, the reader's newest unless a cosigned one is at hand; it must cover
    them. Raises LedgerError, NoteError, and ValueError for a range that the note does not cover.
    """
    with reader.moment():
        written = note or reader.note
        checkpoint = parse_checkpoint(parse_note(written).text)
        if not 0 <= start <= end <= checkpoint.size:
            raise ValueError(f"The checkpoint covers records 0 to {checkpoint.size}, not {start} to {end}.")
        yield _line(Head(FORMAT, reader.door, reader.origin, str(key), written.decode(), start, end))
        for row in reader.rows(start, end):
            proof = [one.hex() for one in reader.inclusion(row.seq, checkpoint.size)]
            if row.body is None:
                yield _line(Line(row.seq, None, proof, row.leaf.hex()))
            else:
                yield _line(Line(row.seq, row.body.decode(), proof))


def check_bundle(path: Path, keys: Sequence[VerifierKey], report: Callable[[int, int], None]) -> list[Fault]:
    """What is wrong with an exported file; [] when every record in it stands under a checkpoint of `keys`."""
    with path.open("rb") as file:
        try:
            head = msgspec.json.decode(file.readline(MOST_LINE), type=Head)
            checkpoint = check(head.note.encode(), keys)
        except (msgspec.MsgspecError, UnicodeError, NoteError) as error:
            return [Fault("the first line", str(error))]
        faults = _check_head(head, checkpoint, keys)
        expected, last = head.from_, (0, 0)
        for line in _lines(file):
            fault, last = _check_line(line, expected, head.door, checkpoint, last)
            if fault:
                faults.append(Fault(f"record {expected}", fault))
            if len(faults) >= MOST_FAULTS:
                return faults
            expected += 1
            if not expected & 0x3FF:
                report(expected - head.from_, head.to - head.from_)
    report(expected - head.from_, head.to - head.from_)
    if expected != head.to:
        faults.append(Fault(f"record {expected}", f"the file says that records up to {head.to} follow"))
    return faults


def _check_head(head: Head, checkpoint: Checkpoint, keys: Sequence[VerifierKey]) -> list[Fault]:
    faults = []
    if head.format != FORMAT:
        faults.append(Fault("the first line", f"its format is {head.format!r}, not {FORMAT!r}"))
    if head.key not in map(str, keys):
        faults.append(Fault("the first line", f"its key {head.key[:80]!r} is not one of those given"))
    if head.origin != checkpoint.origin or not 0 <= head.from_ <= head.to <= checkpoint.size:
        faults.append(Fault("the first line", "it does not fit its own checkpoint"))
    return faults


def _check_line(
    written: bytes, seq: int, door: str, checkpoint: Checkpoint, last: tuple[int, int]
) -> tuple[str, tuple[int, int]]:
    try:
        line = msgspec.json.decode(written, type=Line)
        proof = [bytes.fromhex(one) for one in line.proof]
        body = None if line.body is None else line.body.encode()
        leaf = bytes.fromhex(line.leaf or "") if body is None else tree.leaf_hash(body)
        record = None if body is None else parse(body)
    except (msgspec.MsgspecError, UnicodeError, RecordError, ValueError) as error:
        return str(error), last
    if not tree.includes(seq, checkpoint.size, leaf, proof, checkpoint.root):
        return "it does not stand under the checkpoint", last
    if line.seq != seq or (record is not None and (record.seq, record.door) != (seq, door)):
        return "it is not the record that its place asks for", last
    if record is None:
        return "", last
    now = (record.boot, record.mono_ms)
    return ("it lies before the record that it follows" if now < last else ""), now


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MOST_LINE):
        yield line


def _line(value: Head | Line) -> bytes:
    return msgspec.json.encode(value) + b"\n"
