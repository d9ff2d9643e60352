"""The loop: what must be durable before what, and what stands when the disk does not take it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.simulated import SimulatedOutput
from kiosk.clock import WallClock
from kiosk.loop import Loop
from kiosk.poll import Poll
from kiosk.rules.credentials import Card, Credential, Found, Person, Trust
from kiosk.rules.messages import (
    CardPresented,
    Input,
    InputChanged,
    Kind,
    ListChanged,
    LockFailed,
    Moment,
    Order,
    Ordered,
    Sense,
    Side,
    Started,
)
from kiosk.rules.turn import Door
from kiosk.settings import read_policy
from kiosk.writing import Writing
from tests.books import Books, BooksError

SAMPLE = Path(__file__).parent.parent / "kiosk" / "samples" / "taishan.toml"
CHIEF = Person(1, "王建国", ("security_chief",))
KNOWN = Found(1, Credential(1, 1, Trust.NUMBER), CHIEF)
CARD = Card("em4100", bytes(5))


class Scene:
    """A loop over a simulated lock and siren, with books that can fail and a clock that a test moves."""

    def __init__(self) -> None:
        self.books, self.now = Books(), 0.0
        self.lock = SimulatedOutput(lambda: self.now)
        self.siren = SimulatedOutput(lambda: self.now)
        self.poll = Poll(lambda: self.now)
        clock = WallClock(
            1,
            None,
            wall_ns=lambda: 1_800_000_000_000_000_000 + int(self.now * 1e9),
            mono_ns=lambda: int(self.now * 1e9),
            synced=lambda: True,
        )
        self.order: list[str] = []
        self.loop = Loop(
            Door(read_policy(SAMPLE), "south_gate", clock.moment()),
            self.lock,
            self.siren,
            Writing(self.books, BooksError),
            clock,
            self.poll,
            photo=lambda wanted: self.order.append("photo"),
            changed=lambda door: None,
            idle=lambda door: None,
        )
        self.loop.happen(Started(self.at))
        self.loop.happen(ListChanged(self.at, 1, 1_800_000_000, 1))
        self.loop.happen(InputChanged(self.at, Input.EXIT_BUTTON, Sense.NORMAL))

    @property
    def at(self) -> Moment:
        return self.loop.clock.moment()

    def present(self, found: Found = KNOWN) -> None:
        self.loop.happen(CardPresented(self.at, Side.OUTSIDE, "outside", CARD, found))

    def read(self, which: Input, sense: Sense) -> None:
        self.loop.happen(InputChanged(self.at, which, sense))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.loop._overdue(self.at)

    def kinds(self) -> list[Kind]:
        return [entry.kind for entry in self.books.written]


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.poll.close()
    scene.lock.close()
    scene.siren.close()


def test_the_lock_is_driven_safe_at_the_start(scene: Scene) -> None:
    assert scene.lock.level is False


def test_the_grant_is_durable_when_the_lock_is_released(scene: Scene) -> None:
    drive, seen = scene.lock.drive, []

    def watching(active: bool) -> None:  # noqa: FBT001 - the port's own shape
        seen.append((active, Kind.GRANTED in scene.kinds()))
        drive(active)

    scene.lock.drive = watching  # type: ignore[method-assign]
    scene.present()
    assert seen == [(True, True)]


def test_without_a_durable_grant_nothing_is_released(scene: Scene) -> None:
    scene.books.refuses = True
    scene.present()
    assert scene.lock.level is False


def test_a_grant_that_could_not_be_recorded_leaves_no_trace_in_the_door(scene: Scene) -> None:
    scene.books.refuses = True
    scene.present()
    assert scene.loop.door.memory.granted == {}


def test_the_door_is_told_that_records_cannot_be_written(scene: Scene) -> None:
    scene.books.refuses = True
    scene.present()
    assert scene.loop.door.storage_fault == "The disk takes nothing."


def test_a_grant_whose_answer_was_lost_is_closed_as_not_carried_out(scene: Scene) -> None:
    scene.wait(1)
    scene.books.loses_answer = True
    scene.present()
    scene.wait(1)
    scene.wait(1)
    assert scene.kinds()[-4:] == [Kind.GRANTED, Kind.STORAGE_FAILED, Kind.NOT_CARRIED_OUT, Kind.STORAGE_BACK]


def test_a_grant_whose_answer_was_lost_releases_nothing(scene: Scene) -> None:
    scene.books.loses_answer = True
    scene.present()
    scene.wait(2)
    assert scene.lock.level is False


def test_the_exit_button_releases_while_nothing_can_be_written(scene: Scene) -> None:
    scene.books.refuses = True
    scene.present()
    scene.read(Input.EXIT_BUTTON, Sense.ACTIVE)
    assert scene.lock.level is True


def test_what_happened_while_nothing_could_be_written_is_written_in_order_later(scene: Scene) -> None:
    scene.wait(1)
    before = len(scene.books.written)
    scene.books.refuses = True
    scene.present()
    scene.read(Input.EXIT_BUTTON, Sense.ACTIVE)
    scene.books.refuses = False
    scene.wait(2)
    assert scene.kinds()[before : before + 3] == [Kind.STORAGE_FAILED, Kind.EXIT, Kind.RELEASED]


def test_a_fire_releases_while_nothing_can_be_written(scene: Scene) -> None:
    scene.books.refuses = True
    scene.read(Input.FIRE, Sense.ACTIVE)
    assert scene.lock.level is True


def test_an_evacuation_releases_while_nothing_can_be_written(scene: Scene) -> None:
    scene.books.refuses = True
    scene.loop.happen(Ordered(scene.at, Order.EVACUATION, "chief"))
    assert scene.lock.level is True


def test_the_siren_sounds_while_nothing_can_be_written(scene: Scene) -> None:
    scene.read(Input.DOOR_POSITION, Sense.NORMAL)
    scene.wait(1)
    scene.books.refuses = True
    scene.read(Input.DOOR_POSITION, Sense.ACTIVE)
    assert scene.siren.level is True


def test_a_forced_door_that_could_not_be_recorded_is_recorded_later(scene: Scene) -> None:
    scene.read(Input.DOOR_POSITION, Sense.NORMAL)
    scene.wait(1)
    scene.books.refuses = True
    scene.read(Input.DOOR_POSITION, Sense.ACTIVE)
    scene.books.refuses = False
    scene.wait(2)
    assert Kind.FORCED in scene.kinds()


def test_a_lock_that_does_not_take_its_level_is_a_record_and_the_grant_is_not_carried_out(scene: Scene) -> None:
    scene.lock.fail_next()
    scene.present()
    scene.wait(1)
    assert [kind for kind in scene.kinds() if kind in {Kind.LOCK_FAILED, Kind.NOT_CARRIED_OUT}] == [
        Kind.LOCK_FAILED,
        Kind.NOT_CARRIED_OUT,
    ]


def test_a_lock_whose_answer_was_lost_is_not_believed_and_locked_again(scene: Scene) -> None:
    scene.lock.lose_next_answer()
    scene.present()
    assert (scene.lock.level, scene.loop.door.memory.granted) == (False, {})


def test_the_lock_relocks_when_its_time_is_over(scene: Scene) -> None:
    scene.present()
    scene.wait(scene.loop.door.room.timing.release_s)
    assert scene.lock.level is False


def test_records_that_wait_are_signed_within_a_tenth_of_a_second(scene: Scene) -> None:
    scene.wait(1)
    before = scene.books.signed
    scene.present()
    scene.wait(0.1)
    assert scene.books.signed == before + 1


def test_a_siren_that_is_gone_stops_nothing(scene: Scene) -> None:
    scene.read(Input.DOOR_POSITION, Sense.NORMAL)
    scene.siren.lose()
    scene.wait(1)
    scene.read(Input.DOOR_POSITION, Sense.ACTIVE)
    assert Kind.FORCED in scene.kinds()


def test_a_failed_relock_keeps_the_door_from_admitting_anybody(scene: Scene) -> None:
    scene.loop.happen(LockFailed(scene.at, released=False, why="The relay does not answer."))
    scene.present()
    assert scene.lock.level is False
