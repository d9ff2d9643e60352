"""The whole simulated doorway with real drivers plugged into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware import drivers
from hardware.twin import Doorway
from hardware.wiring import REPEAT_S, WIRED, Wiring
from kiosk.ports import CardRead, LevelRead
from kiosk.rules.credentials import Card
from kiosk.rules.messages import Input, Sense
from tests.hardware.conftest import PATIENCE_S, Clock, is_readable


@pytest.fixture
def wiring(tmp_path: Path) -> Iterator[Wiring]:
    wiring = Wiring(tmp_path, Doorway(), {"outside": "rdm6300", "inside": "line"})
    yield wiring
    wiring.close()


def test_every_url_is_one_that_a_driver_takes(wiring: Wiring) -> None:
    problems = [drivers.check_reader(wiring.reader_url(name)) for name in wiring.readers]
    problems += [drivers.check_output(wiring.lock_url()), drivers.check_output(wiring.siren_url())]
    problems += [drivers.check_input(wiring.input_url(wire)) for wire in WIRED]
    assert problems == [[]] * 8


def test_a_card_before_a_reader_is_heard(wiring: Wiring, clock: Clock) -> None:
    reader = drivers.open_reader(wiring.reader_url("inside"), clock)
    wiring.readers["inside"].present(Card("line-hex", b"\x04\xa1"))
    assert clock.listen(reader, 1) == [CardRead(Card("line-hex", b"\x04\xa1"))]
    reader.close()


def test_a_lock_that_is_released_lets_a_push_open_and_the_leaf_is_read(wiring: Wiring, clock: Clock) -> None:
    lock = drivers.open_output(wiring.lock_url(), clock)
    leaf = drivers.open_input(Input.DOOR_POSITION, wiring.input_url(Input.DOOR_POSITION), clock)
    leaf.take()
    lock.drive(True)
    assert is_readable(wiring.filenos()[0], PATIENCE_S)
    wiring.step(1.0)
    assert wiring.doorway.push(2.0) is True
    wiring.step(2.0)
    assert clock.listen(leaf, 1) == [LevelRead(Sense.ACTIVE)]
    lock.close()
    leaf.close()


def test_a_siren_sounds(wiring: Wiring, clock: Clock) -> None:
    siren = drivers.open_output(wiring.siren_url(), clock)
    siren.drive(True)
    assert is_readable(wiring.filenos()[1], PATIENCE_S)
    wiring.step(1.0)
    assert wiring.doorway.siren is True
    siren.close()


def test_a_relay_that_lost_its_plug_holds_the_strike(wiring: Wiring) -> None:
    wiring.doorway.energise(True, 1.0)
    wiring.lock.unplug()
    wiring.step(2.0)
    assert wiring.doorway.gives is False


def test_a_door_that_starts_while_the_leaf_stands_open_reads_it_first(wiring: Wiring, clock: Clock) -> None:
    wiring.doorway.force(1.0)
    wiring.step(1.0)
    leaf = drivers.open_input(Input.DOOR_POSITION, wiring.input_url(Input.DOOR_POSITION), clock)
    assert leaf.take() == [LevelRead(Sense.ACTIVE)]
    leaf.close()


def test_every_wire_is_said_again(wiring: Wiring, tmp_path: Path, clock: Clock) -> None:
    wiring.step(1.0)
    leaf = drivers.open_input(Input.DOOR_POSITION, wiring.input_url(Input.DOOR_POSITION) + "?settle_ms=0", clock)
    leaf.take()
    wiring.say(Input.DOOR_POSITION, Sense.ACTIVE)
    assert leaf.take() == [LevelRead(Sense.ACTIVE)]
    wiring.step(1.0 + REPEAT_S)
    assert leaf.take() == [LevelRead(Sense.NORMAL)]
    leaf.close()
