"""What a reader's frame format is: bytes in, cards out, with no port, clock or thread anywhere.

A format is always named by the settings. Telling formats apart by their look is how a frame with a bad check turns
into a valid-looking card of another kind, so no parser here accepts more than exactly its own frames.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from hardware.url import Url
from kiosk.rules.credentials import Card


class Frames(Protocol):
    """One reader's stream. Its memory is bounded by one frame."""

    @property
    def begun(self) -> bool:
        """Whether a frame has begun and has not ended yet."""

    def feed(self, data: bytes) -> tuple[list[Card], int]:
        """The cards whose frames ended in `data`, in order, and how many frames were none.

        However a stream is cut into pieces, it gives the same. Bytes between frames count as one bad frame a run.
        """


class Format(Struct, frozen=True):
    """`frames` reads the format's own options from a URL and gives what makes a fresh parser.

    `again_ms`: a tag that was silent for so long counts as presented again; 0: every frame does. `repeat_ms`: how
    often the reader repeats a tag that stays, at most.
    """

    frames: Callable[[Url], Callable[[], Frames]]
    again_ms: int = 0
    repeat_ms: int = 0
