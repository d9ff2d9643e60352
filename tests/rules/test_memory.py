"""What outlives the power, kind of record by kind of record."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from kiosk.rules.memory import Memory, Use, Visit, local_day, remember, unclaimed
from kiosk.rules.messages import Kind, Order
from tests.rules.school import DAY, EIGHT, PERMIT, TAIAN, Story, approval

GRANT = Story().enter(approval()).said(Kind.GRANTED)
CUSTODIAN = {**GRANT, "person": 1, "name": "王大明", "grounds": "custodian", "approval": None, "due": None}
PARTY = Visit("v", "aV-1", "张文 陈思", None, "V-1", 2, since=EIGHT, due=GRANT["due"])
TODAY = 739_691


def fold(memory: Memory, kind: Kind, visit: str | None = None, now_s: int | None = EIGHT, **facts: Any) -> Memory:
    return remember(memory, kind, facts, visit, now_s, TODAY)


def granted(memory: Memory | None = None, visit: str = "v", **facts: Any) -> Memory:
    return fold(memory or Memory(), Kind.GRANTED, visit, **{**GRANT, **facts})


def test_a_grant_is_a_party_that_has_not_gone_in_yet_and_uses_an_opening() -> None:
    assert granted() == Memory(granted={"v": PARTY}, used={"V-1": Use(1, GRANT["due"])})


def test_a_custodians_grant_uses_no_opening() -> None:
    assert fold(Memory(), Kind.GRANTED, "v", **CUSTODIAN).used == {}


def test_each_grant_uses_one_opening_more() -> None:
    assert granted(granted(), "w").used["V-1"].openings == 2


def test_a_right_code_ends_the_count_of_wrong_ones() -> None:
    after = granted(Memory(wrong_codes=3, lockouts=2))
    assert (after.wrong_codes, after.lockouts) == (0, 0)


def test_a_card_does_not_end_the_count_of_wrong_codes() -> None:
    after = granted(Memory(wrong_codes=3, lockouts=2), how="card")
    assert (after.wrong_codes, after.lockouts) == (3, 2)


def test_a_release_is_remembered_for_its_visit_once() -> None:
    released = fold(granted(), Kind.RELEASED, "v")
    assert fold(released, Kind.RELEASED, "v") == replace(granted(), acted=("v",))


def test_a_release_without_a_visit_is_nothing_to_remember() -> None:
    assert fold(granted(), Kind.RELEASED) == granted()


def test_a_party_that_has_gone_in_is_inside_from_then_on() -> None:
    taken = fold(fold(granted(), Kind.RELEASED, "v"), Kind.TAKEN, "v", EIGHT + 3)
    assert (taken.inside, taken.granted, taken.acted) == ({"aV-1": replace(PARTY, since=EIGHT + 3)}, {}, ())


def test_a_custodian_who_has_gone_in_was_first_in_today() -> None:
    assert fold(fold(Memory(), Kind.GRANTED, "v", **CUSTODIAN), Kind.TAKEN, "v").first_in == TODAY


def test_a_visitor_who_has_gone_in_was_not() -> None:
    assert fold(granted(), Kind.TAKEN, "v").first_in is None


def test_an_opening_that_was_not_taken_is_given_back() -> None:
    assert fold(granted(), Kind.NOT_TAKEN, "v").used["V-1"].openings == 0


def test_an_opening_that_may_have_been_taken_is_not_given_back() -> None:
    assert fold(granted(), Kind.NOT_CARRIED_OUT, "v").used["V-1"].openings == 1


@pytest.mark.parametrize("kind", [Kind.TAKEN, Kind.NOT_TAKEN, Kind.NOT_CARRIED_OUT])
def test_a_closed_grant_is_closed_once(kind: Kind) -> None:
    closed = fold(granted(), kind, "v")
    assert fold(closed, kind, "v") == closed


def test_unclaimed_is_as_if_it_had_not_been_granted() -> None:
    before = granted(visit="w", approval="V-9")
    assert unclaimed(granted(before), "aV-1") == replace(before, used={**before.used, "V-1": Use(0, GRANT["due"])})


def test_who_has_left_is_no_longer_inside() -> None:
    assert fold(Memory(inside={"aV-1": PARTY}), Kind.LEFT, "v").inside == {}


def test_another_visit_that_ended_leaves_who_is_inside() -> None:
    memory = Memory(inside={"aV-1": PARTY})
    assert fold(memory, Kind.LEFT, "w") == memory


def test_who_overstays_is_marked() -> None:
    assert fold(Memory(inside={"aV-1": PARTY}), Kind.OVERSTAYED, "v").inside == {
        "aV-1": replace(PARTY, overstayed=True)
    }


def test_a_wrong_code_is_counted() -> None:
    assert fold(Memory(wrong_codes=1), Kind.DENIED, reasons=["wrong_code"]).wrong_codes == 2


def test_another_denial_is_not() -> None:
    assert fold(Memory(wrong_codes=1), Kind.DENIED, reasons=["expired"]).wrong_codes == 1


def test_a_lock_out_is_remembered_with_its_length_and_grows() -> None:
    after = fold(Memory(wrong_codes=5, lockouts=1), Kind.CODE_LOCKOUT, tries=5, seconds=300)
    assert (after.wrong_codes, after.lockouts, after.lockout_s) == (0, 2, 300)


def test_a_lock_out_that_ran_out_still_grows() -> None:
    after = fold(Memory(lockouts=2, lockout_s=300), Kind.CODE_LOCKOUT_END, by="", reason="")
    assert (after.lockouts, after.lockout_s) == (2, 0)


def test_a_lock_out_that_a_person_ended_does_not() -> None:
    after = fold(Memory(lockouts=2, lockout_s=300), Kind.CODE_LOCKOUT_END, by="王大明", reason="")
    assert (after.lockouts, after.lockout_s) == (0, 0)


USED = Memory(used={"V-1": Use(1, EIGHT)})


def test_a_used_approval_is_forgotten_once_a_list_was_made_a_day_after_its_window() -> None:
    assert fold(USED, Kind.LIST, version=2, made_at=EIGHT + DAY, credentials=5).used == {}


def test_a_used_approval_is_not_forgotten_before() -> None:
    assert fold(USED, Kind.LIST, version=2, made_at=EIGHT + DAY - 1, credentials=5) is USED


def test_a_clock_that_jumps_ahead_makes_no_used_approval_new() -> None:
    assert fold(USED, Kind.STARTED, now_s=EIGHT + 400 * DAY, absent=[]) is USED


@pytest.mark.parametrize(
    ("on", "off", "name"),
    [
        (Kind.FIRE, Kind.FIRE_RESET, "fire"),
        (Kind.EVACUATION, Kind.EVACUATION_END, "evacuation"),
        (Kind.LOCKDOWN, Kind.LOCKDOWN_END, "lockdown"),
    ],
)
def test_a_mode_lasts_from_its_record_to_the_record_of_its_end(on: Kind, off: Kind, name: str) -> None:
    begun = fold(Memory(), on)
    assert (begun, fold(begun, off)) == (msgspec.convert({name: True}, Memory), Memory())


def test_a_fire_that_is_clear_is_not_over() -> None:
    assert fold(Memory(fire=True), Kind.FIRE_CLEAR).fire


def test_a_permit_comes_back_whole_and_ends() -> None:
    facts = Story().order(Order.MAINTENANCE, PERMIT).said(Kind.MAINTENANCE)
    begun = fold(Memory(), Kind.MAINTENANCE, **facts)
    assert (begun.permit, fold(begun, Kind.MAINTENANCE_END).permit) == (PERMIT, None)


@pytest.mark.parametrize(
    "kind", [Kind.FORCED, Kind.HELD, Kind.EXIT, Kind.STOPPED, Kind.PHOTO, Kind.DEVICE_LOST, Kind.CLOCK, Kind.WAITING]
)
def test_what_leaves_no_trace_gives_the_same_memory(kind: Kind) -> None:
    memory = granted()
    assert fold(memory, kind) is memory


def test_a_local_day_begins_at_local_midnight() -> None:
    midnight = (EIGHT - 8 * 3600) * 1000
    assert (local_day(midnight - 1, TAIAN), local_day(midnight, TAIAN)) == (TODAY - 1, TODAY)


def test_an_unset_clock_has_no_day() -> None:
    assert local_day(None, TAIAN) is None
