"""Checking one range of a ledger's records: the part of verification that takes time, made to run beside others.

A range of 2^k records that starts at a multiple of 2^k is a whole subtree: its leaves and its inner nodes can be
checked knowing nothing of the rest, and what it hands back is the one node above them.

Records are looked at page by page. Whether a page is sound is asked of all of it at once, which is fast: its bytes
are those that were hashed, and its records are where they say they are. Only where it is not, each record is read in
full to say what is wrong. That a record is canonical JSON is asked there and wherever one is read
(`kiosk.rules.record.parse`); a page whose hashes are right holds what its door wrote and signed, however it wrote it.
"""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from kiosk.ledger.disk import LedgerError
from kiosk.ledger.reader import PAGE, LedgerReader, Page, Row
from kiosk.rules import tree
from kiosk.rules.record import Header, RecordError, decode, read_header, read_headers

MOST_FAULTS = 100  # of one range: past that the place is clear


class Fault(Struct, frozen=True):
    """Where, and what is wrong there, in words for the person who has to act on it."""

    place: str
    what: str


class Range(Struct, frozen=True):
    """Records [start, end) of the ledger of `door` at `path`. `still`: nobody is writing it."""

    path: str
    still: bool
    door: str
    start: int
    end: int


class Checked(Struct, frozen=True):
    """`first` and `last` are (boot, mono_ms); `peaks` the nodes that the bodies give, as in `tree.Peaks`.

    `erased` is the last record that has no body, `count` how many records were there.
    """

    start: int
    faults: tuple[Fault, ...]
    first: tuple[int, int] | None
    last: tuple[int, int] | None
    peaks: tuple[bytes, ...]
    erased: int | None
    count: int


def check_range(one: Range) -> Checked:
    """Never raises for what is in the file: it is told as faults."""
    checker = _Checker(one)
    try:
        with LedgerReader.open(Path(one.path), still=one.still) as reader:
            for start in range(one.start, one.end, PAGE):
                end = min(start + PAGE, one.end)
                checker.take(start, end, reader.page(start, end))
                if len(checker.faults) >= MOST_FAULTS:
                    break
    except LedgerError as error:
        checker.fault(one.start + checker.peaks.size, str(error))
    return checker.result()


class _Checker:
    def __init__(self, one: Range) -> None:
        self.faults: list[Fault] = []
        self.peaks = tree.Peaks()  # of this range: it counts from its own start
        self._range = one
        self._first: tuple[int, int] | None = None
        self._last: tuple[int, int] = (0, 0)
        self._erased: int | None = None
        self._torn = False

    def fault(self, seq: int, what: str) -> None:
        self.faults.append(Fault(f"record {seq}", what))

    def take(self, start: int, end: int, page: Page) -> None:
        """Records [start, end); `page` has those of them that are there."""
        if self._is_sound(start, end, page):
            return
        rows = list(map(Row, *page))
        present = {row.seq for row in rows}
        missing = [seq for seq in range(start, end) if seq not in present]
        for seq in missing:
            self.fault(seq, "it is missing")
        self._torn = self._torn or bool(missing)
        for row in rows:
            self._check_body(row)
        self._check_nodes(rows)

    def result(self) -> Checked:
        last = self._last if self._first else None
        count = self.peaks.size
        return Checked(self._range.start, tuple(self.faults), self._first, last, self.peaks.hashes, self._erased, count)

    def _is_sound(self, start: int, end: int, page: Page) -> bool:
        """Whether the whole page is as it should be; nothing is taken in where it is not."""
        bodies = [body for body in page.bodies if body is not None]
        if self._torn or len(bodies) != end - start:
            return False
        peaks, computed = tree.extend_all(self.peaks, tree.leaf_hashes(bodies))
        stored = page.hashes
        # The last of a range completes nodes above the range, too.
        above = tree.HASH_BYTES * tree.completed(end - 1) - len(computed[-1])
        if len(stored[-1]) < above or [*stored[:-1], stored[-1][: len(stored[-1]) - above]] != computed:
            return False
        try:
            headers = read_headers(bodies)
        except RecordError:
            return False
        times = [self._last, *[(header.boot, header.mono_ms) for header in headers]]
        if (
            times != sorted(times)
            or [header.seq for header in headers] != list(range(start, end))
            or {header.door for header in headers} != {self._range.door}
        ):
            return False
        self.peaks = peaks
        self._passed(times[1], times[-1])
        return True

    def _check_body(self, row: Row) -> None:
        if row.body is None:
            self._erased = row.seq
            return
        if tree.leaf_hash(row.body) != row.leaf:
            self.fault(row.seq, "its bytes are not those of the hash stored beside it")
        try:
            decode(row.body)
            header = read_header(row.body)
        except RecordError as error:
            self.fault(row.seq, str(error))
            return
        self._check_place(row.seq, header)

    def _check_place(self, seq: int, header: Header) -> None:
        now = (header.boot, header.mono_ms)
        if header.seq != seq:
            self.fault(seq, f"it says that it is record {header.seq}")
        if header.door != self._range.door:
            self.fault(seq, f"it is one of the door {header.door}")
        if now < self._last:
            self.fault(seq, "it lies before the record that it follows")
        self._passed(now, now)

    def _passed(self, first: tuple[int, int], last: tuple[int, int]) -> None:
        self._first = self._first or first
        self._last = last

    def _check_nodes(self, rows: Sequence[Row]) -> None:
        """Every node stored beside these records is that of the leaves below it, up to the range's own root.

        Leaves are taken as stored: that one is not its body's is told of that record alone. After a gap nothing is
        known of the nodes above it, and the checkpoints tell.
        """
        for row in rows:
            if len(row.hashes) != tree.HASH_BYTES * tree.completed(row.seq):
                self.fault(row.seq, "the hashes stored beside it are not as many as its place asks for")
                self._torn = True
        if self._torn:
            return
        self.peaks, computed = tree.extend_all(self.peaks, [row.leaf for row in rows])
        for row, hashes in zip(rows, computed, strict=True):
            if not row.hashes.startswith(hashes):  # the last of a range completes nodes above it too
                self.fault(row.seq, "a node of the tree stored beside it is not the hash of what it stands for")
