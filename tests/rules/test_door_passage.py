"""Going through the open leaf, either way; leaving is never decided."""

import pytest

from kiosk.rules.messages import Append, Input, InputChanged, Kind, Order, Release, Secure, Sense, Siren, Ticked
from kiosk.rules.policy import Codes, Timing, TwoPerson
from tests.rules.school import DIRECTOR, EIGHT, HOUR, PERMIT, VICE, Story, approval, school


def released_first(story: Story) -> bool:
    return isinstance(story.commands[0], Release)


# ---------------------------------------------------------------- going in


def test_an_opening_under_a_grant_is_a_passage_and_relocks() -> None:
    story = Story().tap(DIRECTOR).open()
    assert (story.kinds[0], Secure("opened") in story.commands, story.inside) == (Kind.TAKEN, True, {"王大明"})


def test_a_passage_is_tied_to_its_visit() -> None:
    assert [record.visit for record in Story().tap(DIRECTOR).open().records if record.kind is Kind.TAKEN] == ["1-0-0"]


def test_a_grant_that_nobody_uses_relocks_and_was_not_taken() -> None:
    story = Story().tap(DIRECTOR).wait(6)
    assert story.kinds == [Kind.RELOCKED, Kind.NOT_TAKEN]


def test_nobody_is_inside_who_did_not_go_in() -> None:
    assert Story().tap(DIRECTOR).wait(6).inside == set()


def test_the_lock_is_locked_at_its_deadline_and_the_grant_is_closed_half_a_second_later() -> None:
    story = Story().tap(DIRECTOR).wait(5)
    assert (story.released, list(story.door.memory.granted)) == (False, ["1-0-0"])


def test_a_leaf_pulled_just_as_the_lock_relocks_is_a_passage_and_not_forced() -> None:
    story = Story().tap(DIRECTOR).wait(5.4).open()
    assert (story.inside, story.door.alarms) == ({"王大明"}, frozenset())


def test_a_leaf_pulled_after_that_is_forced() -> None:
    assert Kind.FORCED in Story().tap(DIRECTOR).wait(5.6).open().kinds


def test_a_late_tick_changes_nothing() -> None:
    on_time, late = Story().tap(DIRECTOR).wait(6), Story().tap(DIRECTOR)
    late.mono = 6000
    late.happen(Ticked(late.now)).wait(1)
    assert (late.released, late.inside, late.door.memory) == (False, set(), on_time.door.memory)


def test_two_who_were_let_in_one_after_the_other_go_in_by_one_opening() -> None:
    assert Story().tap(DIRECTOR).tap(VICE).open().inside == {"王大明", "李小芳"}


def test_who_is_let_in_through_a_leaf_that_stands_open_has_gone_in() -> None:
    assert Story().tap(DIRECTOR).open().tap(VICE).inside == {"王大明", "李小芳"}


def test_who_enters_again_without_having_left_ends_the_earlier_visit() -> None:
    story = Story().walk_in(DIRECTOR).tap(DIRECTOR).open()
    assert story.said(Kind.LEFT) == {"how": "again", "person": 1, "name": "王大明"}


def test_without_a_door_contact_a_grant_counts_as_taken_when_its_time_is_over() -> None:
    story = Story(absent=("door_position",)).tap(DIRECTOR).wait(6)
    assert (story.said(Kind.TAKEN), story.inside) == ({"assumed": True}, {"王大明"})


@pytest.mark.parametrize("sense", [Sense.CUT, Sense.SHORT, Sense.UNKNOWN])
def test_a_door_contact_that_is_broken_is_as_good_as_none(sense: Sense) -> None:
    story = Story().sense(Input.DOOR_POSITION, sense).tap(DIRECTOR).wait(6)
    assert story.inside == {"王大明"}


def test_without_a_door_contact_one_who_enters_again_ends_the_earlier_visit() -> None:
    story = Story(absent=("door_position",)).tap(DIRECTOR).wait(6).tap(DIRECTOR).wait(6)
    assert Kind.LEFT in story.kinds


# ---------------------------------------------------------------- leaving


def test_the_exit_button_releases_before_anything_is_recorded() -> None:
    story = Story().press()
    assert story.commands[:2] == [
        Release("exit", 5000),
        Append(
            story.now,
            Kind.EXIT,
            {"how": "button", "side": "inside", "person": None, "name": "", "off_schedule": False},
        ),
    ]


def test_any_card_at_the_inner_reader_releases() -> None:
    assert released_first(Story().tap(None, inside=True))


def test_a_disabled_card_at_the_inner_reader_releases() -> None:
    assert released_first(Story().tap(DIRECTOR, inside=True, disabled=True))


def test_any_code_at_the_inner_side_releases() -> None:
    assert released_first(Story().enter(None, inside=True))


def test_an_exit_lasts_as_long_as_the_room_says() -> None:
    assert Story(school(timing=Timing(exit_release_s=12))).press().commands[0] == Release("exit", 12_000)


def test_leaving_works_in_a_lockdown() -> None:
    assert released_first(Story().order(Order.LOCKDOWN).press())


def test_leaving_works_during_maintenance() -> None:
    assert released_first(Story().order(Order.MAINTENANCE, PERMIT).press())


def test_leaving_works_without_a_disk() -> None:
    assert released_first(Story().storage_fails().press())


def test_leaving_works_without_a_list_and_a_clock() -> None:
    assert released_first(Story(wall_s=None).press())


def test_leaving_works_while_the_lock_is_said_to_be_broken() -> None:
    story = Story()
    story.lock_broken = True
    assert released_first(story.tap(DIRECTOR).press())


def test_leaving_comes_before_records_that_were_due_before_it() -> None:
    story = Story(school(codes=Codes(wrong_tries=1), two_person=TwoPerson(within_s=20)))
    story.tap(DIRECTOR).enter(None)
    story.mono = 100_000  # the lock-out, the second person and the screen are all overdue
    assert released_first(story.press())


def test_leaving_comes_before_the_record_that_the_button_is_back() -> None:
    story = Story().sense(Input.EXIT_BUTTON, Sense.CUT).sense(Input.EXIT_BUTTON, Sense.ACTIVE)
    assert (released_first(story), story.kinds) == (True, [Kind.EXIT, Kind.INPUT_BACK, Kind.RELEASED])


def test_an_exit_off_schedule_releases_and_raises_an_alarm() -> None:
    story = Story(school(exit_schedule="night")).press()
    assert (released_first(story), story.said(Kind.EXIT)["off_schedule"], Siren(on=True) in story.commands) == (
        True,
        True,
        True,
    )


def test_an_exit_on_schedule_raises_none() -> None:
    assert Siren(on=True) not in Story(school(exit_schedule="daytime")).press().commands


def test_an_exit_without_a_schedule_raises_none() -> None:
    assert Siren(on=True) not in Story().press().commands


def test_an_exit_with_an_unset_clock_raises_none() -> None:
    assert Siren(on=True) not in Story(school(exit_schedule="night"), wall_s=None).press().commands


def test_who_badges_out_and_opens_has_left() -> None:
    story = Story().walk_in(DIRECTOR).tap(DIRECTOR, inside=True).open()
    assert (story.said(Kind.LEFT), story.inside) == ({"how": "card", "person": 1, "name": "王大明"}, set())


def test_who_badges_out_and_does_not_open_is_still_inside() -> None:
    assert Story().walk_in(DIRECTOR).tap(DIRECTOR, inside=True).wait(10).inside == {"王大明"}


def test_who_badged_out_in_vain_has_not_left_by_the_next_ones_opening() -> None:
    story = Story().walk_in(DIRECTOR).tap(DIRECTOR, inside=True).wait(10).tap(VICE).open()
    assert story.inside == {"王大明", "李小芳"}


def test_who_badged_out_as_a_lockdown_came_has_not_left_by_the_next_ones_opening() -> None:
    story = Story().walk_in(DIRECTOR).tap(DIRECTOR, inside=True).order(Order.LOCKDOWN)
    assert story.wait(10).order(Order.LOCKDOWN_END).tap(VICE).open().inside == {"王大明", "李小芳"}


def test_a_leaf_pulled_just_as_an_exit_relocks_is_a_leaving() -> None:
    assert Story().walk_in(DIRECTOR).tap(DIRECTOR, inside=True).wait(5.4).open().inside == set()


def test_the_button_means_the_one_party_that_is_inside() -> None:
    assert Story().walk_in(DIRECTOR).press().open().inside == set()


def test_the_button_means_nobody_where_two_parties_are_inside() -> None:
    assert Story().walk_in(DIRECTOR).walk_in(VICE).press().open().inside == {"王大明", "李小芳"}


def test_a_visitor_leaves_by_their_code_at_the_inner_side() -> None:
    assert Story().enter(approval()).open().close().enter(approval(), inside=True).open().inside == set()


def test_who_leaves_through_a_leaf_that_stands_open_has_left() -> None:
    assert Story().tap(DIRECTOR).open().tap(DIRECTOR, inside=True).inside == set()


def test_without_a_door_contact_who_badged_out_has_left_when_the_time_is_over() -> None:
    story = Story(absent=("door_position",)).tap(DIRECTOR).wait(6).tap(DIRECTOR, inside=True).wait(6)
    assert story.inside == set()


def test_pressing_again_and_again_is_one_leaving() -> None:
    story = Story()
    for _ in range(50):
        story.press()
    assert len(story.door.leaving) == 1


# ---------------------------------------------------------------- staying


def test_who_stays_over_time_is_recorded_once() -> None:
    story = Story().enter(approval()).open().close().wait(3 * HOUR)
    assert [each.body for each in story.records if each.kind is Kind.OVERSTAYED] == [
        {"name": "张文 陈思", "due": EIGHT + 2 * HOUR}
    ]


def test_who_leaves_in_time_does_not_overstay() -> None:
    story = Story().enter(approval()).open().close().press().open().close().wait(3 * HOUR)
    assert Kind.OVERSTAYED not in story.kinds


def test_a_custodian_does_not_overstay() -> None:
    assert Kind.OVERSTAYED not in Story().walk_in(DIRECTOR).wait(24 * HOUR).kinds


def test_a_level_that_stays_is_no_event() -> None:
    story = Story()
    assert story.happen(InputChanged(story.now, Input.EXIT_BUTTON, Sense.NORMAL)).commands == []
