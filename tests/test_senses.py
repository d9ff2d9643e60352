"""What devices say, as the door hears it: who, where, when, and what is told only once a minute."""

from collections.abc import Iterator
from typing import Any

import pytest

from hardware.simulated import SimulatedInput, SimulatedOutput, SimulatedReader
from kiosk.ports import LevelRead
from kiosk.rules.credentials import Card, Found
from kiosk.rules.messages import Input, Kind, ListFailed, Sense, Side
from kiosk.senses import NOISE_MS, Hardware, Senses
from tests.scene import CARD, KNOWN, Scene


class Devices:
    """A door's hardware, simulated, and what the records say of it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        clock = self._clock
        self.reader, self.inner = SimulatedReader(clock), SimulatedReader(clock)
        self.leaf, self.button = SimulatedInput(clock), SimulatedInput(clock)
        self.next_door = SimulatedInput(clock)
        self.siren: SimulatedOutput = scene.siren
        self.hardware = Hardware(
            scene.lock,
            {"outside": (Side.OUTSIDE, self.reader), "inside": (Side.INSIDE, self.inner)},
            {Input.DOOR_POSITION: self.leaf, Input.EXIT_BUTTON: self.button},
            scene.siren,
            {"north": self.next_door},
        )
        self.asked: list[Card] = []
        Senses(self.hardware, scene.loop, scene.poll, self._find)
        self.hear()

    def _clock(self) -> float:
        return self.scene.now

    def _find(self, card: Card) -> Found:
        self.asked.append(card)
        return KNOWN

    def hear(self, after_s: float = 0.0) -> None:
        """Whatever the devices have to say then."""
        self.scene.now += after_s
        for _ in range(4):
            self.scene.poll.wait(self.scene.now)
        self.scene.wait(0.2)

    def of(self, kind: Kind) -> list[dict[str, Any]]:
        return [entry.body for entry in self.scene.books.written if entry.kind is kind]


@pytest.fixture
def devices(scene: Scene) -> Iterator[Devices]:
    devices = Devices(scene)
    yield devices
    devices.hardware.close()


def test_a_card_at_the_outer_reader_is_looked_up_and_decided(devices: Devices) -> None:
    devices.reader.present(CARD)
    devices.hear()
    assert (devices.asked, len(devices.of(Kind.GRANTED))) == ([CARD], 1)


def test_a_card_at_the_inner_reader_lets_out(devices: Devices) -> None:
    devices.inner.present(CARD)
    devices.hear()
    assert [body["how"] for body in devices.of(Kind.EXIT)] == ["card"]


def test_what_an_input_reads_at_the_start_is_known_at_once(devices: Devices) -> None:
    assert devices.scene.loop.door.inputs == {Input.DOOR_POSITION: Sense.NORMAL, Input.EXIT_BUTTON: Sense.NORMAL}


def test_a_lever_that_presses_and_opens_at_once_is_an_exit_and_no_break_in(devices: Devices) -> None:
    devices.leaf.turn(Sense.ACTIVE)
    devices.button.turn(Sense.ACTIVE)
    devices.hear()
    assert (len(devices.of(Kind.EXIT)), devices.of(Kind.FORCED)) == (1, [])


def test_an_input_that_is_lost_reads_unknown(devices: Devices) -> None:
    devices.leaf.lose()
    devices.hear()
    assert devices.scene.loop.door.inputs[Input.DOOR_POSITION] is Sense.UNKNOWN
    assert [body["device"] for body in devices.of(Kind.DEVICE_LOST)] == ["door_position"]


def test_an_input_that_is_back_is_read_again(devices: Devices) -> None:
    devices.leaf.lose()
    devices.hear()
    devices.leaf.come_back()
    devices.hear(after_s=3)
    assert devices.scene.loop.door.inputs[Input.DOOR_POSITION] is Sense.NORMAL


@pytest.mark.parametrize(("sense", "secure"), [(Sense.NORMAL, True), (Sense.ACTIVE, False), (Sense.CUT, None)])
def test_a_neighbouring_door_is_secure_only_when_it_says_so(
    devices: Devices,
    sense: Sense,
    secure: bool | None,  # noqa: FBT001 - a level is what it is
) -> None:
    devices.next_door.say(LevelRead(sense))
    devices.hear()
    assert devices.scene.loop.door.neighbours == {"north": secure}


def test_a_neighbouring_door_that_is_lost_is_not_known_secure(devices: Devices) -> None:
    devices.next_door.lose()
    devices.hear()
    assert devices.scene.loop.door.neighbours == {"north": None}


def test_bad_frames_are_recorded_at_once_and_then_once_a_minute_with_their_count(devices: Devices) -> None:
    for count in (2, 3, 4):
        devices.reader.disturb(count)
        devices.hear()
    devices.scene.wait(NOISE_MS / 1000)
    devices.reader.disturb()
    devices.hear()
    assert devices.of(Kind.BAD_FRAMES) == [{"device": "outside", "count": 2}, {"device": "outside", "count": 8}]


def test_each_devices_bad_frames_are_counted_by_themselves(devices: Devices) -> None:
    devices.reader.disturb()
    devices.inner.disturb()
    devices.hear()
    assert [body["device"] for body in devices.of(Kind.BAD_FRAMES)] == ["outside", "inside"]


def test_a_siren_that_is_back_is_told_again_what_it_should_do(devices: Devices) -> None:
    devices.leaf.turn(Sense.ACTIVE)
    devices.hear()
    devices.siren.lose()
    devices.hear()
    devices.siren.level = False  # it lost its power
    devices.siren.come_back()
    devices.hear(after_s=3)
    assert devices.siren.level is True


def test_a_siren_that_is_lost_again_at_once_stops_nothing(devices: Devices) -> None:
    devices.siren.lose()
    devices.hear()
    devices.siren.come_back()
    devices.siren.fail_next()
    devices.hear(after_s=3)
    assert [body["device"] for body in devices.of(Kind.DEVICE_BACK)] == ["siren"]


def test_a_lock_that_is_back_is_told_to_lock(devices: Devices) -> None:
    devices.scene.lock.lose()
    devices.hear()
    devices.scene.lock.level = True  # whatever happened to it meanwhile
    devices.scene.lock.come_back()
    devices.hear(after_s=3)
    assert devices.scene.lock.level is False


def test_a_list_that_turns_out_damaged_as_a_card_is_looked_up_is_told_before_the_card(scene: Scene) -> None:
    def finds_damage(_card: Card) -> Found:
        scene.now += 0.005  # it took a while to find out
        scene.loop.happen(ListFailed(scene.at, "It is damaged."))
        return Found(1)

    reader = SimulatedReader(lambda: scene.now)
    Senses(Hardware(scene.lock, {"outside": (Side.OUTSIDE, reader)}, {}), scene.loop, scene.poll, finds_damage)
    reader.present(CARD)
    scene.poll.wait(scene.now)
    scene.wait(0.2)
    entries = [entry for entry in scene.books.written if entry.kind in {Kind.LIST_FAILED, Kind.DENIED}]
    reader.close()
    assert [(entry.kind, entry.at.mono) for entry in entries] == [(Kind.LIST_FAILED, 5), (Kind.DENIED, 5)]


def test_closing_lets_go_of_everything(devices: Devices) -> None:
    devices.hardware.close()
    held = (devices.reader, devices.inner, devices.leaf, devices.button, devices.next_door, devices.siren)
    assert all(device.closed for device in (*held, devices.scene.lock))
