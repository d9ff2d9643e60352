"""What the door asks of hardware: two ports, moving plain values.

Contract for every driver. One thread owns the door and calls all of these; none may block for longer than a write
into a kernel buffer (a driver with a thread of its own hands over through a pipe and gives the pipe's fileno).
Nothing raises for what the world does: a device that is gone says `Lost` once from `take`, tries again by itself
at the times that `due` names, and says `Back` once when it works again (≤ 5 s after it returned). What is "unknown"
looks like `Sense.UNKNOWN`. Opening never touches a level: a lock's first act is a `drive` that the loop asks for.
"""

from typing import Protocol, TypeAlias

from msgspec import Struct

from kiosk.rules.credentials import Card
from kiosk.rules.messages import Sense


class CardRead(Struct, frozen=True):
    """One presentation: drivers fold a reader's repeats of a tag that stays into one."""

    card: Card


class Begun(Struct, frozen=True):
    """A card's frame has begun: the rest of it follows within milliseconds, or never."""


class LevelRead(Struct, frozen=True):
    """An input's settled reading (bounces are the driver's to fold); the first follows opening at once."""

    sense: Sense


class Noise(Struct, frozen=True):
    """Frames that were no card since the last report: bad check, too long, half, garbage."""

    count: int


class Lost(Struct, frozen=True):
    why: str


class Back(Struct, frozen=True):
    pass


Heard: TypeAlias = CardRead | Begun | LevelRead | Noise | Lost | Back


class Device(Protocol):
    """A reader, an input or an output."""

    def fileno(self) -> int | None:
        """A descriptor that is readable when `take` has something; it may change after any call; None while gone."""

    def due(self) -> float | None:
        """The `time.monotonic()` second at which `take` wants to be called though nothing is readable, or None."""

    def take(self) -> list[Heard]:
        """What was heard since the last call, in order. Never blocks, never raises."""

    def close(self) -> None:
        """Let go of it; a lock or siren keeps the level that it has. Safe to call twice."""


class Output(Device, Protocol):
    """A lock or a siren: a device with one level."""

    def drive(self, active: bool) -> None:  # noqa: FBT001 - a level is what it is
        """Take this level; when it returns the command has left this process. Lock: active = released.

        Raises OutputError if it could not be said; the level is then unknown and the caller says it again later.
        """


class OutputError(Exception):
    """One clear sentence: what was asked of which output, and what failed."""
