"""ID-2LA, ID-12LA and ID-20LA in ASCII mode (125 kHz, 9600 8N1): as the RDM6300, with CR LF before ETX.

The reader sends one frame a presentation, so every frame counts.
"""

from functools import partial

from hardware import em4100
from hardware.frames import Format

_TAIL = b"\r\n\x03"


def encode(number: bytes) -> bytes:
    """The frame for an EM4100 number of 5 bytes."""
    return em4100.encode(number, _TAIL)


Frames = partial(em4100.AsciiFrames, _TAIL)
FORMAT = Format(lambda _: Frames)
