import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from kiosk.keys import Secret
from kiosk.ledger import Ledger, LedgerError, LedgerReader
from kiosk.ledger import disk as ledger_disk
from kiosk.ledger import ledger as ledger_module
from kiosk.notes import check
from kiosk.rules import tree
from kiosk.rules.checkpoint import parse_verifier_key
from kiosk.rules.messages import Clock, Kind, Moment
from kiosk.rules.record import RecordError
from tests.ledgers import DOOR, ORIGIN, VERIFIER, entry, filled, open_ledger, tamper


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def monos(ledger: Ledger | LedgerReader, start: int = 0) -> list[int]:
    return [record.mono_ms for record in ledger.tail(start)]


# ---------------------------------------------------------------- writing and reading


def test_a_new_ledger_is_empty_and_signed(path: Path) -> None:
    with open_ledger(path) as ledger:
        assert (ledger.size, ledger.boot, ledger.signed_size) == (0, 1, 0)
        assert check(ledger.note, [parse_verifier_key(VERIFIER)]).root == tree.EMPTY


def test_records_stand_in_the_order_in_which_they_were_written(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(5)])
        ledger.append([entry(6), entry(7)])
        assert [(record.seq, record.mono_ms) for record in ledger.tail()] == [(0, 5), (1, 6), (2, 7)]


def test_a_record_says_what_was_to_be_recorded(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(5, kind=Kind.DENIED, reasons=["unknown_card"])])
        (record,) = ledger.tail()
    assert (record.kind, record.door, record.visit) == (Kind.DENIED, DOOR, "v-5")
    assert record.moment == Moment(1, 5, 1_790_000_000_005, Clock.SYNCED)
    assert record.facts["reasons"] == ["unknown_card"]


def test_another_process_sees_a_record_as_soon_as_it_is_written(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(5)])
        script = f"""
from pathlib import Path
from kiosk.ledger import LedgerReader
with LedgerReader.open(Path({str(path)!r})) as reader: print(reader.size)
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_every_salt_is_fresh(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(5), entry(5)])
        first, second = ledger.tail()
    assert first.salt != second.salt


def test_a_start_counts_one_more_boot(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(5)])
    with open_ledger(path) as ledger:
        assert ledger.boot == 2
        ledger.append([entry(1, boot=2)])
    with open_ledger(path) as ledger:
        assert ledger.boot == 3


def test_a_start_goes_on_where_the_last_one_ended(path: Path) -> None:
    filled(path, 7)
    with open_ledger(path) as ledger:
        ledger.append([entry(1, boot=2)])
        assert (ledger.size, ledger.root_of_all()) == (8, LedgerReader(path, ledger._live()).root(8))


def test_time_does_not_run_backwards(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(5)])
        with pytest.raises(RecordError, match="lies before"):
            ledger.append([entry(4)])
        ledger.append([entry(5)])
        assert monos(ledger) == [5, 5]


def test_an_entry_that_is_no_record_writes_nothing_of_its_batch(path: Path) -> None:
    with open_ledger(path) as ledger:
        with pytest.raises(RecordError):
            ledger.append([entry(1), entry(2, share=0.5)])
        assert ledger.size == 0
        ledger.append([entry(1)])
        assert monos(ledger) == [1]


def test_writing_nothing_is_nothing(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([])
        assert ledger.size == 0


# ---------------------------------------------------------------- checkpoints


def test_a_signed_append_is_covered_by_its_checkpoint(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1), entry(2)], sign=True)
        signed = check(ledger.note, [ledger.key])
    with LedgerReader.open(path) as reader:
        assert (signed.origin, signed.size, signed.root) == (ORIGIN, 2, reader.root(2))
        assert check(reader.note, [parse_verifier_key(VERIFIER)]) == signed


def test_a_checkpoint_without_records_signs_what_is_there_once(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1)])
        note = ledger.checkpoint()
        assert ledger.signed_size == 1
        assert ledger.checkpoint() == note


def test_no_more_than_so_many_records_stay_unsigned(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_disk, "MOST_UNSIGNED", 4)
    with open_ledger(path) as ledger:
        for mono in range(7):
            ledger.append([entry(mono)])
        assert ledger.signed_size == 5


def test_of_notes_over_nearly_the_same_records_the_newest_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_disk, "NOTE_BLOCK", 4)
    with open_ledger(path) as ledger:
        for mono in range(10):
            ledger.append([entry(mono)], sign=True)
    with LedgerReader.open(path) as reader:
        assert [size for size, _ in reader.notes()] == [3, 7, 10]


# ---------------------------------------------------------------- the door's memory


def test_without_a_memory_every_record_is_recalled(path: Path) -> None:
    filled(path, 5)
    with open_ledger(path) as ledger:
        state, records = ledger.recall()
        assert (state, [record.seq for record in records]) == (None, [0, 1, 2, 3, 4])


def test_with_a_memory_what_came_after_is_recalled(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1), entry(2)])
        ledger.snapshot(b"two people inside")
        ledger.append([entry(3)])
    with open_ledger(path) as ledger:
        state, records = ledger.recall()
        assert (state, [record.seq for record in records]) == (b"two people inside", [2])


def test_the_checkpoint_states_the_memory(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1)])
        ledger.snapshot(b"old")
        ledger.snapshot(b"memory")
        ledger.append([entry(2)], sign=True)
        assert check(ledger.note, [ledger.key]).extensions == (f"state 1 {sha256(b'memory').hexdigest()}",)


def test_a_memory_beyond_measure_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "MOST_STATE_BYTES", 4)
    with open_ledger(path) as ledger, pytest.raises(ValueError, match="4 are allowed"):
        ledger.snapshot(b"12345")


# ---------------------------------------------------------------- retention


def test_erased_bodies_are_gone_and_the_tree_still_stands(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(mono) for mono in range(6)])
        ledger.snapshot(b"")
        root = ledger.root_of_all()
        assert ledger.erase(3) == 0
        assert monos(ledger) == [3, 4, 5]
        assert ledger.root_of_all() == root
        assert check(ledger.note, [ledger.key]).extension("erased") == ("3",)
    with open_ledger(path) as ledger:
        assert ledger.root_of_all() == root


def test_an_erased_body_is_nowhere_in_the_file(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1, reason="a secret reason"), entry(2)])
        ledger.snapshot(b"")
        ledger._commits = ledger_module.TIDY_AFTER
        ledger.tidy()
        assert b"a secret reason" in path.read_bytes()
        ledger.erase(1)
        ledger._commits = ledger_module.TIDY_AFTER
        ledger.tidy()
    assert b"a secret reason" not in path.read_bytes()


def test_erasing_goes_a_little_at_a_time(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(mono) for mono in range(6)])
        ledger.snapshot(b"")
        assert ledger.erase(5, most=2) == 3
        assert monos(ledger) == [2, 3, 4, 5]
        assert ledger.erase(5, most=9) == 0
        assert monos(ledger) == [5]


@pytest.mark.parametrize("before", [3, 4, 99])
def test_what_a_start_needs_is_not_erased(path: Path, before: int) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(mono) for mono in range(2)])
        ledger.snapshot(b"")
        ledger.append([entry(mono) for mono in range(2, 4)])
        with pytest.raises(ValueError, match="still needed"):
            ledger.erase(before)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM records WHERE seq = 3",
        "UPDATE records SET body = x'7b7d' WHERE seq = 3",
        "UPDATE records SET body = NULL WHERE seq = 3",
        "UPDATE records SET seq = 99 WHERE seq = 3",
        "UPDATE records SET hashes = x'00' WHERE seq = 3",
        "INSERT INTO records (seq, body, hashes) VALUES (7, x'7b7d', x'00')",
        "INSERT OR REPLACE INTO records (seq, body, hashes) VALUES (3, x'7b7d', x'00')",
        "UPDATE retention SET before = -1",
    ],
)
def test_the_tables_refuse_what_nobody_may_do(path: Path, statement: str) -> None:
    filled(path, 6)
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    connection.close()


# ---------------------------------------------------------------- the file


def test_its_files_are_its_owners_alone(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1)])
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    names = ["ledger.ballast", "ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.lock"]
    assert modes == dict.fromkeys(names, 0o600)


def test_the_log_stays_grown_over_a_stop(path: Path) -> None:
    filled(path, 3)
    assert ledger_disk.wal_path(path).stat().st_size == ledger_disk.WAL_BYTES


def test_a_tidied_log_is_used_again_from_its_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "TIDY_AFTER", 300)
    monkeypatch.setattr(ledger_disk, "WAL_BYTES", 64 * 1024)
    with open_ledger(path) as ledger:
        for turn in range(60):
            ledger.append([entry(turn)])
            ledger._commits = 300 * (turn % 5 == 4)
            ledger.tidy()
    assert ledger_disk.wal_path(path).stat().st_size == 64 * 1024


def test_a_setting_that_sqlite_does_not_take_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_disk, "PRAGMAS", (("synchronous", "FULL", 3),))
    with pytest.raises(LedgerError, match="does not take synchronous"):
        open_ledger(path)


def test_a_second_writer_is_refused(path: Path) -> None:
    with open_ledger(path), pytest.raises(LedgerError, match="another process"):
        open_ledger(path)


def test_a_second_door_process_is_refused_and_the_first_writes_on(path: Path) -> None:
    script = f"""
from pathlib import Path
from tests.ledgers import open_ledger
try: open_ledger(Path({str(path)!r}))
except Exception as error: print(error)
"""
    with open_ledger(path) as ledger:
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        ledger.append([entry(1)])
        assert monos(ledger) == [1]
    assert "stop the other one first" in done.stdout


def test_once_closed_another_may_write(path: Path) -> None:
    ledger = open_ledger(path)
    ledger.close()
    ledger.close()
    open_ledger(path).close()


def test_ballast_is_spent_once_and_kept_again_when_idle(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "TIDY_AFTER", 0)
    with open_ledger(path) as ledger:
        assert [ledger.free_ballast(), ledger.free_ballast()] == [True, False]
        ledger.tidy()
        assert ledger.free_ballast()


# ---------------------------------------------------------------- what a start refuses


def test_another_key_is_refused(path: Path) -> None:
    filled(path, 3)
    with pytest.raises(LedgerError, match="not one of this door's key"):
        open_ledger(path, key=Secret(b"x" * 32))


def test_another_doors_ledger_is_refused(path: Path) -> None:
    filled(path, 3)
    with pytest.raises(LedgerError, match="it is the ledger of south-gate"):
        open_ledger(path, door="north-gate")


@pytest.mark.parametrize("changes", [{"door": ""}, {"origin": "two words"}, {"origin": ""}])
def test_names_that_cannot_be_signed_are_refused(path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(LedgerError, match="a name is wrong"):
        open_ledger(path, **changes)


def test_an_empty_file_is_damage_not_a_new_ledger(path: Path) -> None:
    path.touch()
    with pytest.raises(LedgerError):
        open_ledger(path)


def test_a_ledger_that_vanished_is_not_begun_anew(path: Path) -> None:
    filled(path, 3)
    path.unlink()
    with pytest.raises(LedgerError, match="it is gone"):
        open_ledger(path)


@pytest.mark.parametrize(
    ("what", "statements"),
    [
        ("not those that were signed", ["UPDATE records SET hashes = zeroblob(32) WHERE seq = 4"]),
        ("5 were signed", ["DELETE FROM records WHERE seq >= 4"]),
        ("lacks a row", ["DELETE FROM notes"]),
        (
            "was changed",
            ["UPDATE records SET body = CAST(replace(body, 'inspection', 'inspektion') AS BLOB) WHERE seq = 6"],
        ),
        ("erased too early", ["UPDATE records SET body = NULL WHERE seq = 6"]),
        ("missing or was changed", ["DELETE FROM records WHERE seq = 5"]),
        ("memory", ["UPDATE state SET state = x'00'"]),
        ("memory", ["DELETE FROM state"]),
        ("what may be erased", ["UPDATE retention SET before = 2"]),
        ("not one of this door's key", ["UPDATE notes SET note = CAST(replace(note, 'south', 'north') AS BLOB)"]),
    ],
)
def test_a_ledger_that_was_changed_is_refused_with_what_to_do(path: Path, what: str, statements: list[str]) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(mono) for mono in range(5)])
        ledger.snapshot(b"memory")
        ledger.append([entry(mono) for mono in range(5, 8)])
    tamper(path, *statements)
    with pytest.raises(LedgerError, match=what) as refused:
        open_ledger(path)
    if "lacks" not in what:
        assert "doorward verify" in str(refused.value)


def test_a_record_before_the_checkpoint_that_a_start_needs_is_checked(path: Path) -> None:
    filled(path, 5)
    tamper(path, "UPDATE records SET body = CAST(replace(body, 'inspection', 'inspektion') AS BLOB) WHERE seq = 2")
    with open_ledger(path) as ledger, pytest.raises(LedgerError, match="not the one that was signed"):
        ledger.recall()


def test_a_start_reads_a_logarithm_of_a_long_ledger(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path, 3000)
    read: list[Any] = []
    node, rows = LedgerReader.node, LedgerReader.rows

    def noted(self: LedgerReader, level: int, index: int) -> bytes:
        read.append((level, index))
        return node(self, level, index)

    def counted(self: LedgerReader, start: int = 0, end: int | None = None) -> Any:
        for row in rows(self, start, end):
            read.append(row.seq)
            yield row

    monkeypatch.setattr(LedgerReader, "node", noted)
    monkeypatch.setattr(LedgerReader, "rows", counted)
    open_ledger(path).close()
    assert len(read) < 20


def test_a_log_that_broke_before_its_end_is_refused(path: Path) -> None:
    with open_ledger(path) as ledger:
        for mono in range(20):
            ledger.append([entry(mono)], sign=True)
    log = ledger_disk.wal_path(path)
    data = bytearray(log.read_bytes())
    data[8 * 4120] ^= 1
    log.write_bytes(data)
    with pytest.raises(LedgerError, match="its log is broken behind record"):
        open_ledger(path)


# ---------------------------------------------------------------- after a failure


def cut_off(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, written: bool) -> None:
    """Make the next append fail: before its commit, or with its answer lost."""
    real = ledger._live()

    class Failing:
        def execute(self, statement: str, values: Any = ()) -> Any:
            if written:
                real.execute(statement, values)
            if statement.startswith("INSERT INTO records") or statement == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return real.execute(statement, values) if not written else None

        close = real.close

    monkeypatch.setattr(ledger, "_connection", Failing())


def test_a_failed_append_that_is_not_there_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1)])
        cut_off(ledger, monkeypatch, written=False)
        with pytest.raises(LedgerError, match="took no record"):
            ledger.append([entry(2)])
        assert ledger.reopen() == 0
        assert monos(ledger) == [1]


def test_an_append_that_worked_but_whose_answer_was_lost_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1)])
        cut_off(ledger, monkeypatch, written=True)
        with pytest.raises(LedgerError, match="took no record"):
            ledger.append([entry(2)])
        assert ledger.reopen() == 1
        assert (monos(ledger), ledger.size) == ([1, 2], 2)


def test_records_of_somebody_else_in_place_of_the_doubtful_are_refused(path: Path, tmp_path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1)])
        twin = tmp_path / "twin.db"
        ledger._let_go()
        shutil.copy(path, twin)
        shutil.copy(ledger_disk.wal_path(path), ledger_disk.wal_path(twin))
        with open_ledger(twin) as other:
            other.append([entry(2)])
        ledger.reopen()
        ledger._doubtful = tuple(ledger._reader().rows(0))
        ledger._let_go()
        for one, its in ((twin, path), (ledger_disk.wal_path(twin), ledger_disk.wal_path(path))):
            one.replace(its)
        with pytest.raises(LedgerError, match="did not write"):
            ledger.reopen()


Act = Callable[[Ledger], object]


@pytest.mark.parametrize("act", [Ledger.checkpoint, Ledger.tidy, Ledger.recall, lambda one: one.append([entry(1)])])
def test_a_closed_ledger_says_so(path: Path, act: Act) -> None:
    ledger = open_ledger(path)
    ledger.close()
    with pytest.raises(LedgerError, match="must be reopened"):
        act(ledger)


# ---------------------------------------------------------------- reading beside the writer


def test_there_is_no_reading_where_there_is_no_ledger(path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger"):
        LedgerReader.open(path)


def test_a_file_that_is_something_else_is_no_ledger(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(LedgerError):
        LedgerReader.open(path)


def test_a_reader_proves_what_it_reads(path: Path) -> None:
    filled(path, 11)
    with LedgerReader.open(path) as reader:
        (row,) = reader.rows(3, 4)
        assert tree.includes(3, 11, row.leaf, reader.inclusion(3, 11), reader.root(11))
        assert tree.extends(4, 11, reader.root(4), reader.root(11), reader.consistency(4, 11))
        assert reader.consistency(0, 11) == []


def test_a_reader_reads_from_where_it_is_asked(path: Path) -> None:
    filled(path, 600)
    with LedgerReader.open(path) as reader:
        assert [record.seq for record in reader.tail(598)] == [598, 599]
        assert len(list(reader.rows())) == 600
        assert reader.record(600) is None
