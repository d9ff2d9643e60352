"""Readers that misbehave (F10): a hang, garbage, noise without end, and another reader that works on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware import drivers, rdm6300
from hardware.far_end import ReaderEnd
from hardware.serial_reader import NOISE_S
from kiosk.ports import Back, Begun, CardRead, Device, Lost, Noise
from kiosk.rules.credentials import Card
from tests.hardware.conftest import PATIENCE_S, Clock, is_readable

TAG = Card("em4100", bytes.fromhex("62E3086CED"))


@pytest.fixture
def end(tmp_path: Path) -> Iterator[ReaderEnd]:
    end = ReaderEnd(tmp_path / "reader", "rdm6300")
    yield end
    end.close()


@pytest.fixture
def reader(end: ReaderEnd, clock: Clock) -> Iterator[Device]:
    reader = drivers.open_reader(f"serial:{end.link}?format=rdm6300", clock)
    yield reader
    reader.close()


def test_a_tag_that_stays_is_one_presentation(end: ReaderEnd, reader: Device, clock: Clock) -> None:
    end.present(TAG)
    assert clock.listen(reader, 1) == [CardRead(TAG)]
    for _ in range(20):
        clock.now += 0.065
        end.present(TAG)
        assert clock.idle(reader, 1) == []


def test_a_tag_that_was_taken_away_is_presented_again(end: ReaderEnd, reader: Device, clock: Clock) -> None:
    for _ in range(3):
        end.present(TAG)
        assert clock.listen(reader, 1) == [CardRead(TAG)]
        clock.now += 0.6


def test_every_frame_counts_where_the_settings_say_so(end: ReaderEnd, clock: Clock) -> None:
    reader = drivers.open_reader(f"serial:{end.link}?format=rdm6300&again_ms=0", clock)
    end.send(rdm6300.encode(TAG.number) * 3)
    assert clock.listen(reader, 3) == [CardRead(TAG)] * 3
    reader.close()


def test_a_reader_that_hangs_in_a_frame_says_no_more_than_that_it_began(
    end: ReaderEnd, reader: Device, clock: Clock
) -> None:
    end.send(rdm6300.encode(TAG.number)[:9])
    assert clock.idle(reader, 1) == [Begun()]


def test_a_whole_frame_has_not_begun(end: ReaderEnd, reader: Device, clock: Clock) -> None:
    end.present(TAG)
    assert clock.listen(reader, 1) == [CardRead(TAG)]


def test_a_frame_that_began_before_the_reader_vanished_does_not_end_after_it(
    end: ReaderEnd, reader: Device, clock: Clock
) -> None:
    frame = rdm6300.encode(TAG.number)
    end.send(frame[:9])
    clock.idle(reader, 1)
    end.unplug()
    clock.listen(reader, 1)
    end.plug()
    assert clock.listen(reader, 1) == [Back()]
    end.send(frame[9:])
    assert clock.listen(reader, 1) == [Noise(1)]


def test_what_a_reader_sent_as_it_vanished_is_never_two_losses(end: ReaderEnd, reader: Device, clock: Clock) -> None:
    end.present(TAG)
    end.unplug()
    heard = clock.listen(reader, 1)
    heard += [] if isinstance(heard[-1], Lost) else clock.listen(reader, 1)
    assert [type(piece) for piece in heard if not isinstance(piece, CardRead)] == [Lost]


def test_a_storm_of_noise_is_said_at_once_and_then_counted(end: ReaderEnd, reader: Device, clock: Clock) -> None:
    bad = b"\x02" + b"0" * 12 + b"\x02"
    end.send(bad)
    assert clock.listen(reader, 2) == [Begun(), Noise(1)]
    began, fileno = clock.now, reader.fileno()
    assert fileno is not None
    for _ in range(50):
        end.send(b"\x02\x03")
        assert is_readable(fileno, PATIENCE_S)
        assert reader.take() == []
    (noise,) = clock.listen(reader, 1)
    assert isinstance(noise, Noise)
    assert noise.count >= 50
    assert clock.now == began + NOISE_S


def test_the_other_reader_works_on(tmp_path: Path, end: ReaderEnd, reader: Device, clock: Clock) -> None:
    other_end = ReaderEnd(tmp_path / "other", "id12")
    other = drivers.open_reader(f"serial:{other_end.link}?format=id12", clock)
    end.send(bytes(range(256)) * 8)
    clock.idle(reader, 1)
    end.unplug()
    other_end.present(TAG)
    assert clock.listen(other, 1) == [CardRead(TAG)]
    other.close()
    other_end.close()
