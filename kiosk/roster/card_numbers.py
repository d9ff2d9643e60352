"""Card numbers as clerks have them: printed on the tag, copied from a spreadsheet, read aloud by a reader.

Only forms that hold every bit the reader will give are taken. A shorter printed form stands for many cards (EM4100's
ten decimal digits leave out 8 of 40 bits: 256 cards share each), so it is refused and never guessed. What an EM4100
tag may be written as:

    62E3086CED, 0x62E3086CED, 62:E3:08:6C:ED    10 hex digits: the 40 bits
    0424715775213                               13 decimal digits: the 40 bits
    3808980205; 008,27885                       printed forms: refused

Ten decimal digits that could be either are refused unless 0x stands before them. Spreadsheets round long numbers
(4.24736E+11) and drop leading zeros: both are seen and said.
"""

import re
from typing import Final

from kiosk.problems import near
from kiosk.rules.credentials import Card, Trust
from kiosk.rules.view import Say
from kiosk.tables import FormError

# What a card of each technology proves, by the drivers' own names for their number spaces.
TECHNOLOGIES: Final = {
    "em4100": Trust.NUMBER,
    "gwiot": Trust.NUMBER,
    "line-hex": Trust.NUMBER,
    "line-decimal": Trust.NUMBER,
    "line-text": Trust.NUMBER,
    "uid": Trust.NUMBER,
    "desfire": Trust.PROVED,
    "pkoc": Trust.PROVED,
}
LONGEST: Final = 64  # bytes of a number
_ROUNDED: Final = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"[\s:\-]")
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
_FULL: Final = Say("Write the 10 hex digits that the reader shows for this card.")


def card(technology: str, written: str) -> Card:
    """The card that this number means. Raises FormError."""
    trust = TECHNOLOGIES.get(technology)
    if trust is None:
        meant = near(technology, TECHNOLOGIES)
        remedy = Say("Did you mean {meant}?", {"meant": meant}) if meant else _one_of()
        raise FormError(Say("{technology} is no kind of card that is known.", {"technology": technology}), remedy)
    if _ROUNDED.fullmatch(written) and (technology != "line-text") and not _HEX.fullmatch(written):
        raise FormError(
            Say("was rounded by a spreadsheet."), Say("Format the column as text and enter the number again.")
        )
    if technology == "em4100":
        return Card(technology, _em4100(written), trust)
    if technology in ("line-text", "line-decimal"):
        return Card(technology, _line(technology, written), trust)
    return Card(technology, _bytes(written), trust)


def _em4100(written: str) -> bytes:
    if written.startswith(("0x", "0X")):
        return _exactly(_bytes(written[2:]))
    if "," in written:
        raise FormError(Say("is a printed short form: 65,536 cards share it."), _FULL)
    digits = _SEPARATORS.sub("", written)
    if not (digits.isascii() and digits.isdigit()):
        return _exactly(_bytes(digits))
    if len(digits) == 13 and int(digits) < 2**40:
        return int(digits).to_bytes(5, "big")
    if len(digits) == 10 and int(digits) >= 2**32:
        return _exactly(_bytes(digits))
    if len(digits) == 10:
        raise FormError(
            Say("is the short form printed on tags, which 256 cards share, or the 10 hex digits of one card."),
            Say("If these are the 10 hex digits that the reader shows, write 0x before them; if not, write those."),
        )
    raise FormError(
        Say("has {count} digits: a short form, or a spreadsheet dropped the leading zeros.", {"count": len(digits)}),
        _FULL,
    )


def _exactly(number: bytes) -> bytes:
    if len(number) != 5:
        wrong = Say("has {count} hex digits, and an EM4100 card has 10.", {"count": 2 * len(number)})
        raise FormError(wrong, _FULL)
    return number


def _bytes(written: str) -> bytes:
    digits = _SEPARATORS.sub("", written.removeprefix("0x"))
    if not _HEX.fullmatch(digits) or len(digits) % 2 or len(digits) > 2 * LONGEST:
        raise FormError(
            Say("is no card number."), Say("Write an even number of hex digits (0 to 9, A to F), as the reader shows.")
        )
    return bytes.fromhex(digits)


def _line(technology: str, written: str) -> bytes:
    if not written.isascii() or not written.isprintable() or len(written) > LONGEST:
        raise FormError(Say("is no card number."), Say("Write the characters that the reader sends, at most 64."))
    if technology == "line-decimal" and not written.isdigit():
        raise FormError(Say("is no card number."), Say("Write the digits that the reader sends, leading zeros too."))
    return written.encode()


def _one_of() -> Say:
    return Say("Write one of: {choices}.", {"choices": ", ".join(TECHNOLOGIES)})
