"""Orders: lockdown, evacuation, maintenance, resets; those that cannot be carried out are refused with why."""

import pytest
from msgspec.structs import replace

from kiosk.rules.messages import Append, ClockChanged, Kind, Order, Release, Secure
from tests.rules.school import DIRECTOR, EIGHT, HOUR, PERMIT, VICE, WORKER, Story, school


def test_a_lockdown_is_durable_and_says_who_and_why() -> None:
    story = Story().order(Order.LOCKDOWN)
    assert story.commands == [Append(story.now, Kind.LOCKDOWN, {"by": "王大明", "reason": "演练"}, urgent=True)]


def test_a_lockdown_admits_nobody() -> None:
    assert Story().order(Order.LOCKDOWN).tap(DIRECTOR).reasons == ["lockdown"]


def test_a_lockdown_admits_the_roles_that_the_policy_names() -> None:
    assert Story(school(lockdown_admits=("vice_principal",))).order(Order.LOCKDOWN).tap(VICE).released


def test_a_lockdown_locks_before_the_disk_is_asked() -> None:
    assert Story().tap(DIRECTOR).order(Order.LOCKDOWN).commands[0] == Secure("lockdown")


def test_whoever_was_let_in_as_a_lockdown_came_has_not_gone_in() -> None:
    assert Kind.NOT_TAKEN in Story().tap(DIRECTOR).order(Order.LOCKDOWN).wait(1).kinds


def test_a_lockdown_ends_by_order() -> None:
    assert Story().order(Order.LOCKDOWN).order(Order.LOCKDOWN_END).tap(DIRECTOR).released


def test_an_evacuation_releases_before_the_disk_is_asked_and_without_an_end() -> None:
    story = Story().order(Order.EVACUATION)
    assert (story.commands[0], story.kinds[0]) == (Release("evacuation", None), Kind.EVACUATION)


def test_an_evacuation_stays_until_its_end_is_ordered() -> None:
    story = Story().order(Order.EVACUATION).press().open().close().wait(3600)
    assert story.released
    assert not story.order(Order.EVACUATION_END).released


def test_an_evacuation_does_not_end_a_fire() -> None:
    assert Story().order(Order.EVACUATION).fire().order(Order.EVACUATION_END).released


def test_a_fire_reset_does_not_end_an_evacuation() -> None:
    story = Story().order(Order.EVACUATION).fire().fire(on=False)
    assert story.order(Order.FIRE_RESET).released


def test_who_is_inside_stays_on_the_list_in_an_evacuation() -> None:
    assert Story().walk_in(DIRECTOR).walk_in(VICE).order(Order.EVACUATION).open().inside == {"王大明", "李小芳"}


@pytest.mark.parametrize("order", [Order.FIRE_RESET, Order.EVACUATION_END, Order.LOCKDOWN_END, Order.MAINTENANCE_END])
def test_what_has_not_begun_cannot_be_ended(order: Order) -> None:
    assert Story().order(order).said(Kind.ORDER_REFUSED) == {
        "order": order,
        "by": "王大明",
        "why": "there is nothing to end",
    }


def test_a_reset_without_a_fire_does_not_lock_out_whoever_is_leaving() -> None:
    assert Story().press().order(Order.FIRE_RESET).released


def test_maintenance_needs_a_permit() -> None:
    assert "work permit" in Story().order(Order.MAINTENANCE).said(Kind.ORDER_REFUSED)["why"]


@pytest.mark.parametrize("window", [(EIGHT + 1, EIGHT + HOUR), (EIGHT - HOUR, EIGHT)])
def test_maintenance_begins_only_in_its_permits_window(window: tuple[int, int]) -> None:
    other = replace(PERMIT, not_before=window[0], not_after=window[1])
    assert Story().order(Order.MAINTENANCE, other).kinds == [Kind.ORDER_REFUSED]


def test_maintenance_needs_a_clock() -> None:
    assert Story(wall_s=None).order(Order.MAINTENANCE, PERMIT).kinds == [Kind.ORDER_REFUSED]


def test_maintenance_is_recorded_with_its_whole_permit() -> None:
    assert Story().order(Order.MAINTENANCE, PERMIT).said(Kind.MAINTENANCE)["permit"] == {
        "id": "W-1",
        "reason": "更换硬盘",
        "approver": "校长",
        "not_before": EIGHT - HOUR,
        "not_after": EIGHT + 4 * HOUR,
        "people": [5],
    }


def test_people_on_the_permit_enter_during_maintenance_and_nobody_else() -> None:
    story = Story().order(Order.MAINTENANCE, PERMIT)
    assert story.tap(WORKER).released
    assert story.wait(6).tap(DIRECTOR).reasons == ["maintenance"]


def test_maintenance_ends_with_its_permit() -> None:
    story = Story().order(Order.MAINTENANCE, PERMIT).wait(4 * HOUR)
    assert (story.said(Kind.MAINTENANCE_END), story.door.memory.permit) == (
        {"by": "", "reason": "the permit ran out"},
        None,
    )


def test_maintenance_ends_with_its_permit_though_the_clock_was_set_forward() -> None:
    story = Story().order(Order.MAINTENANCE, PERMIT)
    story.wall_s = EIGHT + 5 * HOUR
    assert Kind.MAINTENANCE_END in story.happen(ClockChanged(story.now, 5 * HOUR * 1000)).kinds


def test_maintenance_ends_by_order() -> None:
    story = Story().order(Order.MAINTENANCE, PERMIT).order(Order.MAINTENANCE_END)
    assert story.tap(DIRECTOR).released


def test_a_worker_who_stays_past_the_permit_overstays() -> None:
    story = Story().order(Order.MAINTENANCE, PERMIT).walk_in(WORKER).wait(4 * HOUR)
    assert story.said(Kind.OVERSTAYED) == {"name": "周自强", "due": EIGHT + 4 * HOUR}
