"""A schedule at one instant, in local time, through the nights when clocks change.

Published facts used here: Europe/Berlin goes forward on 2026-03-29 01:00 UTC (02:00 becomes 03:00) and back on
2026-10-25 01:00 UTC (03:00 becomes 02:00), directive 2000/84/EC; Asia/Shanghai has been UTC+8 since 1991-09-15.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.rules.policy import Hours, Schedule
from kiosk.rules.schedules import hours_on, open_at

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
NONE: dict[date, str] = {}
NIGHT = Hours(120, 180)  # 02:00 to 03:00
EVERY_NIGHT = Schedule(week=((NIGHT,),) * 7)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def open_minutes(schedule: Schedule, start: str, hours: int, zone: tzinfo) -> int:
    first = ms(start)
    return sum(open_at(schedule, NONE, first + minute * 60_000, zone) for minute in range(hours * 60))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T07:59:59+08:00", False),
        ("2026-11-23T08:00:00+08:00", True),
        ("2026-11-23T17:59:59+08:00", True),
        ("2026-11-23T18:00:00+08:00", False),
        ("2026-11-24T12:00:00+08:00", False),
    ],
)
def test_hours_begin_with_their_first_minute_and_end_before_their_last(at: str, *, expected: bool) -> None:
    monday = Schedule(week=((Hours(480, 1080),), (), (), (), (), (), ()))
    assert open_at(monday, NONE, ms(at), SHANGHAI) is expected


def test_the_last_millisecond_of_the_hours_is_open() -> None:
    assert open_at(EVERY_NIGHT, NONE, ms("2026-11-23T03:00:00+08:00") - 1, SHANGHAI)


def test_a_day_to_24_00_is_open_to_its_end() -> None:
    whole = Schedule(week=((Hours(0, 1440),),) * 7)
    assert open_minutes(whole, "2026-11-23T00:00:00+08:00", 48, SHANGHAI) == 2880


def test_a_night_past_midnight_is_two_entries() -> None:
    friday = Schedule(week=((), (), (), (), (Hours(1320, 1440),), (Hours(0, 60),), ()))
    assert open_minutes(friday, "2026-11-27T12:00:00+08:00", 24, SHANGHAI) == 180


def test_the_night_of_the_skipped_hour_opens_nothing_in_it() -> None:
    assert open_minutes(EVERY_NIGHT, "2026-03-29T00:00:00+01:00", 23, BERLIN) == 0


def test_the_night_of_the_doubled_hour_opens_twice() -> None:
    assert open_minutes(EVERY_NIGHT, "2026-10-25T00:00:00+02:00", 25, BERLIN) == 120


def test_a_day_after_the_clocks_went_forward_still_opens_by_the_clock_on_the_wall() -> None:
    office = Schedule(week=((Hours(480, 1020),),) * 7)
    eight = ms("2026-03-29T06:00:00+00:00")
    assert [open_at(office, NONE, at, BERLIN) for at in (eight - 1, eight)] == [False, True]


@pytest.mark.parametrize("month", range(1, 13))
def test_shanghai_opens_at_the_same_utc_minute_in_every_month(month: int) -> None:
    assert open_at(EVERY_NIGHT, NONE, ms(f"2026-{month:02}-14T18:00:00+00:00"), SHANGHAI)


def test_a_special_day_replaces_its_weekday() -> None:
    schedule = Schedule(week=((Hours(0, 1440),),) * 7, special={"exam": (NIGHT,)})
    assert hours_on(schedule, {date(2026, 11, 23): "exam"}, date(2026, 11, 23)) == (NIGHT,)


def test_a_special_day_of_a_kind_that_the_schedule_does_not_name_is_shut() -> None:
    day = {date(2026, 11, 23): "holiday"}
    assert not open_at(EVERY_NIGHT, day, ms("2026-11-23T02:30:00+08:00"), SHANGHAI)


def test_a_special_day_is_a_local_day() -> None:
    schedule = Schedule(week=((),) * 7, special={"open_day": (Hours(0, 1440),)})
    day = {date(2026, 11, 23): "open_day"}
    edges = ("2026-11-22T15:59:59+00:00", "2026-11-22T16:00:00+00:00", "2026-11-23T15:59:59+00:00")
    assert [open_at(schedule, day, ms(at), SHANGHAI) for at in edges] == [False, True, True]


spans = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[0] < span[1])
shifts = spans.map(lambda span: (Hours(*span),))
weeks = st.lists(shifts, min_size=7, max_size=7).map(tuple)
instants = st.integers(ms("2000-01-01T00:00:00+00:00"), ms("2100-01-01T00:00:00+00:00"))


@settings(max_examples=100, deadline=None)
@given(weeks, instants)
def test_where_no_clock_ever_changes_it_is_plain_arithmetic(week: tuple[tuple[Hours, ...], ...], wall: int) -> None:
    day, minute = divmod(wall // 60_000 + 8 * 60, 1440)
    expected = any(span.from_minute <= minute < span.to_minute for span in week[(day + 3) % 7])  # 1970-01-01: Thursday
    assert open_at(Schedule(week=week), NONE, wall, SHANGHAI) == expected


@settings(max_examples=100, deadline=None)
@given(weeks, instants, st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]))
def test_it_agrees_with_the_zones_own_offset(week: tuple[tuple[Hours, ...], ...], wall: int, name: str) -> None:
    zone = ZoneInfo(name)
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=wall)
    offset = zone.utcoffset(utc.astimezone(zone))
    assert offset is not None
    local = utc.replace(tzinfo=None) + offset
    minute = local.hour * 60 + local.minute
    expected = any(span.from_minute <= minute < span.to_minute for span in week[local.weekday()])
    assert open_at(Schedule(week=week), NONE, wall, zone) == expected
