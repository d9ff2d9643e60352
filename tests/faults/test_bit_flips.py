"""F6: bits flip in the database or its log. 500 runs: each is found, or proved to have changed nothing.

Found is: the start refuses, or `verify` says so. A flip in the log makes SQLite end it one commit earlier, which is
what a cut leaves too: the records that are there are sound, and that some are missing only a witness can tell.
"""

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from kiosk.ledger import LedgerError, LedgerReader
from kiosk.ledger import disk as ledger_disk
from kiosk.ledger import ledger as ledger_module
from kiosk.ledger.verify import verify
from tests.ledgers import VERIFIER, entry, open_ledger

RUNS = 500


def holding(path: Path) -> tuple[list[bytes | None], tuple[int, bytes] | None]:
    with LedgerReader.open(path) as reader:
        return [row.body for row in reader.rows()], reader.state()


def lived(path: Path) -> bytes:
    """A ledger with records in the database and in the log; its last note, which a witness has."""
    with open_ledger(path) as ledger:
        for mono in range(60):
            ledger.append([entry(mono * 2), entry(mono * 2 + 1)], sign=mono % 7 == 0)
            if mono in (20, 40):
                ledger.snapshot(b"memory" * 100)
                ledger._commits = ledger_module.TIDY_AFTER
                ledger.tidy()
        return ledger.checkpoint()


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def outcome(path: Path, before: object, witnessed: bytes) -> str:
    try:
        with open_ledger(path) as ledger:
            list(ledger.recall()[1])
    except LedgerError:
        return "refused at start"
    try:
        if verify(path, [VERIFIER], workers=1):
            return "found by verify"
        if holding(path) == before:
            return "harmless"
        return "found by witness" if verify(path, [VERIFIER], workers=1, witnessed=witnessed) else "not found"
    except LedgerError:
        return "found by verify"


def test_every_flip_is_found_or_harmless(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_disk, "WAL_BYTES", 96 * 1024)
    monkeypatch.setattr(ledger_disk, "BALLAST_BYTES", 4096)
    source = scratch / "source" / "ledger.db"
    source.parent.mkdir()
    witnessed, before = lived(source), holding(source)
    chance = random.Random(6)  # noqa: S311 - the same flips every time
    outcomes: Counter[str] = Counter()
    for run in range(RUNS):
        path = scratch / str(run) / "ledger.db"
        path.parent.mkdir()
        for name in (path, ledger_disk.wal_path(path)):
            shutil.copy(source.with_name(name.name), name)
        flip(chance.choice([path, ledger_disk.wal_path(path)]), chance)
        outcomes[outcome(path, before, witnessed)] += 1
        shutil.rmtree(path.parent)
    assert outcomes["not found"] == 0, outcomes
    assert set(outcomes) == {"refused at start", "found by verify", "found by witness", "harmless"}
    assert sum(outcomes.values()) == RUNS
