"""RDM6300 and alike (125 kHz, 9600 8N1): STX, 10 hex digits, XOR as 2 hex digits, ETX.

The reader repeats a tag every ~65 ms for as long as it stays; half a second of silence is a tag that went away.
Published frames: 62E3086CED|08, 67003B51C6|CB, 67003BA86C|98, 67003BA867|93.
"""

from functools import partial

from hardware import em4100
from hardware.frames import Format

_TAIL = b"\x03"


def encode(number: bytes) -> bytes:
    """The frame for an EM4100 number of 5 bytes."""
    return em4100.encode(number, _TAIL)


Frames = partial(em4100.AsciiFrames, _TAIL)
FORMAT = Format(lambda _: Frames, again_ms=500, repeat_ms=65)
