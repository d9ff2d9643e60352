"""F8: the door process is killed at any moment, in the middle of a release too, and comes back as it was.

After every death: the relay is off once the unit's relock ran and stays off through the next start (I4), every record
that anybody could read is still there (I1), and nothing was ever released without a `granted` record (I3).
"""

import random
from pathlib import Path

import pytest

from kiosk.link.client import Client
from kiosk.link.listening import LinkError
from kiosk.link.wire import EnterCode, Role
from kiosk.rules.messages import Kind, Side
from kiosk.rules.record import Record
from tests.house import CHIEF, STRANGER, House, Process, until

ROUNDS = 12
LONGEST_S = 0.4
OUTCOMES = (Kind.TAKEN, Kind.NOT_TAKEN, Kind.NOT_CARRIED_OUT)


class Deaths:
    def __init__(self, house: House, seed: int) -> None:
        self._house, self._chance = house, random.Random(seed)  # noqa: S311 - the moments of deaths
        self._seen: list[Record] = []

    def rounds(self, count: int) -> None:
        for _ in range(count):
            process = self._house.spawn()
            if self._chance.random() < 0.7:
                process.ready()
                self._traffic()
            self._die(process)
            assert self._house.relock() == 0
            self._house.locked()
            self._remembers()
        self._ends_well()

    def _traffic(self) -> None:
        for _ in range(self._chance.randrange(4)):
            act = self._chance.choice([self._badge, self._stranger, self._code, self._push])
            act()

    def _badge(self) -> None:
        self._house.badge(CHIEF)

    def _stranger(self) -> None:
        self._house.badge(STRANGER)

    def _code(self) -> None:
        with Client(self._house.places.socket, Role.SCREEN) as screen:
            screen.ask(EnterCode(self._house.code, Side.OUTSIDE))

    def _push(self) -> None:
        self._house.stage.push()
        self._house.stage.shut()

    def _die(self, process: Process) -> None:
        """At a moment that nobody chose, or right behind a release."""
        if self._chance.random() < 0.4:
            seen = len(self._house.relay)
            self._house.badge(CHIEF)
            end = process.running_for(LONGEST_S)
            while True not in self._house.relay[seen:] and end():
                pass
        else:
            end = process.running_for(self._chance.uniform(0, LONGEST_S))
            while end():
                pass
        process.kill()

    def _remembers(self) -> None:
        """What could be read before can be read now, byte for byte in the same place."""
        if not self._house.places.ledger.exists():
            return
        now = self._house.records
        assert now[: len(self._seen)] == self._seen
        self._seen = now
        grants = sum(record.kind == Kind.GRANTED for record in now)
        assert sum(what.what == "strike gives" for what in self._house.stage.history()) <= grants

    def _ends_well(self) -> None:
        process = self._house.start()
        assert not self._house.stage.seen().energised
        granted = {record.visit for record in self._house.of(Kind.GRANTED)}
        until("every grant has its outcome", lambda: granted <= {one.visit for one in self._house.of(*OUTCOMES)})
        assert process.stop() == 0
        assert self._house.faults() == []


@pytest.mark.parametrize("seed", [1])
def test_a_door_that_is_killed_at_random_keeps_every_promise(house: House, seed: int) -> None:
    Deaths(house, seed).rounds(ROUNDS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_a_door_that_is_killed_a_thousand_times_keeps_every_promise(house: House, seed: int) -> None:
    Deaths(house, 100 + seed).rounds(50)


def test_a_kill_within_a_release_is_made_safe_by_the_relock(house: House) -> None:
    process = house.start()
    house.badge(CHIEF)
    house.released()
    process.kill()
    assert house.stage.seen().energised  # nobody has told the relay yet
    house.relock()
    house.locked()


def test_the_neighbours_hear_that_the_door_died_and_find_it_again(house: House) -> None:
    process = house.start()
    with Client(house.places.socket, Role.SCREEN) as screen:
        process.kill()
        with pytest.raises(LinkError):
            screen.screen()
    house.start()
    assert house.screen.lock == "locked"


def test_a_key_is_whole_or_absent_however_early_the_first_start_dies(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        for wait in range(12):
            process = house.spawn()
            end = process.running_for(wait * 0.02)
            while end():
                pass
            process.kill()
        house.start()
