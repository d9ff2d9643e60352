"""May somebody pass now? A schedule read at one instant, in the room's local time.

A schedule speaks of the clock on the wall. So in the night when clocks go forward the hour that is skipped opens
nothing, and in the night when they go back the hour that comes twice counts twice. A special day's hours replace its
weekday's wholly: on a day of a kind that the schedule does not name, nothing is open.
An unset clock is the caller's to answer: what is asked here is asked of a true instant.
"""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo

from kiosk.rules.policy import Hours, Schedule


def open_at(schedule: Schedule, special_days: Mapping[date, str], wall_ms: int, zone: tzinfo) -> bool:
    """Whether the schedule is open at `wall_ms` (Unix milliseconds UTC) where `zone` is the local time."""
    local = datetime.fromtimestamp(wall_ms // 1000, zone)
    minute = local.hour * 60 + local.minute
    hours = hours_on(schedule, special_days, local.date())
    return any(span.from_minute <= minute < span.to_minute for span in hours)


def hours_on(schedule: Schedule, special_days: Mapping[date, str], day: date) -> tuple[Hours, ...]:
    """The hours that count on this local day."""
    kind = special_days.get(day)
    if kind is None:
        return schedule.week[day.weekday()]
    return schedule.special.get(kind, ())
