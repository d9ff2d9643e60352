"""F21 at the door: a ledger that was changed stops it, with what is wrong and what to do, and the lock shut."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.rules.messages import Kind
from tests.house import CHIEF, House, Process, until


def change(ledger: Path, statement: str) -> None:
    """As somebody with the file and without the key would."""
    connection = sqlite3.connect(ledger)
    try:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)
        connection.commit()
    finally:
        connection.close()


FIRST = """UPDATE records SET body = CAST(replace(body, 'kind":"', 'kind":"x') AS BLOB) WHERE seq = 0"""


def filled(house: House) -> Process:
    """A door with a few records and its memory kept behind them."""
    process = house.start()
    house.badge(CHIEF)
    house.recorded(Kind.RELEASED)
    return process


def wants_a_copy(house: House, said: str) -> bool:
    ledger = house.places.ledger
    return said.startswith(f"The ledger {ledger} is damaged or was changed: ") and said.endswith(
        f"Keep a copy of it, run `doorward verify {ledger}` to see where, and restore it from the centre's mirror.\n"
    )


def test_an_old_record_that_was_changed_stops_the_door_behind_its_start(house: House) -> None:
    filled(house).stop()
    change(house.places.ledger, FIRST)
    process = house.start()
    assert process.status() == 3
    assert "record 0" in process.said
    assert wants_a_copy(house, process.said)


def test_a_record_changed_while_the_door_runs_is_found_at_the_next_start(house: House) -> None:
    process = filled(house)
    change(house.places.ledger, FIRST)
    assert process.stop() == 0
    assert house.start().status() == 3


def test_a_door_that_stops_on_a_fault_leaves_the_lock_shut_and_says_why(house: House) -> None:
    filled(house).stop()
    change(house.places.ledger, FIRST)
    process = house.start()
    process.status()
    until("the relay was told last to lock", lambda: house.relay[-1:] == [False])
    assert house.recorded(Kind.STOPPED, 2).facts["why"] == process.said.strip()


def test_a_door_that_stops_on_a_fault_signs_no_new_memory_over_it(house: House) -> None:
    filled(house).stop()
    change(house.places.ledger, FIRST)
    house.start().status()
    assert any(fault.place == "record 0" for fault in house.faults())
    assert house.start().status() == 3


@pytest.mark.parametrize(
    ("done", "told"),
    [
        ("DELETE FROM records WHERE seq = (SELECT max(seq) FROM records)", "were signed"),
        (FIRST.replace("= 0", "= (SELECT max(seq) FROM records)"), "record"),
        ("UPDATE state SET state = x'00'", "the door's memory"),
        ("DELETE FROM notes", "is damaged or was changed"),
    ],
)
def test_what_a_start_reads_again_is_refused_at_once(house: House, done: str, told: str) -> None:
    filled(house).stop()
    change(house.places.ledger, done)
    process = house.spawn()
    assert process.status() == 1
    assert told in process.said


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:116] = bytes(16)
    path.write_bytes(data)


def tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096])


@pytest.mark.parametrize("damage", [flip, tear])
def test_a_file_that_is_no_ledger_any_more_is_refused(house: House, damage: Callable[[Path], None]) -> None:
    filled(house).stop()
    damage(house.places.ledger)
    house.places.ledger.with_name("ledger.db-wal").unlink()
    process = house.spawn()
    assert process.status() == 1
    assert wants_a_copy(house, process.said)


def test_a_ledger_that_vanished_is_not_begun_anew(house: House) -> None:
    filled(house).stop()
    house.places.ledger.unlink()
    process = house.spawn()
    assert process.status() == 1
    assert "it is gone while" in process.said
