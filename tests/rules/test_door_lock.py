"""The lock: its deadline, what it cannot do, and a bolt that is not thrown."""

from kiosk.rules.door import deadline
from kiosk.rules.messages import (
    DeviceBack,
    DeviceLost,
    Input,
    Kind,
    LockDriven,
    Order,
    Release,
    Secure,
    Sense,
    Siren,
)
from kiosk.rules.policy import Timing
from tests.rules.school import DIRECTOR, TEACHER, Story, school


def broken() -> Story:
    story = Story()
    story.lock_broken = True
    return story


def test_a_release_ends_at_its_deadline() -> None:
    assert Story().tap(DIRECTOR).wait(5).commands[0] == Secure("time")


def test_a_release_does_not_end_before() -> None:
    assert Story().tap(DIRECTOR).wait(4.999).released


def test_the_door_wants_to_be_woken_at_the_deadline() -> None:
    assert deadline(Story(school(timing=Timing(release_s=2))).tap(DIRECTOR).door) == 2000


def test_each_relock_says_why() -> None:
    assert Story().tap(DIRECTOR).wait(5).said(Kind.RELOCKED) == {"reason": "time"}


def test_an_exit_makes_a_running_release_longer() -> None:
    assert Story().tap(DIRECTOR).wait(3).press().commands[0] == Release("exit", 8000)


def test_a_lock_that_cannot_be_released_closes_the_grant_as_not_carried_out_and_is_locked() -> None:
    story = broken().tap(DIRECTOR)
    assert (story.kinds, story.released) == ([Kind.GRANTED, Kind.LOCK_FAILED, Kind.NOT_CARRIED_OUT], False)
    assert Secure("failed") in story.commands


def test_a_party_that_was_let_in_before_the_lock_failed_is_not_undone() -> None:
    story = Story().tap(DIRECTOR)
    story.lock_broken = True
    assert Kind.NOT_CARRIED_OUT not in story.press().kinds


def test_a_lock_that_does_not_answer_lets_nobody_else_in() -> None:
    assert broken().tap(DIRECTOR).tap(DIRECTOR).reasons == ["lock_fault"]


def test_nobody_is_granted_while_the_lock_is_known_to_be_away() -> None:
    story = Story()
    assert story.happen(DeviceLost(story.now, "lock", "unplugged")).tap(DIRECTOR).reasons == ["lock_fault"]


def test_a_lock_that_is_back_lets_in_again() -> None:
    story = Story()
    story.happen(DeviceLost(story.now, "lock", "unplugged")).happen(DeviceBack(story.now, "lock"))
    assert story.tap(DIRECTOR).released


def test_a_lock_that_cannot_be_locked_is_told_again_every_second_and_recorded_once() -> None:
    story = Story().tap(DIRECTOR)
    story.lock_broken = True
    story.wait(10)
    told = [each for each in story.commands if isinstance(each, Secure)]
    assert (len(told), story.kinds.count(Kind.LOCK_FAILED)) == (6, 1)


def test_a_lock_that_answers_again_works_again() -> None:
    story = broken().tap(DIRECTOR)
    story.lock_broken = False
    assert story.wait(1).tap(DIRECTOR).released


def test_a_lock_that_answers_again_is_not_told_any_more() -> None:
    story = broken().tap(DIRECTOR)
    story.lock_broken = False
    assert len([each for each in story.wait(10).commands if isinstance(each, Secure | Release)]) == 1


def test_a_fire_is_told_to_a_lock_until_it_hears() -> None:
    story = broken().fire().wait(3)
    assert [each for each in story.commands if isinstance(each, Release | Secure)] == [Release("fire", None)] * 3


def test_a_fire_that_outlasts_an_evacuation_is_told_by_its_own_name() -> None:
    story = broken().fire().order(Order.EVACUATION).order(Order.EVACUATION_END)
    assert story.wait(1).commands[0] == Release("fire", None)


def test_an_exit_is_told_to_a_lock_until_its_time_is_over() -> None:
    story = broken().press().wait(6)
    told = [type(each) for each in story.commands if isinstance(each, Release | Secure)]
    assert told == [Release] * 4 + [Secure] * 2


def test_a_lock_is_not_told_again_behind_a_record_that_the_disk_could_refuse() -> None:
    story = broken().press()
    story.mono = 1500  # nobody ticked
    urgent = story.sense(Input.FIRE, Sense.CUT).commands
    assert not [each for each in urgent if isinstance(each, Release)]
    assert story.wait(0).commands[0] == Release("exit", 5000)


def test_a_grant_is_never_told_again() -> None:
    assert not [each for each in broken().tap(DIRECTOR).wait(20).commands if isinstance(each, Release)]


def test_the_return_of_a_lock_releases_nothing() -> None:
    story = Story().tap(DIRECTOR)
    story.happen(DeviceLost(story.now, "lock", "unplugged"))
    story.happen(DeviceBack(story.now, "lock"))
    assert (story.commands[0], story.released) == (Secure("returned"), False)


def test_a_lock_that_returns_in_a_fire_is_released() -> None:
    story = Story().fire()
    assert story.happen(DeviceBack(story.now, "lock")).commands[0] == Release("fire", None)


def test_a_lock_that_returns_during_an_exit_is_released_for_the_rest_of_it() -> None:
    story = Story().press().wait(2)
    assert story.happen(DeviceBack(story.now, "lock")).commands[0] == Release("exit", 5000)


def test_another_device_that_returns_does_not_touch_the_lock() -> None:
    story = Story()
    assert story.happen(DeviceBack(story.now, "outside")).kinds == [Kind.DEVICE_BACK]


def test_a_bolt_that_is_not_thrown_in_time_is_a_fault() -> None:
    story = Story().sense(Input.LOCK_POSITION, Sense.NORMAL).wait(3)
    assert (story.said(Kind.LOCK_FAILED)["released"], story.tap(DIRECTOR).reasons) == (False, ["lock_fault"])


def test_a_bolt_that_is_thrown_in_time_is_none() -> None:
    story = Story().sense(Input.LOCK_POSITION, Sense.NORMAL).wait(2.9).sense(Input.LOCK_POSITION, Sense.ACTIVE)
    assert story.wait(60).kinds == []


def test_a_bolt_that_is_withdrawn_by_hand_is_a_fault_at_once() -> None:
    story = Story().sense(Input.LOCK_POSITION, Sense.ACTIVE).wait(60).sense(Input.LOCK_POSITION, Sense.NORMAL)
    assert story.wait(0).kinds == [Kind.LOCK_FAILED]


def test_a_bolt_is_withdrawn_by_right_while_released_and_while_the_leaf_is_open() -> None:
    story = Story().sense(Input.LOCK_POSITION, Sense.ACTIVE).tap(DIRECTOR)
    assert Kind.LOCK_FAILED not in story.sense(Input.LOCK_POSITION, Sense.NORMAL).open().wait(20).kinds


def test_a_bolt_that_is_thrown_after_all_ends_the_fault() -> None:
    story = Story().sense(Input.LOCK_POSITION, Sense.NORMAL).wait(3).sense(Input.LOCK_POSITION, Sense.ACTIVE)
    assert story.tap(DIRECTOR).released


def test_a_level_that_nobody_asked_for_heals_nothing() -> None:
    story = broken().tap(DIRECTOR)
    story.happen(LockDriven(story.now, released=True))
    assert not story.door.lock.works


def test_a_release_that_was_heard_late_is_recorded_without_a_visit() -> None:
    story = Story()
    story.happen(LockDriven(story.now, released=True))
    assert [(record.kind, record.visit) for record in story.records[-1:]] == [(Kind.RELEASED, None)]


def test_a_broken_lock_sounds_no_siren() -> None:
    assert Siren(on=True) not in broken().tap(DIRECTOR).commands


def test_a_lock_out_order_releases_nothing() -> None:
    assert not Story().order(Order.CODE_UNLOCK).tap(TEACHER).released
