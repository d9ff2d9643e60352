"""One suite over every driver: the simulated device in this process, and the real driver on a pty or a socket.

A rig is a driver with the hands that play its far end. Times are the test's own: nothing here waits for a clock.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, socket
from typing import TypeVar

import pytest

from hardware import drivers
from hardware.far_end import ReaderEnd, RelayEnd
from hardware.lcus import Commands
from hardware.simulated import SimulatedInput, SimulatedOutput, SimulatedReader
from kiosk.ports import Back, CardRead, Device, LevelRead, Lost, Noise, Output, OutputError
from kiosk.rules.credentials import Card
from kiosk.rules.messages import Input, Sense
from tests.hardware.conftest import PATIENCE_S, Clock, is_readable

A, B = Card("em4100", b"AAAAA"), Card("em4100", b"BBBBB")


@dataclass(frozen=True)
class Rig:
    device: Device
    lose: Callable[[], None]
    come_back: Callable[[], None]
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, kw_only=True)
class ReaderRig(Rig):
    present: Callable[[Card], None]
    disturb: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class InputRig(Rig):
    turn: Callable[[Sense], None]


@dataclass(frozen=True, kw_only=True)
class OutputRig(Rig):
    device: Output
    heard: Callable[[int], list[bool]]  # waits until the far end was told so many levels


R = TypeVar("R", bound=Rig)


# ---------------------------------------------------------------- rigs


def twin_reader(_: Path, clock: Clock) -> ReaderRig:
    twin = SimulatedReader(clock)
    return ReaderRig(twin, twin.lose, twin.come_back, present=twin.present, disturb=twin.disturb)


def pty_reader(frame_format: str) -> Callable[[Path, Clock], ReaderRig]:
    def make(folder: Path, clock: Clock) -> ReaderRig:
        end = ReaderEnd(folder / "reader", frame_format)
        device = drivers.open_reader(f"serial:{end.link}?format={frame_format}", clock)
        return ReaderRig(
            device, end.unplug, end.plug, end.close, present=end.present, disturb=lambda: end.send(b"\x00\xfe")
        )

    return make


def socket_reader(folder: Path, clock: Clock) -> ReaderRig:
    path = folder / "cables" / "reader.sock"
    path.parent.mkdir()
    device = drivers.open_reader(f"simulated:{path}", clock)

    return ReaderRig(
        device,
        stay,
        stay,
        present=lambda card: say(path, f"{card.technology}:{card.number.hex()}"),
        disturb=lambda: say(path, "what?"),
    )


def twin_input(_: Path, clock: Clock) -> InputRig:
    twin = SimulatedInput(clock)
    return InputRig(twin, twin.lose, twin.come_back, turn=twin.turn)


def socket_input(folder: Path, clock: Clock) -> InputRig:
    path = folder / "cables" / "door.sock"
    path.parent.mkdir()
    device = drivers.open_input(Input.DOOR_POSITION, f"simulated:{path}", clock)

    return InputRig(device, stay, stay, turn=lambda sense: say(path, sense))


def absent_twin_input(_: Path, clock: Clock) -> InputRig:
    twin = SimulatedInput(clock)
    twin.take()
    twin.lose()
    return InputRig(twin, twin.lose, twin.come_back, turn=twin.turn)


def absent_socket_input(folder: Path, clock: Clock) -> InputRig:
    path = folder / "cables" / "door.sock"
    device = drivers.open_input(Input.DOOR_POSITION, f"simulated:{path}", clock)
    return InputRig(device, lambda: None, path.parent.mkdir, turn=lambda sense: say(path, sense))


def twin_output(_: Path, clock: Clock) -> OutputRig:
    twin = SimulatedOutput(clock)

    def heard(count: int) -> list[bool]:
        levels = [asked for asked in twin.history if isinstance(asked, bool)]
        assert len(levels) >= count
        return levels

    return OutputRig(device=twin, lose=twin.lose, come_back=twin.come_back, heard=heard)


def pty_output(folder: Path, clock: Clock) -> OutputRig:
    end = RelayEnd(folder / "relay")
    levels: list[bool] = []

    def heard(count: int) -> list[bool]:
        commands = Commands()
        while len(levels) < count:
            fileno = end.fileno()
            assert fileno is not None
            assert is_readable(fileno, PATIENCE_S)
            levels.extend(active for _, active in commands.feed(end.receive()))
        return levels

    device = drivers.open_output(f"lcus:{end.link}?channel=1", clock)
    return OutputRig(device=device, lose=end.unplug, come_back=end.plug, close=end.close, heard=heard)


def socket_output(folder: Path, clock: Clock) -> OutputRig:
    path = folder / "lock.sock"
    ears: list[socket] = []
    levels: list[bool] = []

    def bind() -> None:
        ears.append(socket(AF_UNIX, SOCK_DGRAM))
        ears[-1].settimeout(PATIENCE_S)
        ears[-1].bind(str(path))

    def vanish() -> None:
        ears[-1].close()
        path.unlink()
        with suppress(OutputError):  # it is noticed when it is next driven
            device.drive(False)

    def heard(count: int) -> list[bool]:
        while len(levels) < count:
            levels.append(ears[-1].recv(16) == b"active")
        return levels

    def close() -> None:
        for ear in ears:
            ear.close()

    bind()
    device = drivers.open_output(f"simulated:{path}", clock)
    return OutputRig(device=device, lose=vanish, come_back=bind, close=close, heard=heard)


def stay() -> None:
    """A socket that is bound does not go away."""


def say(path: Path, text: str) -> None:
    with socket(AF_UNIX, SOCK_DGRAM) as tongue:
        tongue.sendto(text.encode(), str(path))


READERS = {
    "twin": twin_reader,
    "rdm6300": pty_reader("rdm6300"),
    "id12": pty_reader("id12"),
    "gwiot": pty_reader("gwiot"),
}
INPUTS = {"twin": twin_input, "socket": socket_input}
ABSENT_INPUTS = {"twin": absent_twin_input, "socket": absent_socket_input}
OUTPUTS = {"twin": twin_output, "lcus": pty_output, "socket": socket_output}


@pytest.fixture(params=[*READERS.values(), socket_reader], ids=[*READERS, "socket"])
def reader(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[ReaderRig]:
    yield from rigged(request.param(tmp_path, clock))


@pytest.fixture(params=list(READERS.values()), ids=list(READERS))
def losable_reader(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[ReaderRig]:
    yield from rigged(request.param(tmp_path, clock))


@pytest.fixture(params=list(INPUTS.values()), ids=list(INPUTS))
def wire(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[InputRig]:
    yield from rigged(request.param(tmp_path, clock))


@pytest.fixture(params=list(ABSENT_INPUTS.values()), ids=list(ABSENT_INPUTS))
def absent_wire(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[InputRig]:
    yield from rigged(request.param(tmp_path, clock))


@pytest.fixture(params=list(OUTPUTS.values()), ids=list(OUTPUTS))
def output(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[OutputRig]:
    yield from rigged(request.param(tmp_path, clock))


@pytest.fixture(params=[*READERS.values(), *OUTPUTS.values()], ids=[*READERS, *OUTPUTS])
def any_rig(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Rig]:
    yield from rigged(request.param(tmp_path, clock))


def rigged(rig: R) -> Iterator[R]:
    yield rig
    rig.device.close()
    rig.close()


def lost_once(rig: Rig, clock: Clock) -> None:
    rig.lose()
    (lost,) = clock.listen(rig.device, 1)
    assert isinstance(lost, Lost)


# ---------------------------------------------------------------- every device


def test_nothing_is_heard_of_a_device_that_works(any_rig: Rig) -> None:
    assert any_rig.device.take() == []


def test_a_lost_device_says_so_once_however_often_it_tries_again(any_rig: Rig, clock: Clock) -> None:
    lost_once(any_rig, clock)
    assert clock.idle(any_rig.device, 6) == []


def test_a_lost_device_has_no_descriptor(any_rig: Rig, clock: Clock) -> None:
    lost_once(any_rig, clock)
    assert any_rig.device.fileno() is None


def test_a_lost_device_tries_again_within_five_seconds(any_rig: Rig, clock: Clock) -> None:
    lost_once(any_rig, clock)
    due = any_rig.device.due()
    assert due is not None
    assert due - clock.now <= 5


def test_a_device_that_returned_says_back_once(any_rig: Rig, clock: Clock) -> None:
    lost_once(any_rig, clock)
    any_rig.come_back()
    assert clock.listen(any_rig.device, 1) == [Back()]
    assert any_rig.device.take() == []


def test_a_device_that_returned_was_back_within_five_seconds(any_rig: Rig, clock: Clock) -> None:
    lost_once(any_rig, clock)
    any_rig.come_back()
    returned = clock.now
    clock.listen(any_rig.device, 1)
    assert clock.now - returned <= 5


def test_every_loss_is_said(any_rig: Rig, clock: Clock) -> None:
    for _ in range(3):
        lost_once(any_rig, clock)
        any_rig.come_back()
        assert clock.listen(any_rig.device, 1) == [Back()]


def test_the_descriptor_is_valid_until_it_is_closed(any_rig: Rig) -> None:
    fileno = any_rig.device.fileno()
    assert fileno is not None
    assert not is_readable(fileno)


def test_a_closed_device_has_nothing_to_say(any_rig: Rig) -> None:
    any_rig.device.close()
    assert (any_rig.device.fileno(), any_rig.device.due(), any_rig.device.take()) == (None, None, [])


def test_a_device_may_be_closed_twice(any_rig: Rig) -> None:
    any_rig.device.close()
    any_rig.device.close()


def test_a_device_may_be_closed_while_it_is_lost(any_rig: Rig, clock: Clock) -> None:
    lost_once(any_rig, clock)
    any_rig.device.close()
    assert (any_rig.device.fileno(), any_rig.device.due()) == (None, None)


# ---------------------------------------------------------------- readers


def test_cards_are_heard_in_the_order_in_which_they_came(reader: ReaderRig, clock: Clock) -> None:
    for card in (A, B, A):
        reader.present(card)
        assert clock.listen(reader.device, 1) == [CardRead(card)]
        clock.now += 1


def test_noise_is_reported_and_is_no_card(reader: ReaderRig, clock: Clock) -> None:
    reader.disturb()
    assert clock.listen(reader.device, 1) == [Noise(1)]


def test_a_card_after_noise_is_heard(reader: ReaderRig, clock: Clock) -> None:
    reader.disturb()
    clock.listen(reader.device, 1)
    reader.present(A)
    assert clock.listen(reader.device, 1) == [CardRead(A)]


def test_a_card_shown_to_a_reader_that_was_gone_is_not_heard_later(losable_reader: ReaderRig, clock: Clock) -> None:
    lost_once(losable_reader, clock)
    losable_reader.present(A)
    losable_reader.come_back()
    assert CardRead(A) not in clock.listen(losable_reader.device, 1)


def test_a_reader_that_returned_reads(losable_reader: ReaderRig, clock: Clock) -> None:
    lost_once(losable_reader, clock)
    losable_reader.come_back()
    clock.listen(losable_reader.device, 1)
    losable_reader.present(A)
    assert clock.listen(losable_reader.device, 1) == [CardRead(A)]


# ---------------------------------------------------------------- inputs


def test_an_input_reads_as_soon_as_it_is_open(wire: InputRig) -> None:
    assert wire.device.take() == [LevelRead(Sense.NORMAL)]


def test_levels_are_heard_in_the_order_in_which_they_came(wire: InputRig, clock: Clock) -> None:
    wire.device.take()
    for sense in (Sense.ACTIVE, Sense.CUT, Sense.SHORT, Sense.UNKNOWN, Sense.NORMAL):
        wire.turn(sense)
        assert clock.listen(wire.device, 1) == [LevelRead(sense)]


def test_a_level_that_is_said_again_is_no_news(wire: InputRig, clock: Clock) -> None:
    wire.turn(Sense.NORMAL)
    wire.turn(Sense.ACTIVE)
    assert clock.listen(wire.device, 2) == [LevelRead(Sense.NORMAL), LevelRead(Sense.ACTIVE)]


def test_an_absent_input_is_lost_once(absent_wire: InputRig, clock: Clock) -> None:
    (lost,) = clock.idle(absent_wire.device, 5)
    assert isinstance(lost, Lost)


def test_an_input_that_returned_reads_at_once(absent_wire: InputRig, clock: Clock) -> None:
    clock.listen(absent_wire.device, 1)
    absent_wire.come_back()
    assert clock.listen(absent_wire.device, 2) == [Back(), LevelRead(Sense.NORMAL)]


# ---------------------------------------------------------------- outputs


def test_opening_says_no_level(output: OutputRig) -> None:
    output.device.drive(False)
    assert output.heard(1) == [False]


def test_an_output_takes_each_level_that_it_is_driven_to(output: OutputRig) -> None:
    for active in (True, True, False, True):
        output.device.drive(active)
    assert output.heard(4) == [True, True, False, True]


def test_an_output_that_is_gone_says_that_it_could_not(output: OutputRig, clock: Clock) -> None:
    lost_once(output, clock)
    with pytest.raises(OutputError):
        output.device.drive(True)


def test_an_output_found_gone_when_driven_is_lost_once(output: OutputRig, clock: Clock) -> None:
    output.lose()
    for _ in range(2):
        with pytest.raises(OutputError):
            output.device.drive(True)
    (lost,) = clock.idle(output.device, 4)
    assert isinstance(lost, Lost)


def test_an_output_that_returned_hears_nothing_until_it_is_driven(output: OutputRig, clock: Clock) -> None:
    output.device.drive(True)
    output.heard(1)
    lost_once(output, clock)
    output.come_back()
    clock.listen(output.device, 1)
    output.device.drive(False)
    assert output.heard(2) == [True, False]


def test_a_closed_output_says_that_it_could_not(output: OutputRig) -> None:
    output.device.close()
    with pytest.raises(OutputError):
        output.device.drive(True)
