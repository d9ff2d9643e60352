"""How people write in the policy file what TOML has no word for.

Hours are "08:00-18:00", a schedule is mon … sun with its special kinds of day, special days are a kind with its days
and spans of days ("2026-10-01..2026-10-07"), a time zone stands by its name. FORMS is what `kiosk.tables` takes.
"""

from collections.abc import Mapping
from datetime import date, timedelta, tzinfo
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from kiosk.problems import near
from kiosk.rules.policy import Hours, Id, Schedule
from kiosk.rules.view import Say
from kiosk.tables import Form, FormError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_SPAN = 366

_Day = Annotated[tuple[Hours, ...], "one day, ascending"]


class _Week(Struct, frozen=True):
    mon: _Day = ()
    tue: _Day = ()
    wed: _Day = ()
    thu: _Day = ()
    fri: _Day = ()
    sat: _Day = ()
    sun: _Day = ()
    special: dict[Id, _Day] = {}


class _Span(Struct, frozen=True):
    """Local days, both ends counted."""

    first: date
    last: date


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, a path outside the database, a folder of it
        meant = near(name, available_timezones())
        example = meant or "Asia/Shanghai"
        raise FormError(Say("is no time zone."), Say("Write a name like {example}.", {"example": example})) from None


def _hours(text: str) -> Hours:
    start, dash, end = text.partition("-")
    span = [_minute(start), _minute(end)] if dash else [None, None]
    match span:
        case [int(first), int(last)] if first < last:
            return Hours(first, last)
        case [int(), int()]:
            remedy = Say("Past midnight: end at 24:00, and begin the next day at 00:00.")
            raise FormError(Say("does not end after it begins."), remedy)
    raise FormError(Say("is not a span of hours."), Say('Write it as "08:00-18:00".'))


def _minute(text: str) -> int | None:
    hour, colon, minute = text.strip().partition(":")
    if not colon or not all(part.isascii() and part.isdigit() and len(part) == 2 for part in (hour, minute)):
        return None
    whole = int(hour) * 60 + int(minute)
    return whole if int(minute) < 60 and whole <= 1440 else None


def _day(hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    if any(later.from_minute < earlier.to_minute for earlier, later in pairwise(hours)):
        raise FormError(Say("has hours that overlap or are out of order."), Say("Write them from morning to night."))
    return hours


def _schedule(week: _Week) -> Schedule:
    return Schedule(week=tuple(getattr(week, day) for day in DAYS), special=week.special)


def _span(value: object) -> _Span:
    """A TOML date, or "2026-10-01..2026-10-07"."""
    remedy = Say('Write 2026-10-01, or "2026-10-01..2026-10-07".')
    if type(value) is date:  # a date with a time of day is a date to isinstance
        return _Span(value, value)
    try:
        ends = [date.fromisoformat(end.strip()) for end in str(value).split("..", 1)]
    except ValueError:
        raise FormError(Say("is neither a day nor a span of days."), remedy) from None
    first, last = ends[0], ends[-1]
    if not timedelta() <= last - first < timedelta(LONGEST_SPAN):
        raise FormError(Say("is a span that runs backwards, or is longer than a year."), remedy)
    return _Span(first, last)


def _special_days(kinds: Mapping[str, tuple[_Span, ...]]) -> dict[date, str]:
    days: dict[date, str] = {}
    for kind, spans in kinds.items():
        for span in spans:
            for offset in range((span.last - span.first).days + 1):
                day = span.first + timedelta(offset)
                if days.setdefault(day, kind) != kind:
                    wrong = Say("names {day} as {one} and as {two}.", {"day": str(day), "one": days[day], "two": kind})
                    raise FormError(wrong, Say("Keep one of them."))
    return days


FORMS = {
    tzinfo: Form(str, _zone),
    Hours: Form(str, _hours),
    _Day: Form(tuple[Hours, ...], _day, ()),
    Schedule: Form(_Week, _schedule, Schedule(week=((),) * 7)),
    _Span: Form(object, _span),
    dict[date, Id]: Form(dict[Id, tuple[_Span, ...]], _special_days, {}),
}
