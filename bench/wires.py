"""A reader and a relay as two pairs of pseudo-terminals: this side is the world, the other side the door under test.

The clock starts before the frame's last byte is written and stops at the first byte that the relay is sent. Both ends
of each pair stay open here, so that a door that has not opened its end yet, or closes it, is no hang-up.
"""

import os
import select
import time
import tty

from bench.cards import frame

RELEASE = bytes.fromhex("A00101A2")
SECURE = bytes.fromhex("A00100A1")

BYTE_S = 10 / 9600  # a start bit, eight of data, a stop bit


class WrongAnswerError(Exception):
    """The door under test did something else than it should have: what was asked and what came."""


class Wires:
    def __init__(self, *, at_line_speed: bool) -> None:
        """`at_line_speed`: a byte a millisecond, as a reader at 9600 baud sends them; else the frame in one piece."""
        self._at_line_speed = at_line_speed
        self._reader, self._reader_end = _raw_pair()
        self._relay, self._relay_end = _raw_pair()
        self.reader_path = os.ttyname(self._reader_end)
        self.relay_path = os.ttyname(self._relay_end)
        self._heard = select.poll()
        self._heard.register(self._relay, select.POLLIN)

    def present(self, index: int, within_s: float) -> int | None:
        """Hold the n-th card to the reader: ns until the relay is told to release, None if it is told nothing.

        Raises WrongAnswerError if the relay is told anything else.
        """
        data = frame(index)
        within_ms = within_s * 1000
        if self._at_line_speed:
            for byte in data[:-1]:
                os.write(self._reader, bytes([byte]))
                time.sleep(BYTE_S)
            data = data[-1:]
        began = time.perf_counter_ns()
        os.write(self._reader, data)
        if not self._heard.poll(within_ms):
            return None
        took = time.perf_counter_ns() - began
        self._expect(RELEASE)
        return took

    def await_secure(self, within_s: float) -> None:
        """Wait until the relay is told to lock. Raises WrongAnswerError if it is not."""
        if not self._heard.poll(within_s * 1000):
            raise WrongAnswerError(f"The door did not lock again within {within_s} s.")
        self._expect(SECURE)

    def drain(self) -> bytes:
        """What the relay has been told meanwhile, without waiting."""
        told = b""
        while self._heard.poll(0):
            told += os.read(self._relay, 64)
        return told

    def close(self) -> None:
        for end in (self._reader, self._reader_end, self._relay, self._relay_end):
            os.close(end)

    def _expect(self, command: bytes) -> None:
        told = b""
        while len(told) < len(command) and self._heard.poll(100):
            told += os.read(self._relay, len(command) - len(told))
        if told != command:
            raise WrongAnswerError(f"The relay was told {told.hex(' ') or 'nothing'} instead of {command.hex(' ')}.")


def _raw_pair() -> tuple[int, int]:
    world, door = os.openpty()
    tty.setraw(door)
    return world, door
