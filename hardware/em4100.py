"""EM4100 tags as ASCII between STX and a tail: the common part of the RDM6300's and the ID-12's frames.

    02  <10 hex digits: 5 bytes>  <2 hex digits: XOR of the 5 bytes>  tail

All 40 bits are the card's number: the shorter forms that are printed on tags alias each other. STX is no hex digit,
so a frame can start at any STX, and an unfinished one ends there.
"""

import re
from functools import reduce
from operator import xor

from kiosk.rules.credentials import Card

TECHNOLOGY = "em4100"
_STX = 0x02
_BODY = re.compile(rb"[0-9A-F]{12}")


def encode(number: bytes, tail: bytes) -> bytes:
    """The frame for 5 bytes of number."""
    return b"\x02%s%02X%s" % (number.hex().upper().encode(), reduce(xor, number), tail)


class AsciiFrames:
    """A parser (`hardware.frames.Frames`) for frames that end in `tail`."""

    def __init__(self, tail: bytes) -> None:
        self._tail = tail
        self._size = 12 + len(tail)
        self._held = bytearray()
        self._inside = False
        self._garbage = False  # what follows a bad frame belongs to it

    @property
    def begun(self) -> bool:
        return self._inside

    def feed(self, data: bytes) -> tuple[list[Card], int]:
        cards: list[Card] = []
        bad = 0
        if not self._inside and len(data) == self._size + 1 and data[0] == _STX:
            card = _card(data[1:], self._tail)  # one whole frame at once, as a fast line gives it
            if card is not None:
                self._garbage = False
                return [card], 0
        for byte in data:
            if byte == _STX:
                bad += self._inside
                self._inside, self._garbage = True, False
                self._held.clear()
            elif self._inside:
                self._held.append(byte)
                if len(self._held) < self._size and byte != self._tail[-1]:
                    continue
                card = _card(bytes(self._held), self._tail)
                if card is not None:
                    cards.append(card)
                else:
                    bad += 1
                    self._garbage = byte != self._tail[-1]
                self._inside = False
            elif not self._garbage:
                bad += 1
                self._garbage = True
        return cards, bad


def _card(held: bytes, tail: bytes) -> Card | None:
    body = held[:12]
    if held[12:] != tail or not _BODY.fullmatch(body):
        return None
    a, b, c, d, e, check = read = bytes.fromhex(body.decode())
    return Card(TECHNOLOGY, read[:5]) if a ^ b ^ c ^ d ^ e == check else None
