"""Waiting on many descriptors: who is ready is called, in order, and a descriptor that changed is followed."""

import os
from collections.abc import Iterator

import pytest

from kiosk.poll import Poll, Readable


class Pipe:
    """A watched thing with a descriptor that a test fills and replaces."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self.at: float | None = None
        self.there = True

    def fileno(self) -> int | None:
        return self.reading if self.there else None

    def due(self) -> float | None:
        return self.at

    def fill(self) -> None:
        os.write(self.writing, b"x")

    def empty(self) -> None:
        os.read(self.reading, 1)

    def replace(self) -> None:
        """As a driver does that reopens its device: the same number, another pipe."""
        self.close()
        self.reading, self.writing = os.pipe()

    def close(self) -> None:
        os.close(self.reading)
        os.close(self.writing)


@pytest.fixture
def poll() -> Iterator[Poll]:
    poll = Poll(lambda: 100.0)
    yield poll
    poll.close()


@pytest.fixture
def one() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


@pytest.fixture
def other() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_who_is_readable_is_called(poll: Poll, one: Pipe) -> None:
    called: list[str] = []
    poll.watch(one, lambda: called.append("one"))
    one.fill()
    poll.wait(105.0)
    assert called == ["one"]


def test_nobody_is_called_before_the_time_given(poll: Poll, one: Pipe) -> None:
    called: list[str] = []
    poll.watch(one, lambda: called.append("one"))
    poll.wait(100.0)
    assert called == []


def test_of_two_that_are_ready_the_one_watched_first_is_called_first(poll: Poll, one: Pipe, other: Pipe) -> None:
    called: list[str] = []
    poll.watch(one, lambda: called.append("one"))
    poll.watch(other, lambda: called.append("other"))
    other.fill()
    one.fill()
    poll.wait(105.0)
    assert called == ["one", "other"]


def test_who_is_due_is_called_though_nothing_is_readable(poll: Poll, one: Pipe) -> None:
    called: list[str] = []

    def ready() -> None:
        called.append("one")
        one.at = None

    one.at = 99.0
    poll.watch(one, ready)
    poll.wait(105.0)
    assert called == ["one"]


def test_who_is_due_later_is_left_alone(poll: Poll, one: Pipe) -> None:
    called: list[str] = []
    one.at = 101.0
    poll.watch(one, lambda: called.append("one"))
    poll.wait(100.0)
    assert called == []


def test_a_thing_without_a_descriptor_waits_for_its_time_alone(poll: Poll, one: Pipe) -> None:
    called: list[str] = []
    one.there = False
    poll.watch(one, lambda: called.append("one"))
    one.fill()
    poll.wait(100.0)
    assert called == []


def test_a_descriptor_that_appears_in_a_call_is_watched_from_then_on(poll: Poll, one: Pipe) -> None:
    called: list[str] = []

    def ready() -> None:
        called.append("one")
        one.there, one.at = True, None

    one.there, one.at = False, 99.0
    poll.watch(one, ready)
    poll.wait(105.0)
    one.fill()
    poll.wait(105.0)
    assert called == ["one", "one"]


def test_a_descriptor_of_the_same_number_is_another_one_once_it_was_closed(poll: Poll, one: Pipe) -> None:
    called: list[str] = []
    watch = poll.watch(one, lambda: called.append("one"))
    number = one.reading
    one.replace()
    assert one.reading == number
    poll.renew(watch, closed=True)
    one.fill()
    poll.wait(105.0)
    assert called == ["one"]


def test_a_thing_that_lets_go_of_its_descriptor_is_not_called_for_who_gets_it_next(
    poll: Poll, one: Pipe, other: Pipe
) -> None:
    called: list[str] = []
    watch = poll.watch(one, lambda: called.append("one"))
    one.there = False
    poll.renew(watch)
    poll.watch(other, lambda: called.append("other"))
    one.fill()
    other.fill()
    poll.wait(105.0)
    assert called == ["other"]


def test_a_hang_up_is_something_to_hear(poll: Poll, one: Pipe) -> None:
    called: list[str] = []
    poll.watch(one, lambda: called.append("one"))
    os.close(one.writing)
    poll.wait(105.0)
    one.writing = os.open(os.devnull, os.O_WRONLY)
    assert called == ["one"]


def test_a_descriptor_that_stays_the_same_asks_for_no_time() -> None:
    assert (Readable(7).fileno(), Readable.due()) == (7, None)
