"""Ledgers for tests: a door, its key, and entries whose clock ticks."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kiosk.keys import Secret
from kiosk.ledger import Ledger
from kiosk.ledger import disk as ledger_disk
from kiosk.notes import Signer
from kiosk.rules import tree
from kiosk.rules.messages import Append, Clock, Kind, Moment

DOOR = "south-gate"
ORIGIN = "school.example/doorward/south-gate"
KEY = Secret(bytes(range(32)))
VERIFIER = str(Signer(ORIGIN, KEY).key)


def entry(mono: int, *, boot: int = 1, kind: Kind = Kind.GRANTED, **facts: Any) -> Append:
    """A record at `mono` ms of the boot; about 450 bytes, as a granted one is."""
    body = {
        "side": "outside",
        "how": "card",
        "person": 1234,
        "name": "王小明",
        "grounds": "approval",
        "approver": "李老师",
        "reason": "inspection of the camera storage",
        "companions": [],
        **facts,
    }
    at = Moment(boot, mono, 1_790_000_000_000 + mono, Clock.SYNCED)
    return Append(at, kind, body, visit=f"v-{mono}")


def open_ledger(path: Path, **changes: Any) -> Ledger:
    return Ledger.open(path, **{"door": DOOR, "origin": ORIGIN, "key": KEY, **changes})


def filled(path: Path, size: int, *, sign: bool = True) -> Path:
    """A closed ledger of `size` records, in batches of 100, each signed."""
    with open_ledger(path) as ledger:
        for start in range(0, size, 100):
            ledger.append([entry(start + i) for i in range(min(100, size - start))], sign=sign)
    return path


def tamper(path: Path, *statements: str) -> None:
    """What somebody with the file and without the key can do; nothing keeps them from dropping the triggers."""
    connection = sqlite3.connect(path, isolation_level=None)
    for name in sorted(ledger_disk.TRIGGERS):
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def rehash(path: Path) -> None:
    """Make every leaf and node those of the bodies as they stand now: all that goes without the key."""
    connection = sqlite3.connect(path, isolation_level=None)
    rows = connection.execute("SELECT seq, body FROM records ORDER BY seq").fetchall()
    _, hashes = tree.extend_all(tree.Peaks(), [tree.leaf_hash(body) for _, body in rows])
    connection.execute("BEGIN")
    connection.executemany(
        "UPDATE records SET hashes = ? WHERE seq = ?", zip(hashes, [seq for seq, _ in rows], strict=True)
    )
    connection.execute("COMMIT")
    connection.close()


def forge(path: Path, entries: Sequence[Append], key: Secret = KEY) -> Path:
    """Another history of the same door, signed: what goes with the stolen key."""
    with open_ledger(path, key=key) as ledger:
        ledger.append(entries, sign=True)
    return path
