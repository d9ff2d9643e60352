"""What the hardware tests share: a clock that stands still, and waiting for a device without sleeping."""

import select
import threading
from collections.abc import Iterator

import pytest

from kiosk.ports import Device, Heard

PATIENCE_S = 30  # how long a kernel or a thread may take before a test counts as failed; never waited for otherwise


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def listen(self, device: Device, count: int) -> list[Heard]:
        """Take until `count` things were heard: as the loop does, but that the clock jumps to what is due."""
        heard: list[Heard] = []
        while len(heard) < count:
            self.wait(device)
            heard += device.take()
        return heard

    def idle(self, device: Device, rounds: int) -> list[Heard]:
        """Take at `rounds` times that the device itself named."""
        heard: list[Heard] = []
        for _ in range(rounds):
            self.wait(device)
            heard += device.take()
        return heard

    def wait(self, device: Device) -> None:
        fileno, due = device.fileno(), device.due()
        if fileno is not None and (is_readable(fileno) or due is None):
            assert is_readable(fileno, PATIENCE_S), "the device was never readable"
        else:
            assert due is not None, "the device is neither readable nor due"
            self.now = max(self.now, due)


def is_readable(fileno: int, timeout: float = 0) -> bool:
    return bool(select.select([fileno], [], [], timeout)[0])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def no_thread_outlives_its_test() -> Iterator[None]:
    """A pump lets go of its port a moment after it was closed: that belongs to the test that closed it."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("serial "):
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
