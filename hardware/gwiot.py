"""Gwiot 7941E (125 kHz and 13.56 MHz, 9600 8N1): `02 len type data bcc 03`, binary.

`len` counts the whole frame; `bcc` is the XOR of everything from `len` to the data's last byte. Type 02 is an EM4100
tag (5 bytes, the same number that an RDM6300 reads); every other tag is known by its type and data together, so that
two kinds of tag with one number stay two cards. A tag's number has 4 to 10 bytes, which keeps the module's own
keyboard (type FF) and sector data (type 51) from being taken for a card.

Any byte may be 02, so after a bad frame the search goes on right behind its first byte: a whole frame is found
again however much of another stood before it.
"""

from functools import reduce
from operator import xor

from hardware.frames import Format
from kiosk.rules.credentials import Card

_STX, _ETX = 0x02, 0x03
_EM4100 = 0x02
_NO_TAG = frozenset({0x51, 0xFF})
_SHORTEST, _LONGEST = 9, 15


def encode(kind: int, data: bytes) -> bytes:
    """The frame for a tag of this type."""
    inner = bytes([len(data) + 5, kind]) + data
    return bytes([_STX]) + inner + bytes([reduce(xor, inner), _ETX])


class Frames:
    def __init__(self) -> None:
        self._held = bytearray()
        self._garbage = False  # one run of bytes that are no frame counts once

    @property
    def begun(self) -> bool:
        return bool(self._held)

    def feed(self, data: bytes) -> tuple[list[Card], int]:
        cards: list[Card] = []
        bad = 0
        for byte in data:
            self._held.append(byte)
            while self._held and (whole := _whole(self._held)) is not None:
                if whole:
                    cards.append(_card(bytes(self._held)))
                    self._held.clear()
                    self._garbage = False
                else:
                    bad += not self._garbage
                    self._garbage = True
                    del self._held[0]
        return cards, bad


FORMAT = Format(lambda _: Frames)


def _whole(held: bytearray) -> bool | None:
    """True: a frame. False: no frame starts here. None: not to be told yet."""
    if held[0] != _STX:
        return False
    if len(held) < 2:
        return None
    size = held[1]
    if not _SHORTEST <= size <= _LONGEST:
        return False
    if len(held) < size:
        return None
    return held[-1] == _ETX and reduce(xor, held[1:-1]) == 0 and _is_tag(held[2], size - 5)


def _is_tag(kind: int, size: int) -> bool:
    return size == 5 if kind == _EM4100 else kind not in _NO_TAG


def _card(frame: bytes) -> Card:
    kind, number = frame[2], frame[3:-2]
    return Card("em4100", number) if kind == _EM4100 else Card("gwiot", bytes([kind]) + number)
