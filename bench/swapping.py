"""A new list of a million while people go on presenting cards: how long until it is in force, what they notice.

The list is installed and told of, as the sync process does after fetching it, each side checking every byte of it; it
is in force once the door has closed the old file. Cards follow each other here without the rest that the contests
grant, before the swaps and during them.
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from bench.doorward import Doorward
from bench.run import SWAPPED_IN, Run
from bench.stats import percentile
from kiosk.link.client import Client
from kiosk.link.wire import ListReady, Role
from kiosk.places import Places
from kiosk.roster.access_list import CURRENT, parse_header
from kiosk.roster.writer import install
from kiosk.rules.checkpoint import parse_note

MILLION = 1_000_000
CARDS_IDLE = 300
SWAP_WITHIN_S = 10.0


def swap(run: Run) -> dict[str, float]:
    """Seconds from a fetched list to the one in force (median), and the p99 of decisions meanwhile over that before."""
    cards = _cards()
    with closing(run.doorward("swap", MILLION)) as door:
        idle = [_decide(door, cards) for _ in range(CARDS_IDLE)]
        taken, meanwhile = [], []
        for version in SWAPPED_IN:
            seconds, decisions = _swap(run.kept_list(MILLION, version), door, cards)
            taken.append(seconds)
            meanwhile += decisions
            door.settle()
    before, during = percentile(idle, 0.99), percentile(meanwhile, 0.99)
    run.console.print(
        f"Swaps: {', '.join(f'{each:.3f}' for each in taken)} s; p99 {before / 1000:,.0f} µs of {len(idle)} decisions "
        f"before, {during / 1000:,.0f} µs of {len(meanwhile)} during."
    )
    return {"list_swap_1m_s": round(median(taken), 3), "decision_p99_during_swap_vs_idle": round(during / before, 2)}


def _swap(kept: Path, door: Doorward, cards: Iterator[int]) -> tuple[float, list[int]]:
    folder = door.site.places.lists
    note = (kept / CURRENT).read_bytes()
    header = parse_header(parse_note(note).text)
    fetched = folder / "fetched"
    os.link(kept / header.file_name, fetched)
    old = folder / f"access-{header.version - 1}.db"
    decisions = []
    sync = get_context("fork").Process(target=_bring_in, args=(door.site.places, fetched, note, header.version))
    began = time.perf_counter()
    sync.start()
    while _has_open(door.pid, old):
        decisions.append(_decide(door, cards))
        if time.perf_counter() - began > SWAP_WITHIN_S:
            raise RuntimeError(f"List {header.version} was not in force after {SWAP_WITHIN_S} s.")
    seconds = time.perf_counter() - began
    sync.join()
    return seconds, decisions


def _bring_in(places: Places, fetched: Path, note: bytes, version: int) -> None:
    """What the sync process does, at the priority that it has: two real-time hashes would fill two cores."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    install(places.lists, fetched, note, places.issuer.read_text().strip())
    with Client(places.socket, Role.SYNC) as client:
        client.ask(ListReady(version))


def _decide(door: Doorward, cards: Iterator[int]) -> int:
    took = door.decide(next(cards))
    assert took is not None
    door.pass_through()
    return took


def _cards() -> Iterator[int]:
    chance = random.Random(7)  # noqa: S311 - a shuffle, not a secret
    while True:
        yield chance.randrange(MILLION)


def _has_open(pid: int, path: Path) -> bool:
    return any(descriptor.readlink() == path for descriptor in Path(f"/proc/{pid}/fd").iterdir())
