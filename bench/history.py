"""A ledger as years of use leave it: passage after passage, six records each, and nobody inside at the end.

The door's memory is kept beside them, as a door does when it is idle, so that a start reads no more than the newest.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from bench.progress import Advance
from kiosk.keys import Secret
from kiosk.ledger import Ledger
from kiosk.rules.memory import Memory
from kiosk.rules.messages import Append, Clock, Kind, Moment
from kiosk.rules.record import SALT_BYTES, compose

BATCH = 4_000
BEGAN = 1_767_312_000_000  # 2026-01-02T00:00:00Z in ms
A_PASSAGE_MS = 5_000
PEOPLE = 1_000


def make_history(path: Path, *, door: str, origin: str, key: Secret, records: int, advance: Advance) -> None:
    with Ledger.open(path, door=door, origin=origin, key=key) as ledger:
        entries = islice(_entries(ledger.boot), records)
        while batch := list(islice(entries, BATCH)):
            ledger.append(batch, sign=True)
            ledger.tidy()
            advance(ledger.size, records)
        ledger.snapshot(msgspec.msgpack.encode(Memory()))
    with closing(sqlite3.connect(path)) as db:  # a door in use never has a log as long as this one
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def grant_bytes() -> int:
    """How long the record of a decision is."""
    return len(compose(1_000_000, next(_entries(1)), "gate", bytes(SALT_BYTES)))


def _entries(boot: int) -> Iterator[Append]:
    number = 0
    while True:
        yield from _passage(boot, number)
        number += 1


def _passage(boot: int, number: int) -> Iterator[Append]:
    began = number * A_PASSAGE_MS
    visit = f"{boot}-{number}"
    person = number % PEOPLE + 1

    def at(ms: int) -> Moment:
        return Moment(boot, began + ms, BEGAN + began + ms, Clock.SYNCED)

    grounds = {"side": "outside", "how": "card", "grounds": "custodian", "person": person, "name": f"Person {person}"}
    register: dict[str, Any] = {
        "approval": None,
        "headcount": 1,
        "approver": "",
        "reason": "",
        "due": None,
        "companions": [],
    }
    yield Append(at(0), Kind.GRANTED, grounds | register | {"companions": []}, visit)
    yield Append(at(1), Kind.RELEASED, {"reason": "granted"}, visit)
    yield Append(at(900), Kind.TAKEN, {}, visit)
    yield Append(at(901), Kind.RELOCKED, {"reason": "taken"}, visit)
    yield Append(at(2_400), Kind.CLOSED, {}, visit)
    yield Append(at(4_000), Kind.LEFT, {"how": "button", "person": person, "name": f"Person {person}"}, visit)
