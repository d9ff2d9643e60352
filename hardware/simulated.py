"""Simulated devices inside this process: they ship with the product, keep a history and do what they are told.

Each can be lost and come back, an output can fail its next drive, and can carry it out and lose the answer. Between
processes there are `hardware.simulated_socket` (datagrams) and `hardware.far_end` (ptys).
"""

import os

from hardware.drivers import Clock
from hardware.serial_port import RETRY_S
from kiosk.ports import Back, CardRead, Heard, LevelRead, Lost, Noise, OutputError
from kiosk.rules.credentials import Card
from kiosk.rules.messages import Sense


class Twin:
    """A device that does what it is told. `history` holds everything it was asked and told, in order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._heard: list[Heard] = []
        self._retry_at: float | None = None
        self.gone = self.closed = False
        self.history: list[object] = []

    def fileno(self) -> int | None:
        return None if self.closed or (self.gone and not self._heard) else self._bell

    def due(self) -> float | None:
        return None if self.closed else self._retry_at

    def take(self) -> list[Heard]:
        if self.closed:
            return []
        heard, self._heard = self._heard, []
        if heard:
            os.eventfd_read(self._bell)
        self._retry_at = self._clock() + RETRY_S if self.gone else None
        return heard

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self._bell)

    def lose(self, why: str = "The simulated device was unplugged.") -> None:
        if not self.gone:
            self.gone, self._retry_at = True, self._clock()
            self.say(Lost(why))

    def come_back(self) -> None:
        if self.gone:
            self.gone = False
            self.say(Back())

    def say(self, heard: Heard) -> None:
        self.history.append(heard)
        self._heard.append(heard)
        os.eventfd_write(self._bell, 1)


class SimulatedReader(Twin):
    def present(self, card: Card) -> None:
        """A card before a reader that is gone is shown to nobody."""
        if not self.gone:
            self.say(CardRead(card))

    def disturb(self, count: int = 1) -> None:
        if not self.gone:
            self.say(Noise(count))


class SimulatedInput(Twin):
    def __init__(self, clock: Clock, first: Sense = Sense.NORMAL) -> None:
        super().__init__(clock)
        self._sense = first
        self.say(LevelRead(first))

    def turn(self, sense: Sense) -> None:
        if sense != self._sense:
            self._sense = sense
            if not self.gone:
                self.say(LevelRead(sense))

    def come_back(self) -> None:
        if self.gone:
            super().come_back()
            self.say(LevelRead(self._sense))


class SimulatedOutput(Twin):
    """`level` is what the strike has; None until it was first driven."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.level: bool | None = None
        self._fails = False
        self._answer_lost = False

    def fail_next(self) -> None:
        """The next drive does nothing, and says so."""
        self._fails = True

    def lose_next_answer(self) -> None:
        """The next drive works, and says that it did not."""
        self._answer_lost = True

    def drive(self, active: bool) -> None:  # noqa: FBT001 - the port's own shape
        fails, self._fails = self._fails or self.gone or self.closed, False
        answer_lost, self._answer_lost = self._answer_lost, False
        self.history.append(OutputError if fails else active)
        if not fails:
            self.level = active
        if fails or answer_lost:
            raise OutputError(f"The simulated output could not be switched {'on' if active else 'off'}.")
