"""Contacts that bounce, stick or are cut (F12), and the sockets that stand for them."""

import stat
from collections.abc import Iterator
from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, socket

import pytest

from hardware import drivers
from kiosk.ports import Device, LevelRead, Lost, Noise
from kiosk.rules.messages import Input, Sense
from tests.hardware.conftest import Clock
from tests.hardware.test_contract import say


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "door.sock"


@pytest.fixture
def wire(path: Path, clock: Clock) -> Iterator[Device]:
    wire = drivers.open_input(Input.DOOR_POSITION, f"simulated:{path}", clock)
    wire.take()
    yield wire
    wire.close()


def test_a_contact_that_bounces_is_one_change(path: Path, wire: Device, clock: Clock) -> None:
    for at in range(11):
        say(path, Sense.ACTIVE if at % 2 == 0 else Sense.NORMAL)
        assert wire.take() == []
        clock.now += 0.001
    assert clock.listen(wire, 1) == [LevelRead(Sense.ACTIVE)]


def test_a_bounce_that_falls_back_is_nothing(path: Path, wire: Device, clock: Clock) -> None:
    say(path, Sense.ACTIVE)
    wire.take()
    clock.now += 0.01
    say(path, Sense.NORMAL)
    assert wire.take() == []
    assert clock.idle(wire, 1) == []


def test_a_contact_that_rattles_without_end_is_unknown_once(path: Path, wire: Device, clock: Clock) -> None:
    heard = []
    for at in range(400):
        say(path, Sense.ACTIVE if at % 2 == 0 else Sense.NORMAL)
        heard += wire.take()
        clock.now += 0.01
    assert heard == [LevelRead(Sense.UNKNOWN)]


def test_a_wire_that_is_cut_reads_cut_once(path: Path, wire: Device, clock: Clock) -> None:
    for _ in range(5):
        say(path, Sense.CUT)
    assert clock.listen(wire, 1) == [LevelRead(Sense.CUT)]


@pytest.mark.parametrize("nonsense", ["", "ACTIVE", "active\n", "x" * 1000])
def test_anything_else_is_noise(path: Path, wire: Device, nonsense: str) -> None:
    say(path, nonsense)
    assert wire.take() == [Noise(1)]


def test_an_input_opens_at_the_level_that_is_noted_beside_it(path: Path, clock: Clock) -> None:
    path.with_name("door.sock.level").write_text("active")
    wire = drivers.open_input(Input.DOOR_POSITION, f"simulated:{path}?first=unknown", clock)
    assert wire.take() == [LevelRead(Sense.ACTIVE)]
    wire.close()


def test_an_input_opens_at_the_level_of_its_settings(path: Path, clock: Clock) -> None:
    wire = drivers.open_input(Input.DOOR_POSITION, f"simulated:{path}?first=unknown", clock)
    assert wire.take() == [LevelRead(Sense.UNKNOWN)]
    wire.close()


@pytest.mark.usefixtures("wire")
def test_nobody_else_may_speak_to_a_socket(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_stale_socket_is_taken_over(path: Path, clock: Clock) -> None:
    with socket(AF_UNIX, SOCK_DGRAM) as dead:
        dead.bind(str(path))
    wire = drivers.open_input(Input.DOOR_POSITION, f"simulated:{path}", clock)
    assert wire.take() == [LevelRead(Sense.NORMAL)]
    wire.close()


def test_a_live_socket_is_not_taken_over(path: Path, wire: Device, clock: Clock) -> None:
    second = drivers.open_input(Input.DOOR_POSITION, f"simulated:{path}", clock)
    assert second.take() == [Lost(f"The socket {path} cannot be used: address already in use.")]
    second.close()
    say(path, Sense.ACTIVE)
    assert clock.listen(wire, 1) == [LevelRead(Sense.ACTIVE)]


def test_a_file_in_the_socket_s_place_is_left_alone(path: Path, clock: Clock) -> None:
    path.write_text("mine")
    wire = drivers.open_input(Input.DOOR_POSITION, f"simulated:{path}", clock)
    assert [type(heard) for heard in wire.take()] == [Lost]
    wire.close()
    assert path.read_text() == "mine"


def test_a_closed_input_takes_its_socket_away(path: Path, wire: Device) -> None:
    wire.close()
    assert not path.exists()


def test_a_flood_keeps_nobody_waiting(path: Path, wire: Device) -> None:
    with socket(AF_UNIX, SOCK_DGRAM) as tongue:
        tongue.setblocking(False)
        sent = 0
        try:
            while sent < 1000:
                tongue.sendto(b"?", str(path))
                sent += 1
        except BlockingIOError:
            pass
    assert len(wire.take()) == min(sent, 64)
