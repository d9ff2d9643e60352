"""Lines of text: Wiegand-to-serial converters, and QR scanners in serial mode.

    format=line & number=hex|decimal|text & longest=N

A line ends in CR, LF or both. `hex` is an even number of hex digits of either case and gives bytes; `decimal` is
digits and `text` printable ASCII, and both give the characters as they stand, leading zeros included. Each of the
three is a number space of its own ("line-hex", "line-decimal", "line-text"): the same characters mean another card.
A line over `longest` characters (64; for text 1024, since passes are shown as text) is one bad frame, whatever it
goes on with until its end.
"""

import re
from collections.abc import Callable

from hardware.frames import Format
from hardware.url import Url
from kiosk.rules.credentials import Card

_ENDS = b"\r\n"
_SHAPES = {
    "hex": re.compile(rb"(?:[0-9A-Fa-f]{2})+"),
    "decimal": re.compile(rb"[0-9]+"),
    "text": re.compile(rb"[ -~]+"),
}


def encode(text: str) -> bytes:
    """The line for what a card or code says."""
    return text.encode("ascii") + b"\r\n"


class Frames:
    def __init__(self, number: str, longest: int) -> None:
        self._number = number
        self._longest = longest
        self._held = bytearray()

    @property
    def begun(self) -> bool:
        return bool(self._held)

    def feed(self, data: bytes) -> tuple[list[Card], int]:
        cards: list[Card] = []
        bad = 0
        held = self._held
        for byte in data:
            if byte not in _ENDS:
                if len(held) <= self._longest:  # one more than fits tells that it did not
                    held.append(byte)
            elif held:
                card = self._card(bytes(held))
                held.clear()
                if card is None:
                    bad += 1
                else:
                    cards.append(card)
        return cards, bad

    def _card(self, line: bytes) -> Card | None:
        if len(line) > self._longest or not _SHAPES[self._number].fullmatch(line):
            return None
        return Card(f"line-{self._number}", bytes.fromhex(line.decode()) if self._number == "hex" else line)


def _frames(url: Url) -> Callable[[], Frames]:
    number = url.choice("number", _SHAPES.keys())
    longest = url.whole("longest", 1, 4096, 1024 if number == "text" else 64)
    return lambda: Frames(number, longest)


FORMAT = Format(_frames)
