"""Ledgers for tests: a door, its key, and entries whose clock ticks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.keys import Secret
from kiosk.ledger import Ledger
from kiosk.notes import Signer
from kiosk.rules.messages import Append, Clock, Kind, Moment

DOOR = "south-gate"
ORIGIN = "school.example/doorward/south-gate"
KEY = Secret(bytes(range(32)))
VERIFIER = str(Signer(ORIGIN, KEY).key)

Opener = Callable[..., Ledger]


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
