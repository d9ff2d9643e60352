"""The leaf: forced, held with its pre-alarm, closed; and a contact that bounces."""

from kiosk.rules.messages import Append, Input, Kind, Order, Sense, Siren, TakePhoto
from kiosk.rules.policy import Timing, TwoPerson
from tests.rules.school import DIRECTOR, PERMIT, Story, approval, school


def test_a_leaf_opened_without_a_grant_is_forced_with_siren_and_a_burst_of_photos_at_once() -> None:
    story = Story().open()
    assert story.commands == [
        Append(story.now, Kind.FORCED, {}, urgent=True),
        TakePhoto(Kind.FORCED, None, burst=5),
        Siren(on=True),
    ]


def test_a_denied_card_makes_no_opening_lawful() -> None:
    assert Kind.FORCED in Story().tap(None).open().kinds


def test_one_who_waits_for_a_second_person_may_not_open() -> None:
    assert Kind.FORCED in Story(school(two_person=TwoPerson())).tap(DIRECTOR).open().kinds


def test_an_opening_under_an_exit_is_not_forced() -> None:
    assert Kind.FORCED not in Story().press().open().kinds


def test_an_opening_in_a_fire_is_not_forced() -> None:
    assert Kind.FORCED not in Story().fire().open().kinds


def test_the_second_opening_after_one_grant_is_forced() -> None:
    assert Kind.FORCED in Story().walk_in(DIRECTOR).wait(1).open().kinds


def test_a_contact_that_bounces_at_the_opening_is_one_passage_and_no_alarm() -> None:
    story = Story().tap(DIRECTOR).open()
    for _ in range(5):
        story.close().open()
    assert ([record.kind for record in story.records].count(Kind.TAKEN), story.door.alarms) == (1, frozenset())


def test_a_forced_door_stays_an_alarm_after_it_is_closed() -> None:
    story = Story().open().close()
    assert (story.kinds, story.door.alarms) == ([Kind.CLOSED], frozenset({Kind.FORCED}))


def test_the_siren_is_told_once() -> None:
    story = Story().open()
    assert not [each for each in story.close().open().commands if isinstance(each, Siren)]


def test_a_forced_door_is_recorded_each_time() -> None:
    assert Kind.FORCED in Story().open().close().open().kinds


def test_an_alarm_ends_by_order() -> None:
    story = Story().open().close().order(Order.ALARM_RESET)
    assert (story.kinds, Siren(on=False) in story.commands) == ([Kind.ALARM_RESET], True)


def test_a_warning_comes_before_the_alarm() -> None:
    story = Story(school(timing=Timing(open_s=30, pre_alarm_s=10))).tap(DIRECTOR).open().wait(20)
    assert (story.said(Kind.HELD_WARNING), story.door.alarms) == ({"after_s": 20}, frozenset())


def test_a_leaf_closed_after_the_warning_raises_no_alarm() -> None:
    assert Story().tap(DIRECTOR).open().wait(29).close().wait(60).door.alarms == frozenset()


def test_a_leaf_that_stays_open_is_held_once_and_urgently() -> None:
    story = Story().tap(DIRECTOR).open().wait(3600)
    held = [each for each in story.records if each.kind is Kind.HELD]
    assert [(each.body, each.urgent) for each in held] == [({"after_s": 30}, True)]


def test_without_a_pre_alarm_there_is_no_warning() -> None:
    story = Story(school(timing=Timing(pre_alarm_s=0))).tap(DIRECTOR).open().wait(30)
    assert story.kinds == [Kind.HELD]


def test_closing_ends_the_held_alarm_by_itself() -> None:
    story = Story().tap(DIRECTOR).open().wait(30).close()
    assert (story.kinds, Siren(on=False) in story.commands) == ([Kind.CLOSED], True)


def test_a_leaf_that_was_found_open_is_held_when_its_time_is_over() -> None:
    story = Story(absent=("door_position",)).sense(Input.DOOR_POSITION, Sense.ACTIVE)
    assert story.wait(30).said(Kind.HELD) == {"after_s": 30}


def test_nobody_holds_the_door_in_a_fire() -> None:
    assert Kind.HELD not in Story().fire().open().wait(3600).kinds


def test_the_time_to_close_begins_again_when_the_fire_is_over() -> None:
    story = Story().fire().open().wait(3600).fire(on=False).order(Order.FIRE_RESET)
    assert (Kind.HELD in story.wait(29).kinds, Kind.HELD in story.wait(1).kinds) == (False, True)


def test_a_closing_that_ends_nothing_is_no_record() -> None:
    assert Story().tap(DIRECTOR).open().close().kinds == []


def test_works_by_permit_set_off_no_siren_and_are_recorded_all_the_same() -> None:
    story = Story().order(Order.MAINTENANCE, PERMIT).open()
    assert (story.kinds, Siren(on=True) in story.commands) == ([Kind.FORCED], False)


def test_a_passage_by_code_is_no_alarm() -> None:
    assert Story().enter(approval()).open().door.alarms == frozenset()
