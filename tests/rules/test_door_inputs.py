"""Supervised inputs: cut wires, tamper, fire, and devices that are lost."""

import pytest

from kiosk.rules.messages import (
    Append,
    BadFrames,
    DeviceBack,
    DeviceLost,
    Input,
    Kind,
    NeighbourChanged,
    Order,
    PhotoStored,
    Release,
    Secure,
    Sense,
    Siren,
    TakePhoto,
)
from kiosk.rules.policy import Interlock
from tests.rules.school import DIRECTOR, Story, school

FAULTS = [Sense.CUT, Sense.SHORT]


@pytest.mark.parametrize("sense", FAULTS)
@pytest.mark.parametrize("which", list(Input))
def test_a_wire_that_is_cut_or_shorted_is_an_alarm(which: Input, sense: Sense) -> None:
    story = Story().sense(which, sense)
    assert (story.said(Kind.INPUT_FAULT), Siren(on=True) in story.commands) == ({"input": which, "sense": sense}, True)


@pytest.mark.parametrize("which", list(Input))
def test_an_input_that_is_not_known_is_recorded_and_no_alarm(which: Input) -> None:
    story = Story().sense(which, Sense.UNKNOWN)
    assert (story.kinds, story.door.alarms) == ([Kind.INPUT_FAULT], frozenset())


@pytest.mark.parametrize("sense", FAULTS)
def test_a_broken_wire_releases_nothing(sense: Sense) -> None:
    story = Story()
    for which in Input:
        story.sense(which, sense)
    assert not story.released


def test_a_wire_that_is_mended_ends_the_alarm() -> None:
    story = Story().sense(Input.TAMPER, Sense.CUT).sense(Input.TAMPER, Sense.NORMAL)
    assert (story.kinds[-1], Siren(on=False) in story.commands) == (Kind.INPUT_BACK, True)


def test_the_alarm_stays_until_every_wire_is_mended() -> None:
    story = Story().sense(Input.TAMPER, Sense.CUT).sense(Input.FIRE, Sense.CUT).sense(Input.TAMPER, Sense.NORMAL)
    assert story.door.alarms == {Kind.INPUT_FAULT}


def test_a_wire_that_stays_cut_is_one_record() -> None:
    assert Story().sense(Input.TAMPER, Sense.CUT).sense(Input.TAMPER, Sense.CUT).kinds == []


def test_a_leaf_opened_while_its_contact_was_cut_is_forced() -> None:
    story = Story().sense(Input.DOOR_POSITION, Sense.CUT).sense(Input.DOOR_POSITION, Sense.ACTIVE)
    assert Kind.FORCED in story.kinds


def test_a_leaf_opened_while_its_contact_was_lost_is_forced() -> None:
    story = Story()
    story.happen(DeviceLost(story.now, "door_position", "unplugged")).happen(DeviceBack(story.now, "door_position"))
    assert Kind.FORCED in story.open().kinds


def test_an_opened_case_is_an_alarm_with_photos_at_once() -> None:
    story = Story().sense(Input.TAMPER, Sense.ACTIVE)
    assert story.commands == [
        Append(story.now, Kind.TAMPER, {"input": "tamper", "sense": "active"}, urgent=True),
        TakePhoto(Kind.TAMPER, None, burst=5),
        Siren(on=True),
    ]


def test_a_case_that_is_closed_again_is_recorded_and_stays_an_alarm() -> None:
    story = Story().sense(Input.TAMPER, Sense.ACTIVE).sense(Input.TAMPER, Sense.NORMAL)
    assert (story.kinds, story.door.alarms) == ([Kind.TAMPER_CLEAR], frozenset({Kind.TAMPER}))


def test_a_quiet_case_at_the_start_is_no_record() -> None:
    assert Kind.TAMPER_CLEAR not in Story().kinds


# ---------------------------------------------------------------- fire


def test_a_fire_releases_before_anything_is_recorded_and_without_an_end() -> None:
    story = Story().fire()
    assert story.commands[:2] == [Release("fire", None), Append(story.now, Kind.FIRE, {}, urgent=True)]


def test_a_fire_stays_released_when_the_signal_is_clear() -> None:
    story = Story().fire().fire(on=False).wait(3600)
    assert story.released


def test_a_fire_is_not_reset_while_the_signal_stands() -> None:
    story = Story().fire().order(Order.FIRE_RESET)
    assert (story.said(Kind.ORDER_REFUSED)["why"], story.released) == ("the fire signal is not clear", True)


@pytest.mark.parametrize("sense", [*FAULTS, Sense.UNKNOWN])
def test_a_wire_that_was_cut_in_the_fire_is_no_all_clear(sense: Sense) -> None:
    assert Story().fire().sense(Input.FIRE, sense).order(Order.FIRE_RESET).released


def test_a_fire_locks_after_clear_and_reset() -> None:
    story = Story().fire().fire(on=False).order(Order.FIRE_RESET)
    assert (story.released, Secure("fire_reset") in story.commands) == (False, True)


def test_a_fire_whose_input_was_taken_out_of_the_settings_can_be_reset() -> None:
    story = Story(memory=Story().fire().door.memory, absent=("fire",))
    assert not story.order(Order.FIRE_RESET).released


def test_a_fire_whose_input_was_not_read_yet_cannot_be_reset() -> None:
    story = Story(memory=Story().fire().door.memory, absent=("fire",))
    story.door = Story(memory=story.door.memory, bare=True).door
    assert story.order(Order.FIRE_RESET).kinds == [Kind.ORDER_REFUSED]


def test_a_fire_survives_a_crash_until_it_is_reset() -> None:
    assert Story().fire().crash().released


def test_nobody_is_shut_in_by_a_lockdown_in_a_fire() -> None:
    assert Story().fire().order(Order.LOCKDOWN).released


def test_passages_in_a_fire_do_not_lock() -> None:
    assert Story().fire().press().open().close().tap(DIRECTOR).open().close().wait(60).released


def test_no_siren_sounds_over_a_fire() -> None:
    assert Siren(on=False) in Story().open().fire().commands


def test_a_fire_that_flickers_is_one_fire() -> None:
    story = Story().fire().fire(on=False).fire()
    assert (story.kinds, story.released) == ([], True)


def test_the_clear_signal_is_recorded() -> None:
    assert Story().fire().fire(on=False).kinds == [Kind.FIRE_CLEAR]


def test_a_fire_lets_a_lockdown_hold_again_after_its_reset() -> None:
    story = Story().order(Order.LOCKDOWN).fire().fire(on=False).order(Order.FIRE_RESET)
    assert story.tap(DIRECTOR).reasons == ["lockdown"]


# ---------------------------------------------------------------- devices


def test_a_reader_that_is_lost_is_recorded_at_once_and_releases_nothing() -> None:
    story = Story()
    story.happen(DeviceLost(story.now, "outside", "no answer"))
    assert story.commands == [
        Append(story.now, Kind.DEVICE_LOST, {"device": "outside", "why": "no answer"}, urgent=True)
    ]


def test_a_device_that_returns_is_no_longer_lost() -> None:
    story = Story()
    story.happen(DeviceLost(story.now, "outside", "no answer")).happen(DeviceBack(story.now, "outside"))
    assert (story.kinds, story.door.lost) == ([Kind.DEVICE_BACK], {})


def test_an_input_whose_device_is_lost_reads_unknown() -> None:
    story = Story()
    story.happen(DeviceLost(story.now, "tamper", "unplugged"))
    assert story.door.inputs[Input.TAMPER] is Sense.UNKNOWN


def test_a_button_that_is_pressed_when_its_link_returns_releases_nothing() -> None:
    story = Story()
    story.happen(DeviceLost(story.now, "exit_button", "unplugged"))
    assert not story.sense(Input.EXIT_BUTTON, Sense.ACTIVE).released


def test_a_neighbour_whose_line_is_lost_is_not_known_to_be_secure() -> None:
    story = Story(school(interlock=Interlock(("inner",))))
    story.happen(NeighbourChanged(story.now, "inner", secure=True))
    story.happen(DeviceLost(story.now, "inner", "unplugged"))
    assert (story.kinds, story.tap(DIRECTOR).reasons) == ([Kind.DEVICE_LOST, Kind.INTERLOCK], ["interlock"])


def test_bad_frames_are_counted_and_nothing_else() -> None:
    story = Story()
    assert story.happen(BadFrames(story.now, "outside", 7)).commands == [
        Append(story.now, Kind.BAD_FRAMES, {"device": "outside", "count": 7})
    ]


def test_a_photos_digest_is_a_record_of_its_visit() -> None:
    story = Story()
    story.happen(PhotoStored(story.now, "1-0-0", "ab" * 32, 3))
    assert story.commands == [
        Append(story.now, Kind.PHOTO, {"digest": "ab" * 32, "count": 3, "why": ""}, "1-0-0"),
    ]
