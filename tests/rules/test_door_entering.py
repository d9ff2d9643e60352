"""Somebody asks, is answered, perhaps waits for a second person, is recorded, and is let in."""

from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.rules.messages import (
    Append,
    CodeEntered,
    Input,
    Kind,
    ListChanged,
    ListFailed,
    NeighbourChanged,
    Order,
    Release,
    Sense,
    Side,
    Siren,
    StorageBack,
    TakePhoto,
)
from kiosk.rules.policy import (
    AntiPassback,
    AntiPassbackKind,
    Codes,
    Escort,
    FirstIn,
    Interlock,
    Timing,
    TwoPerson,
)
from tests.rules.school import (
    CHIEF,
    DAY,
    DIRECTOR,
    EIGHT,
    HOUR,
    PERMIT,
    TEACHER,
    VICE,
    WORKER,
    Story,
    approval,
    code,
    school,
)


def room(**switches: Any) -> Story:
    return Story(school(**switches))


# ---------------------------------------------------------------- the order of writes


def test_a_custodian_is_recorded_and_then_released() -> None:
    story = Story()
    first, then = story.tap(DIRECTOR).commands[:2]
    assert first == Append(
        story.now,
        Kind.GRANTED,
        {
            "side": "outside",
            "how": "card",
            "person": 1,
            "name": "王大明",
            "grounds": "custodian",
            "approval": None,
            "headcount": 1,
            "approver": "",
            "reason": "",
            "due": None,
            "companions": [],
        },
        "1-0-0",
        urgent=True,
    )
    assert then == Release("granted", 5000)


def test_what_was_done_is_a_record_of_its_own() -> None:
    story = Story().tap(DIRECTOR)
    assert story.records[-1] == Append(story.now, Kind.RELEASED, {"reason": "granted"}, "1-0-0")


def test_a_visitors_register_line_is_complete_before_the_release() -> None:
    body = Story().enter(approval()).said(Kind.GRANTED)
    assert [body[fact] for fact in ("name", "headcount", "approver", "reason", "due", "approval")] == [
        "张文 陈思",
        2,
        "校长",
        "检查线路",
        EIGHT + 2 * HOUR,
        "V-1",
    ]


def test_a_photo_is_asked_for_after_the_release() -> None:
    asked = [each for each in Story().tap(DIRECTOR).commands if not isinstance(each, Append)]
    assert asked == [Release("granted", 5000), TakePhoto(Kind.GRANTED, "1-0-0")]


def test_the_release_lasts_as_long_as_the_room_says() -> None:
    assert room(timing=Timing(release_s=9)).tap(DIRECTOR).commands[1] == Release("granted", 9000)


def test_a_second_grant_makes_a_release_longer_and_never_shorter() -> None:
    assert room(timing=Timing(exit_release_s=20)).press().tap(DIRECTOR).commands[1] == Release("granted", 20_000)


def test_a_stranger_is_denied_and_photographed() -> None:
    story = Story().tap(None)
    assert [each for each in story.commands if not isinstance(each, Append)] == [TakePhoto(Kind.DENIED, None)]


def test_a_denial_says_who_with_what_and_every_reason() -> None:
    assert Story().tap(CHIEF, approval(withdrawn=True)).said(Kind.DENIED) == {
        "side": "outside",
        "how": "card",
        "person": 3,
        "name": "赵一刚",
        "card": "0000000000000003",
        "approval": None,
        "reasons": ["approval_withdrawn"],
    }


def test_a_negative_mac_is_written_as_its_64_bits() -> None:
    story = Story()
    story.tap(None)
    assert story.said(Kind.DENIED)["card"] == "0000000000000bad"


def test_nothing_of_one_room_counts_in_another() -> None:
    assert Story().tap(CHIEF).reasons == ["wrong_room", "no_approval"]


# ---------------------------------------------------------------- tap, tap, tap


def test_one_who_taps_twice_is_granted_twice_and_goes_in_once() -> None:
    story = Story().tap(DIRECTOR).tap(DIRECTOR).open()
    assert [record.kind for record in story.records if record.visit and record.kind is not Kind.RELEASED] == [
        Kind.GRANTED,
        Kind.NOT_TAKEN,
        Kind.GRANTED,
        Kind.TAKEN,
    ]


def test_a_code_for_one_opening_may_be_entered_again_before_the_leaf_is_opened() -> None:
    assert Kind.GRANTED in Story().enter(approval()).enter(approval()).kinds


def test_a_code_for_one_opening_is_used_up_once_the_leaf_was_opened() -> None:
    story = Story().enter(approval()).open().close().enter(approval()).enter(approval())
    assert story.reasons == ["approval_used_up"]


def test_a_code_whose_leaf_was_never_opened_can_be_used_later() -> None:
    assert Kind.GRANTED in Story().enter(approval()).wait(60).enter(approval()).kinds


def test_a_code_is_not_given_back_where_nobody_sees_the_leaf() -> None:
    story = Story(absent=("door_position",)).enter(approval()).enter(approval())
    assert story.reasons == ["approval_used_up"]


def test_one_who_taps_on_and_on_where_nobody_sees_the_leaf_is_one_party() -> None:
    story = Story(absent=("door_position",))
    for _ in range(20):
        story.tap(DIRECTOR).wait(4)
    assert (len(story.door.memory.granted), len(story.door.memory.inside)) == (1, 1)


# ---------------------------------------------------------------- two persons


def test_the_first_of_two_waits_and_opens_nothing() -> None:
    story = room(two_person=TwoPerson()).tap(DIRECTOR)
    assert (story.kinds, story.released) == ([Kind.WAITING], False)


def test_the_second_of_two_lets_both_in_and_both_are_recorded_with_each_other() -> None:
    story = room(two_person=TwoPerson()).tap(DIRECTOR).tap(VICE)
    granted = [each for each in story.records if each.kind is Kind.GRANTED]
    assert [(each.body["name"], each.body["companions"]) for each in granted] == [
        ("王大明", ["李小芳"]),
        ("李小芳", ["王大明"]),
    ]


def test_both_of_two_are_photographed() -> None:
    story = room(two_person=TwoPerson()).tap(DIRECTOR).tap(VICE)
    assert [each.visit for each in story.commands if isinstance(each, TakePhoto)] == ["1-0-0", "1-0-1"]


def test_both_of_two_go_in_by_one_opening() -> None:
    assert room(two_person=TwoPerson()).tap(DIRECTOR).tap(VICE).open().inside == {"王大明", "李小芳"}


def test_one_person_is_not_two() -> None:
    assert not room(two_person=TwoPerson()).tap(DIRECTOR).tap(DIRECTOR).released


def test_one_person_with_a_card_and_a_code_is_not_two() -> None:
    own = approval(person=TEACHER.id)
    assert not room(two_person=TwoPerson()).tap(TEACHER, own).enter(own).released


def test_one_code_entered_twice_is_not_two_persons() -> None:
    assert not room(two_person=TwoPerson()).enter(approval()).enter(approval()).released


def test_a_code_and_a_custodian_are_two() -> None:
    assert room(two_person=TwoPerson()).enter(approval()).tap(DIRECTOR).released


def test_a_stranger_is_no_second_person() -> None:
    assert not room(two_person=TwoPerson()).tap(DIRECTOR).tap(None).released


def test_the_second_person_comes_in_time_or_not_at_all() -> None:
    story = room(two_person=TwoPerson(within_s=20)).tap(DIRECTOR).wait(20)
    assert (story.reasons, story.door.asking) == (["second_person_missing"], None)


def test_a_second_person_within_the_time_is_not_missing() -> None:
    assert room(two_person=TwoPerson(within_s=20)).tap(DIRECTOR).wait(19.9).tap(VICE).released


def test_a_second_person_after_the_time_is_the_first_of_two() -> None:
    story = room(two_person=TwoPerson(within_s=20)).tap(DIRECTOR)
    story.mono = 20_000  # nobody ticked
    assert not story.tap(VICE).released


def test_the_first_of_two_is_decided_again_when_the_second_comes() -> None:
    works = room(two_person=TwoPerson(), maintenance_admits=("vice_principal",)).tap(DIRECTOR)
    assert works.order(Order.MAINTENANCE, PERMIT).tap(VICE).reasons == ["maintenance"]


def test_a_lockdown_ends_the_waiting() -> None:
    story = room(two_person=TwoPerson()).tap(DIRECTOR).order(Order.LOCKDOWN).order(Order.LOCKDOWN_END)
    assert not story.tap(VICE).released


# ---------------------------------------------------------------- escort


def test_a_visitor_waits_for_an_escort() -> None:
    assert room(escort=Escort()).enter(approval()).said(Kind.WAITING)["wants"] == "escort"


def test_a_custodian_who_comes_escorts_the_visitor() -> None:
    assert room(escort=Escort()).enter(approval()).tap(DIRECTOR).open().inside == {"张文 陈思", "王大明"}


def test_another_visitor_is_no_escort_and_takes_the_place() -> None:
    story = room(escort=Escort()).enter(approval(1)).enter(approval(2))
    assert (story.reasons, story.door.asking and story.door.asking.first.approval) == (
        ["escort_missing"],
        approval(2),
    )


def test_a_visitor_whose_escort_does_not_come_is_refused() -> None:
    assert room(escort=Escort(within_s=30)).enter(approval()).wait(30).reasons == ["escort_missing"]


def test_a_visitor_whose_escort_comes_in_time_is_not_refused() -> None:
    assert Kind.DENIED not in room(escort=Escort(within_s=30)).enter(approval()).wait(29).tap(DIRECTOR).kinds


def test_a_visitor_follows_a_custodian_who_is_inside() -> None:
    assert room(escort=Escort()).walk_in(DIRECTOR).enter(approval()).released


def test_workers_under_a_permit_do_not_take_a_visitor_along() -> None:
    story = room(escort=Escort()).order(Order.MAINTENANCE, PERMIT).tap(WORKER).open()
    assert story.inside == {"周自强"}


def test_an_escort_is_a_custodian_for_either_of_the_two() -> None:
    switches = {"two_person": TwoPerson(), "escort": Escort(), "maintenance_admits": ("security_chief",)}
    story = room(**switches).order(Order.MAINTENANCE, PERMIT).tap(WORKER).tap(CHIEF, approval())
    assert not story.released


def test_an_escort_who_has_left_meanwhile_is_none() -> None:
    story = room(two_person=TwoPerson(), escort=Escort()).tap(DIRECTOR).tap(VICE).open().close()
    story.enter(approval(1))
    story.tap(DIRECTOR, inside=True).tap(VICE, inside=True).open().close()
    assert not story.enter(approval(2)).released


# ---------------------------------------------------------------- first in, anti-passback, interlock


def test_visitors_enter_after_a_custodian_has_gone_in() -> None:
    assert room(first_in=FirstIn()).walk_in(DIRECTOR).enter(approval()).released


def test_a_custodian_who_was_granted_and_did_not_go_in_was_not_first() -> None:
    story = room(first_in=FirstIn()).tap(DIRECTOR).wait(10).enter(approval())
    assert story.reasons == ["first_person_not_in"]


def test_tomorrow_somebody_must_be_first_again() -> None:
    story = room(first_in=FirstIn()).walk_in(DIRECTOR).wait(DAY)
    tomorrow = approval(not_after=EIGHT + 2 * DAY)
    assert story.enter(tomorrow).reasons == ["first_person_not_in"]


def test_nobody_enters_twice_under_hard_anti_passback() -> None:
    hard = AntiPassback(AntiPassbackKind.HARD)
    assert room(anti_passback=hard).walk_in(DIRECTOR).tap(DIRECTOR).reasons == ["anti_passback"]


def test_who_has_left_enters_again_under_hard_anti_passback() -> None:
    hard = AntiPassback(AntiPassbackKind.HARD)
    story = room(anti_passback=hard).walk_in(DIRECTOR).tap(DIRECTOR, inside=True).open().close()
    assert story.tap(DIRECTOR).released


def test_soft_anti_passback_is_recorded_with_the_visit() -> None:
    story = room(anti_passback=AntiPassback(AntiPassbackKind.SOFT)).walk_in(DIRECTOR).tap(DIRECTOR)
    assert (story.released, story.said(Kind.ANTI_PASSBACK)) == (True, {"name": "王大明", "person": 1})


def inner(**states: bool | None) -> Story:
    story = room(interlock=Interlock(tuple(states)))
    for door, secure in states.items():
        story.happen(NeighbourChanged(story.now, door, secure))
    return story


def test_a_secure_neighbour_lets_this_door_open() -> None:
    assert inner(inner=True).tap(DIRECTOR).released


@pytest.mark.parametrize("second", [False, None])
def test_every_neighbour_must_be_known_to_be_secure(second: bool | None) -> None:  # noqa: FBT001
    assert inner(inner=True, outer=second).tap(DIRECTOR).reasons == ["interlock"]


def test_a_neighbour_that_never_spoke_is_not_secure() -> None:
    assert room(interlock=Interlock(("inner",))).tap(DIRECTOR).reasons == ["interlock"]


def test_a_neighbour_is_recorded_when_it_changes_and_only_then() -> None:
    story = inner(inner=True)
    story.happen(NeighbourChanged(story.now, "inner", secure=True))
    assert story.kinds == []


@pytest.mark.parametrize("sense", [Sense.ACTIVE, Sense.CUT, Sense.SHORT, Sense.UNKNOWN])
def test_somebody_between_the_doors_keeps_this_one_shut(sense: Sense) -> None:
    assert inner(inner=True).sense(Input.PRESENCE, sense).tap(DIRECTOR).reasons == ["interlock"]


def test_nobody_between_the_doors_is_no_reason() -> None:
    assert inner(inner=True).sense(Input.PRESENCE, Sense.NORMAL).tap(DIRECTOR).released


# ---------------------------------------------------------------- codes


def wrong(story: Story, times: int) -> Story:
    for _ in range(times):
        story.enter(None)
    return story


def test_a_wrong_code_is_durable_before_the_next_one_can_be_tried() -> None:
    story = wrong(Story(), 1)
    assert [each.urgent for each in story.commands if isinstance(each, Append)] == [True]


def test_four_wrong_codes_do_not_lock_the_keypad() -> None:
    assert wrong(Story(), 4).enter(approval()).released


def test_five_wrong_codes_lock_the_keypad_with_sound_and_light() -> None:
    story = wrong(Story(), 5)
    assert (story.said(Kind.CODE_LOCKOUT), Siren(on=True) in story.commands) == ({"tries": 5, "seconds": 60}, True)


def test_a_right_code_between_starts_the_count_again() -> None:
    assert wrong(wrong(Story(), 4).enter(approval()), 4).door.lockout_until is None


def test_cards_open_while_the_keypad_is_locked() -> None:
    assert wrong(Story(), 5).tap(DIRECTOR).released


def test_the_lock_out_ends_by_itself() -> None:
    assert wrong(Story(), 5).wait(60).said(Kind.CODE_LOCKOUT_END) == {"by": "", "reason": ""}


def test_after_a_lock_out_a_right_code_opens() -> None:
    assert wrong(Story(), 5).wait(60).enter(approval()).released


def test_the_lock_out_grows_and_stays_at_the_last() -> None:
    story, seconds = room(codes=Codes(wrong_tries=2, lockout_s=(10, 30))), []
    for _ in range(3):
        wrong(story, 2)
        seconds.append(story.said(Kind.CODE_LOCKOUT)["seconds"])
        story.wait(30)
    assert seconds == [10, 30, 30]


def test_a_right_code_lets_the_lock_out_begin_small_again() -> None:
    story = wrong(wrong(Story(), 5).wait(60).enter(approval()), 5)
    assert story.said(Kind.CODE_LOCKOUT)["seconds"] == 60


def test_a_person_can_end_a_lock_out_and_it_begins_small_again() -> None:
    story = wrong(wrong(Story(), 5).order(Order.CODE_UNLOCK), 5)
    assert story.said(Kind.CODE_LOCKOUT)["seconds"] == 60


def test_codes_tried_during_a_lock_out_do_not_count() -> None:
    assert wrong(wrong(Story(), 5), 3).door.memory.wrong_codes == 0


def test_without_a_list_codes_do_not_count_as_wrong() -> None:
    story = Story()
    story.happen(ListFailed(story.now, "damaged"))
    assert wrong(story, 5).door.lockout_until is None


# ---------------------------------------------------------------- duress


def test_a_duress_card_looks_like_any_other() -> None:
    free, forced = Story().tap(DIRECTOR), Story().tap(DIRECTOR, duress=True)
    assert (forced.screen, [each for each in forced.commands if isinstance(each, Release | Siren)]) == (
        free.screen,
        [each for each in free.commands if isinstance(each, Release | Siren)],
    )


def test_a_duress_grant_is_recorded_before_the_release() -> None:
    kinds = [getattr(each, "kind", None) for each in Story().tap(DIRECTOR, duress=True).commands]
    assert kinds[:3] == [Kind.GRANTED, Kind.DURESS, None]


def test_a_duress_grant_ends_an_alarm_like_any_other() -> None:
    assert Siren(on=False) in Story().open().close().tap(DIRECTOR, duress=True).commands


def test_duress_is_told_though_the_door_stays_shut() -> None:
    story = Story().order(Order.LOCKDOWN).tap(DIRECTOR, duress=True)
    assert (story.kinds, story.said(Kind.DURESS)) == (
        [Kind.DENIED, Kind.DURESS],
        {"name": "王大明", "person": 1, "how": "card"},
    )


def test_duress_is_told_of_one_who_is_made_to_leave() -> None:
    story = Story().walk_in(DIRECTOR).tap(DIRECTOR, inside=True, duress=True)
    assert story.kinds[:2] == [Kind.EXIT, Kind.DURESS]


def test_duress_is_told_of_one_who_is_made_to_check_out() -> None:
    story = Story().enter(approval()).open().close().enter(approval(), duress=True)
    assert story.kinds == [Kind.LEFT, Kind.DURESS]


def test_a_duress_of_one_who_waited_in_vain_is_told() -> None:
    assert Kind.DURESS in room(two_person=TwoPerson()).tap(DIRECTOR, duress=True).wait(20).kinds


# ---------------------------------------------------------------- the list, the clock, the disk


def test_a_revoked_card_no_longer_opens() -> None:
    assert Story().tap(DIRECTOR, disabled=True).reasons == ["disabled"]


def test_a_list_that_grows_old_no_longer_counts() -> None:
    story = room(revocation_age_hours=24).wait(23 * HOUR)
    assert story.tap(DIRECTOR).released
    assert story.wait(2 * HOUR).tap(DIRECTOR).reasons == ["list_too_old"]


def test_a_fresh_list_counts_again() -> None:
    story = room(revocation_age_hours=24).wait(DAY)
    story.happen(ListChanged(story.now, 2, EIGHT + DAY, 5))
    assert story.tap(DIRECTOR).released


def test_a_list_that_failed_leaves_the_one_before_it_in_force() -> None:
    story = Story()
    story.happen(ListFailed(story.now, "unsigned", in_force=True))
    assert story.tap(DIRECTOR).released


def test_a_list_that_is_gone_lets_nobody_in() -> None:
    story = Story()
    story.happen(ListFailed(story.now, "damaged"))
    assert story.tap(DIRECTOR).reasons == ["list_missing"]


def test_timed_codes_do_not_open_while_the_clock_is_unset() -> None:
    story = Story(wall_s=None)
    story.happen(ListChanged(story.now, 1, EIGHT, 5))
    assert story.enter(approval()).reasons == ["clock_unset"]


def test_custodians_enter_while_the_clock_is_unset_and_the_record_says_when_by_boot_and_mono() -> None:
    story = Story(wall_s=None)
    story.happen(ListChanged(story.now, 1, EIGHT, 5))
    assert story.tap(DIRECTOR).records[-1].at == story.now


def test_a_failed_disk_lets_nobody_in_and_says_so() -> None:
    story = Story().storage_fails().tap(DIRECTOR)
    assert (story.reasons, story.released) == (["storage_failed"], False)


def test_a_failed_disk_is_an_alarm_until_it_is_back() -> None:
    story = Story().storage_fails()
    alarm = Siren(on=True) in story.commands
    story.happen(StorageBack(story.now))
    assert (alarm, Siren(on=False) in story.commands) == (True, True)


def test_a_disk_that_fails_again_and_again_is_recorded_once() -> None:
    assert Story().storage_fails().storage_fails().kinds == []


def test_custodians_enter_without_a_disk_where_the_policy_says_so_released_first_and_recorded_late() -> None:
    story = room(custodians_without_record_hours=2).storage_fails().tap(DIRECTOR)
    assert story.commands[0] == Release("granted", 5000)
    assert (story.said(Kind.GRANTED)["late"], [each for each in story.records if each.urgent][1:]) == (True, [])


def test_whoever_waits_for_an_escort_does_not_slip_in_without_a_record() -> None:
    story = room(escort=Escort(), custodians_without_record_hours=2).enter(approval()).storage_fails()
    assert story.tap(DIRECTOR).open().inside == {"王大明"}


def test_a_grant_that_seemed_lost_and_stands_is_closed_as_not_carried_out() -> None:
    story = Story()
    lost = Append(story.now, Kind.GRANTED, Story().enter(approval()).said(Kind.GRANTED), "1-0-7", urgent=True)
    story.storage_fails().happen(StorageBack(story.now, 3, (lost,)))
    assert (story.kinds, story.door.memory.granted, story.said(Kind.STORAGE_BACK)) == (
        [Kind.NOT_CARRIED_OUT, Kind.STORAGE_BACK],
        {},
        {"queued": 3},
    )


def test_a_record_that_stands_after_all_counts_from_its_own_time() -> None:
    story = Story().tap(DIRECTOR)
    earlier = replace(story.now, wall=EIGHT * 1000 - 5000)
    stood = Append(earlier, Kind.TAKEN, {"assumed": True}, "1-0-0")
    story.storage_fails().happen(StorageBack(story.now, 0, (stood,)))
    assert [visit.since for visit in story.door.memory.inside.values()] == [EIGHT - 5]


def test_the_code_of_a_grant_that_stands_after_all_stays_used() -> None:
    story = Story()
    lost = Append(story.now, Kind.GRANTED, Story().enter(approval()).said(Kind.GRANTED), "1-0-7", urgent=True)
    story.storage_fails().happen(StorageBack(story.now, 0, (lost,)))
    assert story.enter(approval()).reasons == ["approval_used_up"]


# ---------------------------------------------------------------- checking out


def test_a_visitor_checks_out_at_the_kiosk_with_the_code_that_let_them_in() -> None:
    story = Story().enter(approval()).open().close().enter(approval())
    assert (story.said(Kind.LEFT), story.inside, story.released) == (
        {"how": "code", "person": None, "name": "张文 陈思"},
        set(),
        False,
    )


def test_a_code_with_openings_left_lets_in_and_does_not_check_out() -> None:
    twice = approval(openings=2)
    assert Story().enter(twice).open().close().enter(twice).released


def test_nobody_checks_out_while_the_keypad_is_locked() -> None:
    story = wrong(Story().enter(approval()).open().close(), 5)
    assert story.enter(approval()).reasons == ["code_locked_out"]


def test_a_code_at_the_inner_side_releases_whatever_it_is() -> None:
    story = Story()
    assert story.happen(CodeEntered(story.now, Side.INSIDE, code(None).match)).commands[0] == Release("exit", 5000)  # type: ignore[arg-type]


def test_a_custodian_who_enters_ends_the_alarm() -> None:
    story = Story().open().close().tap(DIRECTOR)
    assert (story.said(Kind.ALARM_RESET), story.door.alarms) == ({"by": "王大明", "reason": ""}, frozenset())


def test_a_visitor_who_enters_does_not() -> None:
    assert Story().open().close().enter(approval()).door.alarms == {Kind.FORCED}


def test_an_approval_counts_only_for_the_room_it_names() -> None:
    assert Story().enter(replace(approval(), room="south_gate")).reasons == ["wrong_room"]
