"""What a start believes of a ledger: nothing that it has not checked, and no more than O(log n) and the tail.

The newest checkpoint's signature, the root recomputed from the stored nodes, the door's memory and the limit of
retention against what was signed with it, and every record since against its hash, place, door and time. Everything
here raises LedgerError with one sentence that says what is wrong and what to do.
"""

from hashlib import sha256

from msgspec import Struct

from kiosk.ledger.disk import MOST_UNSIGNED, damaged
from kiosk.ledger.reader import LedgerReader, Row
from kiosk.notes import check
from kiosk.rules import tree
from kiosk.rules.checkpoint import Checkpoint, NoteError, VerifierKey
from kiosk.rules.record import Record, RecordError, parse


class Standing(Struct, frozen=True):
    """What stands: the tree's peaks over all records, the newest note and what it says, the last record's time."""

    peaks: tree.Peaks = tree.Peaks()
    note: bytes = b""
    signed: Checkpoint = Checkpoint("", 0, tree.EMPTY)
    last: tuple[int, int] = (0, 0)  # (boot, mono_ms)


def check_start(reader: LedgerReader, door: str, key: VerifierKey) -> Standing:
    try:
        note = reader.note
        signed = check(note, [key])
    except NoteError as error:
        raise damaged(reader.path, f"its newest checkpoint is not one of this door's key. {error}") from error
    if (reader.door, reader.origin) != (door, key.name):
        raise damaged(reader.path, f"it is the ledger of {reader.door}, {reader.origin}")
    size = reader.size
    if signed.size > size:
        raise damaged(reader.path, f"it holds {size} records, and {signed.size} were signed")
    if size - signed.size > MOST_UNSIGNED:
        raise damaged(reader.path, f"{size - signed.size} records after {signed.size} were never signed")
    peaks = tree.peaks_at(signed.size, reader.node)
    if tree.root_of(peaks) != signed.root:
        raise damaged(reader.path, f"its first {signed.size} records are not those that were signed")
    _check_extensions(reader, signed)
    peaks, last = _check_tail(reader, door, peaks)
    return Standing(peaks, note, signed, last)


def check_bodies(reader: LedgerReader, start: int, peaks: tree.Peaks) -> None:
    """The bodies from `start` on are those under `peaks`; erased ones count by their leaf."""
    found = tree.peaks_at(start, reader.node)
    for row in reader.rows(start):
        found, _ = tree.extend(found, row.leaf if row.body is None else tree.leaf_hash(row.body))
    if found != peaks:
        raise damaged(reader.path, f"a record from {start} on is not the one that was signed")


def check_kept(reader: LedgerReader, known: tree.Peaks) -> None:
    """The records that this process knows to be durable are still the first ones."""
    if reader.size < known.size or tree.peaks_at(known.size, reader.node) != known:
        raise damaged(reader.path, f"of {known.size} records that were durable, some are gone")


def _check_extensions(reader: LedgerReader, signed: Checkpoint) -> None:
    kept = reader.state()
    if signed.extension("state") != ((str(kept[0]), sha256(kept[1]).hexdigest()) if kept else None):
        raise damaged(reader.path, "the door's memory in it is not the one that was signed")
    if (signed.extension("erased") or ("0",)) != (str(reader.retention()[0]),):
        raise damaged(reader.path, "what may be erased of it is not what was signed")


def _check_tail(reader: LedgerReader, door: str, peaks: tree.Peaks) -> tuple[tree.Peaks, tuple[int, int]]:
    last = (0, 0)
    for row in reader.rows(max(peaks.size - 1, 0)):
        record = _check_row(reader, door, row)
        now = (record.boot, record.mono_ms)
        if row.seq == peaks.size - 1:  # the last one signed: only its time counts here
            last = now
            continue
        grown, hashes = tree.extend(peaks, row.leaf)
        if row.seq != peaks.size or hashes != row.hashes:
            raise damaged(reader.path, f"record {peaks.size}, not signed yet, is missing or was changed")
        if now < last:
            raise damaged(reader.path, f"record {row.seq} lies before the one that it follows")
        peaks, last = grown, now
    return peaks, last


def _check_row(reader: LedgerReader, door: str, row: Row) -> Record:
    if row.body is None:
        raise damaged(reader.path, f"record {row.seq} was erased too early")
    try:
        record = parse(row.body)
    except RecordError as error:
        raise damaged(reader.path, f"record {row.seq} cannot be read. {error}") from error
    if (record.seq, record.door) != (row.seq, door) or tree.leaf_hash(row.body) != row.leaf:
        raise damaged(reader.path, f"record {row.seq} was changed")
    return record
