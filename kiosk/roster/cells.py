"""Values as clerks type them into cells, of a spreadsheet or a TOML file: text in, value out, or FormError.

Full-width digits and letters count as their plain forms, except in names and reasons, which stay as they were
written. Times are local to the policy's zone; a time that a clock change leaves out or repeats is refused.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from kiosk.rules.view import Say
from kiosk.tables import FormError

_TIME: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_YES: Final = frozenset({"yes", "true", "1", "y", "是", "√", "有"})
_NO: Final = frozenset({"", "no", "false", "0", "n", "否", "×", "无"})
_MOST_NUMBER: Final = 2**53 - 1


def plain(cell: str) -> str:
    """Without surrounding space, full-width forms as plain ones."""
    return (cell if cell.isascii() else unicodedata.normalize("NFKC", cell)).strip()


def words(cell: str, most: int) -> str:
    """A name, a reason: kept as written, on one line. Raises FormError."""
    text = cell.strip() if cell.isascii() else unicodedata.normalize("NFC", cell).strip()
    if not text.replace("\u3000", " ").isprintable():
        raise FormError(Say("holds a line break or a control character."), Say("Write it on one line, plainly."))
    if len(text) > most:
        raise FormError(Say("is too long."), Say("At most {count} characters.", {"count": most}))
    return text


def number(cell: str, least: int = 0, most: int = _MOST_NUMBER) -> int:
    """A whole number. Raises FormError."""
    digits = plain(cell)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 16 and least <= int(digits) <= most):
        raise FormError(
            Say("is no number that fits here."),
            Say("Write a number from {low} to {high}.", {"low": least, "high": most}),
        )
    return int(digits)


def yes(cell: str) -> bool:
    """Whether the cell says yes; an empty one says no. Raises FormError."""
    word = plain(cell).lower()
    if word not in _YES and word not in _NO:
        raise FormError(Say("is neither yes nor no."), Say("Write yes or no, or leave it empty."))
    return word in _YES


def moment(cell: str, zone: tzinfo, *, ends: bool) -> int:
    """Unix seconds of "2026-03-02 08:00". A day alone begins at midnight; where it `ends`, the whole day counts.

    Raises FormError.
    """
    parts = _TIME.fullmatch(plain(cell))
    if not parts:
        raise FormError(Say("is no date and time."), Say("Write it as 2026-03-02 08:00."))
    year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups()[:6])
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        if parts[7]:
            return int(local.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00{parts[7]}").tzinfo).timestamp())
        if parts[4] is None and ends:
            local += timedelta(days=1)
        _refuse_clock_change(local)
        return int(local.timestamp())
    except (ValueError, OverflowError) as error:
        raise FormError(Say("is a date or time that does not exist."), Say("Look at the calendar.")) from error


def _refuse_clock_change(local: datetime) -> None:
    if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise FormError(Say("is left out: the clocks go forward over it."), Say("Write a time that there is."))
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise FormError(
            Say("comes twice: the clocks go back over it."), Say("Add the offset, as in 2026-10-25 02:30+02:00.")
        )
