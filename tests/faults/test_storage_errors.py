"""F3: the disk answers EIO at the n-th call, before or after having done what it was asked.

Whatever the call and however it failed: the writer is closed, says so, and after `reopen` exactly those records stand
that `reopen` says stand, together with all that were acknowledged before.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import apsw
import pytest

from kiosk.ledger import Ledger, LedgerError, LedgerReader
from kiosk.ledger import disk as ledger_disk
from kiosk.ledger import ledger as ledger_module
from kiosk.ledger.verify import verify
from tests.faults.disk import Disk, Step
from tests.ledgers import VERIFIER, entry, open_ledger

When = Literal["before", "after"]


@pytest.fixture
def disk() -> Iterator[Disk]:
    watched = Disk()
    yield watched
    watched.close()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_disk, "WAL_BYTES", 96 * 1024)
    monkeypatch.setattr(ledger_disk, "BALLAST_BYTES", 4096)
    monkeypatch.setattr(ledger_module, "TIDY_AFTER", 1)


def once(call: int, when: When) -> Callable[[Step], When | None]:
    """Fail at the n-th write or sync from now."""
    left = [call]

    def fail(_: Step) -> When | None:
        left[0] -= 1
        return when if left[0] == 0 else None

    return fail


def bodies(ledger: Ledger) -> list[bytes | None]:
    return [row.body for row in ledger._reader().rows()]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(1, 7))
def test_after_a_failed_append_reopen_knows_what_stands(disk: Disk, scratch: Path, call: int, when: When) -> None:
    with open_ledger(scratch / "ledger.db", connector=disk.connect) as ledger:
        ledger.append([entry(1), entry(2)], sign=True)
        before = bodies(ledger)
        disk.fail = once(call, when)
        batch = [entry(3), entry(4), entry(5)]
        try:
            ledger.append(batch, sign=True)
            stands = len(batch)  # the call that was to fail never came
        except LedgerError:
            stands = ledger.reopen()
        assert stands in (0, 3)
        assert bodies(ledger)[:2] == before
        assert ledger.size == len(bodies(ledger)) == 2 + stands
        ledger.append([entry(6)], sign=True)
    assert verify(scratch / "ledger.db", [VERIFIER]) == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(1, 7))
def test_with_a_reader_beside_it_reopen_knows_too(disk: Disk, scratch: Path, call: int, when: When) -> None:
    """The reader keeps the log's index alive, in which a commit whose sync failed does not stand."""
    path = scratch / "ledger.db"
    with open_ledger(path, connector=disk.connect) as ledger, LedgerReader.open(path, connector=disk.connect) as reader:
        ledger.append([entry(1), entry(2)], sign=True)
        disk.fail = once(call, when)
        try:
            ledger.append([entry(3), entry(4), entry(5)], sign=True)
            stands = 3
        except LedgerError:
            stands = ledger.reopen()
        assert reader.size == ledger.size == 2 + stands
        ledger.append([entry(6)], sign=True)
        assert reader.size == ledger.size
    assert verify(path, [VERIFIER]) == []


def test_records_that_were_durable_and_are_gone_are_missed(disk: Disk, scratch: Path) -> None:
    path = scratch / "ledger.db"
    with open_ledger(path, connector=disk.connect) as ledger:
        ledger.append([entry(1)], sign=True)
        older = ledger_disk.wal_path(path).read_bytes()
        ledger.append([entry(2)], sign=True)
        ledger._let_go()
        ledger_disk.wal_path(path).write_bytes(older)
        (scratch / "ledger.db-shm").unlink()
        for _ in range(2):
            with pytest.raises(LedgerError, match="of 2 records that were durable, some are gone"):
                ledger.reopen()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(1, 12))
def test_after_a_failed_tidy_every_record_stands(disk: Disk, scratch: Path, call: int, when: When) -> None:
    with open_ledger(scratch / "ledger.db", connector=disk.connect) as ledger:
        for mono in range(8):
            ledger.append([entry(mono)], sign=True)
        before = bodies(ledger)
        disk.fail = once(call, when)
        try:
            ledger.tidy()
        except LedgerError:
            assert ledger.reopen() == 0
        assert bodies(ledger) == before
        ledger.append([entry(9)], sign=True)
    assert verify(scratch / "ledger.db", [VERIFIER]) == []


def test_a_commit_whose_sync_failed_can_come_back_and_then_it_counts(disk: Disk, scratch: Path) -> None:
    with open_ledger(scratch / "ledger.db", connector=disk.connect) as ledger:
        ledger.append([entry(1)])
        disk.fail = lambda step: "before" if step.act == "sync" else None
        with pytest.raises(LedgerError):
            ledger.append([entry(2)])
        disk.fail = lambda _: None
        ledger_disk.wal_path(ledger.path).with_name("ledger.db-shm").unlink()  # nobody else has it open
        assert ledger.reopen() == 1
        assert [record.mono_ms for record in ledger.tail()] == [1, 2]


def test_while_the_disk_goes_on_failing_reopen_says_so(disk: Disk, scratch: Path) -> None:
    with open_ledger(scratch / "ledger.db", connector=disk.connect) as ledger:
        ledger.append([entry(1)])
        disk.fail = lambda _: "before"
        with pytest.raises(LedgerError, match="took no record"):
            ledger.append([entry(2)])
        for _ in range(3):
            with pytest.raises(LedgerError, match="cannot be read or written"):
                ledger.reopen()
        disk.fail = lambda _: None
        assert ledger.reopen() in (0, 1)
        ledger.append([entry(3)])


def test_after_a_failure_nothing_is_written_before_a_reopen(disk: Disk, scratch: Path) -> None:
    with open_ledger(scratch / "ledger.db", connector=disk.connect) as ledger:
        disk.fail = lambda _: "before"
        with pytest.raises(LedgerError):
            ledger.append([entry(1)])
        disk.fail = lambda _: None
        for act in (lambda: ledger.append([entry(1)]), ledger.checkpoint, lambda: ledger.snapshot(b""), ledger.tidy):
            with pytest.raises(LedgerError, match="reopened first"):
                act()


def test_an_open_that_fails_can_be_tried_again(disk: Disk, scratch: Path) -> None:
    open_ledger(scratch / "ledger.db", connector=disk.connect).close()
    disk.fail = lambda step: "before" if step.name == "ledger.db-wal" else None
    (scratch / "ledger.db-wal").unlink()
    with pytest.raises(LedgerError):
        open_ledger(scratch / "ledger.db", connector=disk.connect)
    disk.fail = lambda _: None
    open_ledger(scratch / "ledger.db", connector=disk.connect).close()


@pytest.mark.parametrize("call", range(1, 20))
def test_a_creation_that_fails_anywhere_can_be_tried_again(disk: Disk, scratch: Path, call: int) -> None:
    disk.fail = once(call, "before")
    try:
        open_ledger(scratch / "ledger.db", connector=disk.connect).close()
    except LedgerError:
        disk.fail = lambda _: None
        open_ledger(scratch / "ledger.db", connector=disk.connect).close()
    disk.fail = lambda _: None
    assert verify(scratch / "ledger.db", [VERIFIER]) == []


def test_a_full_disk_gives_its_ballast_back(disk: Disk, scratch: Path) -> None:
    with open_ledger(scratch / "ledger.db", connector=disk.connect) as ledger:
        disk.error, disk.fail = apsw.FullError, lambda _: "before"
        with pytest.raises(LedgerError) as refused:
            ledger.append([entry(1)])
        assert refused.value.full
        assert not ledger_disk.ballast_path(ledger.path).exists()
