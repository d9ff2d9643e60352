"""The wall clock's standing: how far it is believed, when that changes, what a step is."""

from kiosk.clock import MADE, WallClock
from kiosk.rules.messages import Clock, Moment

WALL = MADE + 10_000_000
HOUR = 3_600_000


class Times:
    """Both clocks of a machine, in ms, and the kernel's word on one of them."""

    def __init__(self, wall: int = WALL) -> None:
        self.wall, self.mono, self.synced = wall, 5000, False

    def wait(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.mono += milliseconds

    def clock(self, newest: int | None = None) -> WallClock:
        return WallClock(
            3,
            newest,
            wall_ns=lambda: self.wall * 1_000_000,
            mono_ns=lambda: self.mono * 1_000_000,
            synced=lambda: self.synced,
        )


def test_a_moment_tells_boot_both_clocks_and_standing() -> None:
    assert Times().clock().moment() == Moment(3, 5000, WALL, Clock.RTC)


def test_a_clock_that_the_kernel_disciplines_is_synced() -> None:
    times = Times()
    times.synced = True
    assert times.clock().standing is Clock.SYNCED


def test_a_clock_before_this_program_was_made_is_unset_and_tells_nothing() -> None:
    assert Times(MADE - 1).clock().moment() == Moment(3, 5000, None, Clock.UNSET)


def test_a_clock_before_this_program_was_made_is_unset_even_if_the_kernel_believes_it() -> None:
    times = Times(MADE - 1)
    times.synced = True
    assert times.clock().standing is Clock.UNSET


def test_a_clock_before_the_newest_record_is_unset() -> None:
    assert Times().clock(newest=WALL + 1).standing is Clock.UNSET


def test_a_clock_at_the_newest_record_is_believed() -> None:
    assert Times().clock(newest=WALL).standing is Clock.RTC


def test_a_synced_clock_is_believed_whatever_the_records_say() -> None:
    times = Times()
    times.synced = True
    assert times.clock(newest=WALL + HOUR).standing is Clock.SYNCED


def test_a_clock_that_lost_its_source_is_held() -> None:
    times = Times()
    times.synced = True
    clock = times.clock()
    times.synced = False
    assert (clock.look(), clock.standing) == (0, Clock.HELD)


def test_nothing_is_told_while_nothing_changes() -> None:
    times = Times()
    clock = times.clock()
    times.wait(60_000)
    assert clock.look() is None


def test_a_change_of_standing_is_told_once() -> None:
    times = Times()
    clock = times.clock()
    times.synced = True
    assert (clock.look(), clock.look()) == (0, None)


def test_a_drift_within_what_is_tolerated_is_no_step() -> None:
    times = Times()
    clock = times.clock()
    times.wall += 2000
    assert clock.look() is None


def test_a_step_ahead_is_told_with_its_length() -> None:
    times = Times()
    clock = times.clock()
    times.wall += HOUR
    assert (clock.look(), clock.standing) == (HOUR, Clock.RTC)


def test_a_step_back_leaves_the_clock_unset() -> None:
    times = Times()
    clock = times.clock()
    times.wall -= HOUR
    assert (clock.look(), clock.standing) == (-HOUR, Clock.UNSET)


def test_a_step_back_is_seen_with_the_next_moment() -> None:
    times = Times()
    clock = times.clock()
    times.wall -= HOUR
    assert (clock.moment().clock, clock.stepped) == (Clock.UNSET, True)


def test_a_step_seen_by_a_moment_is_still_told_by_the_next_look() -> None:
    times = Times()
    clock = times.clock()
    times.wall -= HOUR
    clock.moment()
    assert (clock.look(), clock.stepped) == (-HOUR, False)


def test_a_clock_stepped_back_is_believed_again_once_it_is_past_what_it_told() -> None:
    times = Times()
    clock = times.clock()
    times.wall -= HOUR
    clock.look()
    times.wait(HOUR)
    assert (clock.look(), clock.standing) == (0, Clock.RTC)


def test_a_synced_clock_may_be_stepped_back() -> None:
    times = Times()
    clock = times.clock()
    times.synced = True
    times.wall -= HOUR
    assert (clock.look(), clock.standing) == (-HOUR, Clock.SYNCED)


def test_the_newest_time_told_is_the_present_one() -> None:
    assert Times().clock(newest=WALL - HOUR).newest == WALL


def test_the_newest_time_told_does_not_go_back_with_the_clock() -> None:
    times = Times()
    clock = times.clock()
    times.wall -= HOUR
    assert clock.newest == WALL


def test_an_unset_clock_keeps_the_newest_time_of_before() -> None:
    assert Times(MADE - 1).clock(newest=WALL).newest == WALL
