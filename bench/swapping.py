"""A new list of a million while people go on presenting cards: how long until it is in force, what they notice.

The list is installed and told of, as the sync process does after fetching it, each side checking every byte of it.
What is timed is the door's part, from the telling until it has closed the old file; both parts together are printed,
and the decisions are those during both. What the sync process has just fetched lies in memory and on disk, so it does
here. Cards follow each other without the rest that the contests grant, before the swaps and during them.
"""

import hashlib
import os
import random
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import NamedTuple

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
    """Seconds from a list told of to the one in force (median), and the p99 of decisions meanwhile over that before."""
    cards = _cards()
    with closing(run.doorward("swap", MILLION)) as door:
        idle = [_decide(door, cards) for _ in range(CARDS_IDLE)]
        swaps = []
        for version in SWAPPED_IN:
            swaps.append(_swap(run.kept_list(MILLION, version), door, cards))
            door.settle()
    taken = [each.seconds for each in swaps]
    meanwhile = [took for each in swaps for took in each.decisions]
    before, during = percentile(idle, 0.99), percentile(meanwhile, 0.99)
    each_swap = ", ".join(f"{each.seconds:.3f} s ({each.with_install:.3f} with its install)" for each in swaps)
    run.console.print(
        f"Swaps: {each_swap}; p99 {before / 1000:,.0f} µs of {len(idle)} decisions before, "
        f"{during / 1000:,.0f} µs of {len(meanwhile)} during."
    )
    return {"list_swap_1m_s": round(median(taken), 3), "decision_p99_during_swap_vs_idle": round(during / before, 2)}


class Swap(NamedTuple):
    """`seconds`: the door's part; `with_install`: from the fetched file on; `decisions`: nanoseconds each, in all."""

    seconds: float
    with_install: float
    decisions: list[int]


def _swap(kept: Path, door: Doorward, cards: Iterator[int]) -> Swap:
    folder = door.site.places.lists
    note = (kept / CURRENT).read_bytes()
    header = parse_header(parse_note(note).text)
    fetched = folder / "fetched"
    os.link(kept / header.file_name, fetched)
    _settle(fetched)
    old = folder / f"access-{header.version - 1}.db"
    decisions = []
    told, telling = get_context("fork").Pipe(duplex=False)
    bringing = (door.site.places, fetched, note, header.version, telling)
    sync = get_context("fork").Process(target=_bring_in, args=bringing)
    began = time.perf_counter()
    sync.start()
    while _has_open(door.pid, old):
        decisions.append(_decide(door, cards))
        if time.perf_counter() - began > SWAP_WITHIN_S:
            raise RuntimeError(f"List {header.version} was not in force after {SWAP_WITHIN_S} s.")
    ended = time.perf_counter()
    sync.join()
    return Swap(ended - told.recv(), ended - began, decisions)


def _settle(fetched: Path) -> None:
    """Leave the file as fetching it would have: read, written, and nothing of it on its way to the disk."""
    with fetched.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    os.sync()


def _bring_in(places: Places, fetched: Path, note: bytes, version: int, telling: Connection) -> None:
    """What the sync process does, at the priority that it has: two real-time hashes would fill two cores."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    install(places.lists, fetched, note, places.issuer.read_text().strip())
    with Client(places.socket, Role.SYNC) as client:
        telling.send(time.perf_counter())  # one clock for every process
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
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if descriptor.readlink() == path:
                return True
    return False
