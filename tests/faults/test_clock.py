"""F13: a clock that stands wrong, or steps: timed rights count only while it is believed, and order never asks it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.rules.access import Reason
from kiosk.rules.messages import Clock, Kind
from kiosk.rules.view import Say
from tests.house import CHIEF, STAFF, House, Process, until

_LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
ALONE = ("-m", "tests.faults.doors")
UNSET = Say("The clock is not set, so timed rights do not count.")
NOW = datetime.now(UTC)

pytestmark = pytest.mark.skipif(_LIBRARY is None, reason="libfaketime is not here (Debian package faketime)")


class Times:
    """What the door's wall clock says; the monotonic one stays as it is."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "faketime"
        self.environment = {
            "DOORWARD_TEST_CLOCK": "alone",
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
            "TZ": "UTC",
        }
        self.set(timedelta())

    def set(self, away: timedelta) -> None:
        new = self._file.with_name("faketime.new")
        new.write_text(f"{away.total_seconds():+.0f}\n")
        new.replace(self._file)


@pytest.fixture
def times(tmp_path: Path) -> Times:
    return Times(tmp_path)


def start(house: House, times: Times) -> Process:
    return house.start(times.environment, ALONE)


def in_order(house: House) -> bool:
    places = [(record.boot, record.mono_ms) for record in house.records]
    return places == sorted(places)


def test_a_clock_that_was_never_synchronised_is_marked_so(house: House, times: Times) -> None:
    start(house, times)
    assert house.recorded(Kind.STARTED).clock is Clock.RTC


def test_a_clock_at_1970_is_unset_and_says_no_time(house: House, times: Times) -> None:
    times.set(datetime(1970, 1, 2, tzinfo=UTC) - NOW)
    start(house, times)
    started = house.recorded(Kind.STARTED)
    assert (started.clock, started.at) == (Clock.UNSET, None)


def test_a_timed_right_is_refused_with_the_reason_while_the_clock_is_unset(house: House, times: Times) -> None:
    times.set(datetime(1970, 1, 2, tzinfo=UTC) - NOW)
    start(house, times)
    house.type(house.code)
    house.recorded(Kind.DENIED, how="code", reasons=[Reason.CLOCK_UNSET])
    house.badge(STAFF)
    house.recorded(Kind.DENIED, how="card", reasons=[Reason.CLOCK_UNSET])
    assert UNSET in house.screen.faults


def test_a_standing_right_needs_no_clock(house: House, times: Times) -> None:
    times.set(datetime(1970, 1, 2, tzinfo=UTC) - NOW)
    start(house, times)
    house.badge(CHIEF)
    house.released()


def test_a_clock_behind_the_doors_own_records_is_unset(house: House, times: Times) -> None:
    start(house, times).stop()
    times.set(timedelta(days=-14))
    start(house, times)
    assert house.recorded(Kind.STARTED, 2).clock is Clock.UNSET
    house.type(house.code)
    house.recorded(Kind.DENIED, reasons=[Reason.CLOCK_UNSET])


def test_records_stay_in_order_whatever_the_clock_says(house: House, times: Times) -> None:
    for away in (timedelta(), timedelta(days=-14), timedelta(days=365)):
        times.set(away)
        start(house, times).stop()
    assert in_order(house)
    assert house.faults() == []


def test_a_jump_ahead_is_recorded_with_its_length(house: House, times: Times) -> None:
    start(house, times)
    times.set(timedelta(hours=1))
    step = house.recorded(Kind.CLOCK).facts["step_ms"]
    assert abs(step - 3_600_000) < 60_000


def test_a_step_back_makes_the_clock_unset_at_once(house: House, times: Times) -> None:
    start(house, times)
    house.recorded(Kind.LIST)
    times.set(timedelta(days=-14))
    house.type(house.code)
    house.recorded(Kind.DENIED, reasons=[Reason.CLOCK_UNSET])
    assert house.recorded(Kind.CLOCK).clock is Clock.UNSET


def test_a_clock_that_is_put_right_again_counts_again(house: House, times: Times) -> None:
    start(house, times)
    times.set(timedelta(days=-14))
    house.recorded(Kind.CLOCK)
    times.set(timedelta(seconds=60))
    house.recorded(Kind.CLOCK, 2)
    house.type(house.code)
    house.recorded(Kind.GRANTED)
    until("the screen is at rest about it", lambda: UNSET not in house.screen.faults)


def test_a_lockout_is_not_shortened_by_a_jump_ahead(house: House, times: Times) -> None:
    start(house, times)
    for _ in range(5):
        house.type("00000000")
    house.recorded(Kind.CODE_LOCKOUT)
    times.set(timedelta(days=30))
    house.recorded(Kind.CLOCK)
    house.type(house.code)
    house.recorded(Kind.DENIED, reasons=[Reason.CODE_LOCKED_OUT])
