"""F1: the power is cut at any moment. Nothing acknowledged is lost, and what is there is what was written.

The real ledger runs over a watched disk. Then the disk is rebuilt as a cut behind every single step would have left
it, many times over with other survivals and damages, and the real ledger is opened on it. Controls: with
synchronous=NORMAL, with a sync that lies, and without psow=0 under spoiled flash blocks the same test finds losses.
"""

import random
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from kiosk.ledger import LedgerError
from kiosk.ledger import disk as ledger_disk
from kiosk.ledger import ledger as ledger_module
from tests.faults.disk import Damage, Disk, Step, aftermath
from tests.ledgers import entry, open_ledger

FILES = ("ledger.db", "ledger.db-wal")


class History(Struct, frozen=True):
    base: dict[str, bytes]
    steps: list[Step]
    bodies: list[bytes | None]


@pytest.fixture
def disk() -> Iterator[Disk]:
    watched = Disk()
    yield watched
    watched.close()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log small enough to be outgrown and to be turned over, as months at a door do."""
    monkeypatch.setattr(ledger_disk, "WAL_BYTES", 96 * 1024)
    monkeypatch.setattr(ledger_disk, "BALLAST_BYTES", 4096)
    monkeypatch.setattr(ledger_module, "TIDY_AFTER", 6)


def lived(disk: Disk, folder: Path) -> History:
    """What a door does: single records, batches, checkpoints, its memory, a tidied log."""
    path = folder / "ledger.db"
    with open_ledger(path, connector=disk.connect) as ledger:
        disk.steps.clear()
        base = {name: (folder / name).read_bytes() for name in FILES}
        for turn in range(14):
            ledger.append([entry(turn * 10)], sign=turn % 4 == 0)
            disk.steps.append(Step("said", size=ledger.size))
            ledger.append([entry(turn * 10 + one, reason="r" * 900) for one in range(1, 1 + turn % 3)])
            disk.steps.append(Step("said", size=ledger.size))
            if turn % 5 == 2:
                ledger.snapshot(b"memory" * 300)
            ledger.tidy()
        steps = list(disk.steps)
        bodies = [row.body for row in ledger._reader().rows()]
    return History(base, steps, bodies)


def fate(history: History, folder: Path, upto: int, files: dict[str, bytes]) -> str:
    """What is wrong after a cut behind step `upto`: "" or a sentence."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    said = max((step.size for step in history.steps[:upto] if step.act == "said"), default=0)
    try:
        with open_ledger(folder / "ledger.db") as ledger:
            found = [row.body for row in ledger._reader().rows()]
            list(ledger.recall()[1])
    except LedgerError as error:
        return str(error)
    if len(found) < said:
        return f"{said} records were acknowledged, {len(found)} are there"
    shutil.rmtree(folder)
    return "" if found == history.bodies[: len(found)] else "there are other records than were written"


def losses(history: History, folder: Path, damage: Damage, *, rounds: int = 1, **lies: Any) -> list[str]:
    chance = random.Random(f"{damage} {lies}")  # noqa: S311 - the same cuts every time
    found = []
    for upto, again in product(range(1, len(history.steps) + 1), range(rounds)):
        if history.steps[upto - 1].act != "truncate":
            files = aftermath(history.base, history.steps[:upto], chance, damage, **lies)
            what = fate(history, folder / f"{upto}-{again}", upto, files)
            if what:
                found.append(f"cut behind step {upto}: {what}")
    return found


@pytest.mark.parametrize("damage", ["none", "torn", "block-512", "block-4096"])
def test_a_cut_behind_any_step_loses_nothing_acknowledged(disk: Disk, scratch: Path, damage: Damage) -> None:
    assert losses(lived(disk, scratch), scratch, damage, rounds=3) == []


def test_the_log_was_turned_over_in_that_life(disk: Disk, scratch: Path) -> None:
    steps = lived(disk, scratch).steps
    assert len([step for step in steps if step.act == "write" and step.offset == 0 and step.name == FILES[1]]) > 2


def test_one_record_takes_one_sync(disk: Disk, scratch: Path) -> None:
    with open_ledger(scratch / "ledger.db", connector=disk.connect) as ledger:
        disk.steps.clear()
        for mono in range(20):
            ledger.append([entry(mono)])
        assert [step.name for step in disk.steps if step.act == "sync"] == ["ledger.db-wal"] * 20


def test_a_signed_batch_takes_one_sync(disk: Disk, scratch: Path) -> None:
    with open_ledger(scratch / "ledger.db", connector=disk.connect) as ledger:
        disk.steps.clear()
        ledger.append([entry(mono) for mono in range(20)], sign=True)
        assert [step.name for step in disk.steps if step.act == "sync"] == ["ledger.db-wal"]


def test_control_without_full_synchronisation_losses_are_found(
    disk: Disk, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pragmas = tuple(
        (name, "NORMAL", 1) if name == "synchronous" else (name, *rest) for name, *rest in ledger_disk.PRAGMAS
    )
    monkeypatch.setattr(ledger_disk, "PRAGMAS", pragmas)
    history = lived(disk, scratch)
    monkeypatch.undo()
    assert losses(history, scratch, "none") != []


def test_control_with_a_sync_that_lies_losses_are_found(disk: Disk, scratch: Path) -> None:
    assert losses(lived(disk, scratch), scratch, "none", sync_lies=True) != []


def test_control_without_padding_a_spoiled_block_takes_records_with_it(disk: Disk, scratch: Path) -> None:
    class Unpadded(Disk):
        def connect(self, uri: str) -> Any:
            return super().connect(uri.replace("psow=0", "psow=1"))

    unpadded = Unpadded()
    try:
        assert losses(lived(unpadded, scratch), scratch, "block-4096") != []
    finally:
        unpadded.close()
