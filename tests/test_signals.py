"""SIGTERM and SIGINT are something to read, and everybody's own handling comes back afterwards."""

import os
import signal
from collections.abc import Iterator

import pytest

from kiosk.signals import StopSignals


@pytest.fixture
def signals() -> Iterator[StopSignals]:
    signals = StopSignals()
    yield signals
    signals.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_heard_by_its_name(signals: StopSignals, number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    assert signals.heard() == number.name


def test_signals_that_came_together_are_heard_together(signals: StopSignals) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    assert signals.heard() == "SIGTERM, SIGINT"


def test_a_storm_of_signals_does_not_block(signals: StopSignals) -> None:
    for _ in range(70_000):
        signal.raise_signal(signal.SIGTERM)
    assert signals.heard().startswith("SIGTERM, ")


def test_the_handling_of_before_comes_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    StopSignals().close()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_it_asks_for_no_time(signals: StopSignals) -> None:
    assert signals.due() is None
