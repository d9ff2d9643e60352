"""F21: records edited, dropped, reordered, added, the tail cut; with and without the door's key.

Without the key every change to what was signed shows in the file itself. With the key, and for a tail cut back to an
older checkpoint that somebody kept, the file is sound: only a witness's note tells.
"""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.ledger import LedgerReader
from kiosk.ledger import disk as ledger_disk
from kiosk.ledger.verify import Fault, verify
from tests.ledgers import VERIFIER, entry, filled, forge, open_ledger, rehash, tamper

EDIT = "UPDATE records SET body = CAST(replace(body, 'inspection', 'inspektion') AS BLOB) WHERE seq = 40"
SWAP = (
    "UPDATE records SET seq = -1 WHERE seq = 40",
    "UPDATE records SET seq = 40 WHERE seq = 41",
    "UPDATE records SET seq = 41 WHERE seq = -1",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return filled(tmp_path / "ledger.db", 150)


@pytest.fixture
def witnessed(path: Path) -> bytes:
    """The note that a witness saw last."""
    with LedgerReader.open(path) as reader:
        return reader.note


def found(path: Path, witnessed: bytes | None = None) -> list[Fault]:
    without_triggers = "what keeps records from being changed is gone or altered"
    return [fault for fault in verify(path, [VERIFIER], witnessed=witnessed) if without_triggers not in fault.what]


def places(path: Path) -> list[str]:
    return [fault.place for fault in found(path)]


def test_a_sound_ledger_has_no_faults(path: Path, witnessed: bytes) -> None:
    assert verify(path, [VERIFIER], witnessed=witnessed) == []


def test_triggers_that_are_gone_are_found(path: Path) -> None:
    tamper(path)
    (fault,) = verify(path, [VERIFIER])
    assert "records_stay" in fault.what


def test_an_edit_is_found_where_it_is(path: Path) -> None:
    tamper(path, EDIT)
    assert found(path) == [Fault("record 40", "its bytes are not those of the hash stored beside it")]


def test_an_edit_with_every_hash_made_to_fit_is_found_by_the_checkpoint(path: Path) -> None:
    tamper(path, EDIT)
    rehash(path)
    assert found(path) == [Fault("the checkpoint at 150", "the first 150 records are not those that were signed")]


def test_a_dropped_record_is_found_where_it_was(path: Path) -> None:
    tamper(path, "DELETE FROM records WHERE seq = 40")
    assert found(path) == [Fault("record 40", "it is missing")]


def test_a_dropped_record_whose_place_was_closed_is_found(path: Path) -> None:
    tamper(path, "DELETE FROM records WHERE seq = 40", "UPDATE records SET seq = seq - 1 WHERE seq > 40")
    assert found(path)[0] == Fault("record 40", "it says that it is record 41")


def test_reordered_records_are_found_where_they_are(path: Path) -> None:
    tamper(path, *SWAP)
    assert {"record 40", "record 41"} <= set(places(path))


def test_reordered_records_with_every_hash_made_to_fit_are_found(path: Path) -> None:
    tamper(path, *SWAP)
    rehash(path)
    assert {"record 40", "record 41", "the checkpoint at 150"} <= set(places(path))


def test_an_added_record_among_the_signed_is_found(path: Path) -> None:
    tamper(path, "UPDATE records SET seq = -seq - 1 WHERE seq >= 40", "UPDATE records SET seq = -seq WHERE seq < 0")
    tamper(path, "INSERT INTO records SELECT 40, body, hashes FROM records WHERE seq = 39")
    assert found(path)[0] == Fault("record 40", "it says that it is record 39")


def test_a_tail_cut_below_the_newest_checkpoint_is_found(path: Path) -> None:
    tamper(path, "DELETE FROM records WHERE seq >= 120")
    assert found(path) == [
        Fault("the checkpoint at 150", "150 records were signed, and only 120 are there: the tail was cut")
    ]


def test_a_checkpoint_that_is_gone_is_found(path: Path) -> None:
    tamper(path, "DELETE FROM notes")
    assert places(path) == ["the checkpoints"]


def test_a_body_erased_without_leave_is_found(path: Path) -> None:
    tamper(path, "UPDATE retention SET before = 90", "UPDATE records SET body = NULL WHERE seq = 80")
    assert places(path) == ["retention"]
    tamper(path, "UPDATE retention SET before = 0")
    assert places(path) == ["record 80"]


def test_another_memory_is_found(path: Path) -> None:
    tamper(path, "INSERT INTO state (one, seq, state) VALUES (1, 150, x'00')")
    assert places(path) == ["the door's memory"]


def test_a_node_that_is_wrong_is_found_where_it_stands(path: Path) -> None:
    wrong = "UPDATE records SET hashes = CAST(substr(hashes, 1, 32) || zeroblob(32) AS BLOB) WHERE seq = 101"
    tamper(path, wrong)
    assert places(path) == ["record 101"]


def test_a_stolen_tail_and_note_leave_a_sound_file_and_the_witness_tells(path: Path, witnessed: bytes) -> None:
    """The whole older ledger put back: an old card image (F19)."""
    older = filled(path.with_name("older.db"), 100)
    put_back(older, path)
    assert found(path) == []
    (fault,) = found(path, witnessed)
    assert fault.place == "the witness's note at 150"


def test_another_history_signed_with_the_stolen_key_only_the_witness_tells(path: Path, witnessed: bytes) -> None:
    forged = forge(path.with_name("forged.db"), [entry(mono, reason="no reason") for mono in range(200)])
    assert verify(forged, [VERIFIER]) == []
    assert found(forged, witnessed) == [
        Fault("the witness's note at 150", "the first 150 records are not those that were signed")
    ]


def test_what_was_not_witnessed_can_be_cut_and_nobody_can_tell(path: Path, witnessed: bytes) -> None:
    """The bound of what can be known: records written since the witness looked, which the door shows as a number."""
    with open_ledger(path) as ledger:
        ledger.append([entry(1000 + mono) for mono in range(20)])
    tamper(path, "DELETE FROM records WHERE seq >= 150")
    assert found(path, witnessed) == []


def test_a_note_that_is_not_by_this_door_is_no_witness(path: Path, witnessed: bytes) -> None:
    (fault,) = found(path, witnessed.replace(b"150", b"151"))
    assert fault.place == "the witness's note"


def put_back(source: Path, target: Path) -> None:
    for name in (lambda one: one, ledger_disk.wal_path):
        shutil.copy(name(source), name(target))


ACTS: dict[str, Callable[[sqlite3.Connection], object]] = {
    "edited": lambda one: one.execute(EDIT),
    "dropped": lambda one: one.execute("DELETE FROM records WHERE seq = 149"),
    "erased": lambda one: one.execute("UPDATE records SET body = NULL WHERE seq = 40"),
    "added": lambda one: one.execute("INSERT INTO records VALUES (150, x'7b7d', zeroblob(32))"),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_copy_without_its_log_is_checked_too(path: Path, tmp_path: Path, act: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    tamper(path)
    copy = tmp_path / "elsewhere" / "copy.db"
    copy.parent.mkdir()
    shutil.copy(path, copy)
    other = sqlite3.connect(copy, isolation_level=None)
    ACTS[act](other)
    other.close()
    assert found(path) == []
    assert found(copy) != []
