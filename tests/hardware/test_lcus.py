import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import drivers, lcus
from hardware.far_end import RelayEnd
from kiosk.ports import Back, Lost, Output, OutputError
from tests.hardware.conftest import PATIENCE_S, Clock, is_readable


@pytest.fixture
def end(tmp_path: Path) -> Iterator[RelayEnd]:
    end = RelayEnd(tmp_path / "relay")
    yield end
    end.close()


@pytest.fixture
def relay(end: RelayEnd, clock: Clock) -> Iterator[Output]:
    relay = drivers.open_output(f"lcus:{end.link}?channel=1", clock)
    yield relay
    relay.close()


def obeyed(end: RelayEnd) -> bool:
    fileno = end.fileno()
    assert fileno is not None
    assert is_readable(fileno, PATIENCE_S)
    return end.obey()


@pytest.mark.parametrize(
    ("channel", "active", "frame"), [(1, True, "A00101A2"), (1, False, "A00100A1"), (2, True, "A00201A3")]
)
def test_the_published_commands(channel: int, active: bool, frame: str) -> None:  # noqa: FBT001
    assert lcus.encode(channel, active) == bytes.fromhex(frame)


@given(st.lists(st.tuples(st.integers(1, 8), st.booleans())), st.integers(1, 7))
def test_the_far_end_hears_every_command_however_it_is_cut(commands: list[tuple[int, bool]], size: int) -> None:
    stream = b"".join(lcus.encode(*command) for command in commands)
    relay = lcus.Commands()
    heard = [command for at in range(0, len(stream), size) for command in relay.feed(stream[at : at + size])]
    assert heard == commands


def test_the_far_end_finds_a_command_after_garbage() -> None:
    assert lcus.Commands().feed(b"\xa0\xa0\x01" + lcus.encode(1, True)) == [(1, True)]


def test_a_command_with_a_bad_sum_is_none() -> None:
    assert lcus.Commands().feed(bytes.fromhex("A00101A3")) == []


def test_the_relay_takes_its_level(end: RelayEnd, relay: Output) -> None:
    relay.drive(True)
    assert obeyed(end) is True
    relay.drive(False)
    assert obeyed(end) is False


def test_closing_keeps_the_level(end: RelayEnd, relay: Output) -> None:
    relay.drive(True)
    obeyed(end)
    relay.close()
    assert end.obey() is True


def test_what_a_relay_sends_is_nothing(end: RelayEnd, relay: Output, clock: Clock) -> None:
    end.send(b"hello")
    assert clock.idle(relay, 1) == []


def test_another_channel_of_the_board_stays_as_it_is(tmp_path: Path, clock: Clock) -> None:
    end = RelayEnd(tmp_path / "board", channel=2)
    relay = drivers.open_output(f"lcus:{end.link}?channel=1", clock)
    relay.drive(True)
    assert obeyed(end) is False
    relay.close()
    end.close()


def test_an_unplugged_relay_is_an_output_error_in_one_sentence(end: RelayEnd, relay: Output) -> None:
    end.unplug()
    with pytest.raises(OutputError) as raised:
        relay.drive(True)
    assert str(raised.value) == (
        f"Relay 1 could not be switched on: The serial port {end.link} failed: input/output error."
    )


def refuse(_: int, __: bytes) -> int:
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (lambda *_: 0, "it took 0 of 4 bytes"),
        (lambda *_: 3, "it took 3 of 4 bytes"),
        (refuse, "it takes no more"),
    ],
)
def test_a_command_that_did_not_go_out_whole_takes_the_port_down(
    end: RelayEnd, relay: Output, monkeypatch: pytest.MonkeyPatch, write: Callable[..., int], reason: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("hardware.serial_port.os.write", write)
        with pytest.raises(OutputError):
            relay.drive(True)
    assert relay.take() == [Lost(f"The serial port {end.link} failed: {reason}.")]


def test_a_command_that_went_out_though_the_answer_was_lost_can_be_said_again(
    end: RelayEnd, relay: Output, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def write_and_fail(fd: int, data: bytes) -> int:
        write(fd, data)
        assert obeyed(end) is True
        raise OSError(errno.EIO, "lost")

    with monkeypatch.context() as patch:
        patch.setattr("hardware.serial_port.os.write", write_and_fail)
        with pytest.raises(OutputError):
            relay.drive(True)
    assert clock.listen(relay, 2)[1] == Back()
    relay.drive(False)
    assert obeyed(end) is False
