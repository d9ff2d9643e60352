"""What the face shows: a screen for every state, the most pressing word, a sentence for every reason, no secrets."""

import re
from typing import Any

import pytest

from kiosk.rules.access import Reason
from kiosk.rules.messages import (
    ClockChanged,
    DeviceLost,
    Input,
    Kind,
    ListChanged,
    ListFailed,
    Order,
    Sense,
)
from kiosk.rules.policy import Codes, Escort, TwoPerson
from kiosk.rules.turn import Shown
from kiosk.rules.view import Say, Screen, Tone, masked, screen
from tests.rules.school import DIRECTOR, EIGHT, HOUR, PERMIT, TEACHER, VICE, Story, approval, school


def lines(story: Story) -> list[str]:
    return [line.text for line in story.screen.lines]


def faults(story: Story) -> list[str]:
    return [fault.text for fault in story.screen.faults]


def test_a_quiet_door_says_that_it_is_locked_and_what_to_do() -> None:
    assert Story().screen == Screen(
        Say("Locked"),
        Tone.CALM,
        (Say("Present your card, or enter your approval code."),),
        list_age_hours=1,
    )


def test_a_guest_is_welcomed_with_a_masked_name() -> None:
    assert Story().tap(DIRECTOR).screen == Screen(
        Say("Come in"),
        Tone.WELCOME,
        (Say("Welcome, {name}.", {"name": "王*明"}),),
        until=5000,
        lock="released",
        list_age_hours=1,
    )


def test_a_welcome_goes_after_five_seconds() -> None:
    assert Story().tap(DIRECTOR).wait(5).word == "Locked"


def test_who_checks_out_is_told_goodbye() -> None:
    assert Story().enter(approval()).open().close().enter(approval()).word == "Goodbye"


def test_an_open_door_is_open() -> None:
    story = Story().tap(DIRECTOR).open().wait(6)
    assert (story.word, story.screen.leaf) == ("Open", "open")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_own_sentence(reason: Reason) -> None:
    story = Story()
    answer = Shown(Kind.DENIED, 1, reasons=(reason,))
    other = Shown(Kind.DENIED, 1, reasons=tuple(each for each in Reason if each is not reason))
    (line,) = shown(story, answer).lines
    assert re.fullmatch(r"[A-Z].*[^ ]\.", line.text)
    assert line not in shown(story, other).lines


def shown(story: Story, answer: Shown) -> Screen:
    story.door = type(story.door)(story.door.policy, "main", story.now, shown=answer)
    return screen(story.door)


def test_every_reason_of_a_denial_is_shown() -> None:
    assert len(lines(Story().order(Order.LOCKDOWN).tap(None))) == 2


def test_a_wrong_code_says_how_many_tries_are_left() -> None:
    assert Story().enter(None).screen.lines[-1] == Say("You have {tries} more tries.", {"tries": 4})


def test_a_locked_keypad_is_shown_and_counts_down() -> None:
    story = Story(school(codes=Codes(wrong_tries=1))).enter(None)
    assert (story.word, story.screen.keypad, story.screen.until) == ("Keypad locked", False, 60_000)


def test_a_locked_keypad_is_still_shown_when_the_answer_is_gone() -> None:
    assert Story(school(codes=Codes(wrong_tries=1))).enter(None).wait(10).word == "Keypad locked"


def test_the_first_of_two_is_told_whom_to_wait_for_and_for_how_long() -> None:
    story = Story(school(two_person=TwoPerson(within_s=20))).tap(DIRECTOR)
    assert (story.word, lines(story), story.screen.until) == (
        "One moment",
        ["A second person must present a card."],
        20_000,
    )


def test_a_visitor_is_told_that_a_custodian_must_come() -> None:
    assert lines(Story(school(escort=Escort())).enter(approval())) == ["A custodian must present a card to escort you."]


def test_a_door_that_stays_open_warns_before_the_alarm() -> None:
    story = Story().tap(DIRECTOR).open().wait(20)
    assert (story.word, story.screen.tone) == ("Close the door", Tone.WAIT)


def test_a_held_door_is_an_alarm() -> None:
    story = Story().tap(DIRECTOR).open().wait(30)
    assert (story.word, story.screen.tone, story.screen.leaf) == ("Close the door", Tone.ALARM, "held")


def scene(*acts: str) -> Story:
    """One state after the other, each more pressing than what came before it."""
    story = Story(school(two_person=TwoPerson(), codes=Codes(wrong_tries=1)))
    does: dict[str, Any] = {
        "permit": lambda: story.order(Order.MAINTENANCE, PERMIT),
        "keypad": lambda: story.enter(None).wait(10),
        "lockdown": lambda: story.order(Order.LOCKDOWN),
        "denied": lambda: story.tap(None),
        "forced": story.open,
        "evacuation": lambda: story.order(Order.EVACUATION),
        "fire": story.fire,
    }
    for act in acts:
        does[act]()
    return story


PRESSING = ["permit", "keypad", "lockdown", "denied", "forced", "evacuation", "fire"]
WORDS = ["Works", "Keypad locked", "Lockdown", "No entry", "Door forced", "Evacuation", "Fire"]


@pytest.mark.parametrize("count", range(1, len(PRESSING) + 1))
def test_the_most_pressing_word_wins(count: int) -> None:
    assert scene(*PRESSING[:count]).word == WORDS[count - 1]


@pytest.mark.parametrize(
    ("sensed", "word"),
    [(Input.TAMPER, "Tampering"), (Input.DOOR_POSITION, "Door forced"), (None, "Wiring fault")],
)
def test_each_alarm_has_its_word(sensed: Input | None, word: str) -> None:
    story = Story().sense(sensed, Sense.ACTIVE) if sensed else Story().sense(Input.TAMPER, Sense.CUT)
    assert (story.word, story.screen.tone) == (word, Tone.ALARM)


def test_an_exit_out_of_hours_has_its_word() -> None:
    assert Story(school(exit_schedule="night")).press().word == "Exit out of hours"


def test_duress_is_never_shown() -> None:
    assert Story().tap(DIRECTOR, duress=True).screen == Story().tap(DIRECTOR).screen


@pytest.mark.parametrize(
    ("act", "mode"),
    [
        (None, "normal"),
        ("permit", "maintenance"),
        ("lockdown", "lockdown"),
        ("evacuation", "evacuation"),
        ("fire", "fire"),
    ],
)
def test_the_mode_is_named(act: str | None, mode: str) -> None:
    assert (scene(act) if act else scene()).screen.mode == mode


def test_a_free_door_is_free_and_takes_no_codes() -> None:
    told = Story().fire().screen
    assert (told.lock, told.keypad) == ("free", False)


# ---------------------------------------------------------------- what is broken


def test_a_whole_door_has_no_faults() -> None:
    assert Story().screen.faults == ()


def test_a_lost_device_is_named() -> None:
    story = Story()
    story.happen(DeviceLost(story.now, "outside", "no answer"))
    assert story.screen.faults == (Say("{device} does not answer.", {"device": "outside"}),)


def test_a_failed_disk_is_shown_with_what_still_works() -> None:
    assert faults(Story().storage_fails()) == ["Records cannot be written: nobody is let in. Leaving works."]


def test_a_failed_disk_is_shown_with_who_is_still_let_in_and_for_how_long() -> None:
    story = Story(school(custodians_without_record_hours=1)).storage_fails()
    before, after = faults(story), faults(story.wait(HOUR).storage_fails())
    assert (before, after) == (
        ["Records cannot be written: only custodians are let in. Leaving works."],
        ["Records cannot be written: nobody is let in. Leaving works."],
    )


def test_a_list_that_could_not_be_renewed_is_shown() -> None:
    story = Story()
    story.happen(ListFailed(story.now, "unsigned", in_force=True))
    assert faults(story) == ["The access list could not be renewed."]


def test_a_list_that_is_gone_is_shown() -> None:
    story = Story()
    story.happen(ListFailed(story.now, "damaged"))
    assert faults(story) == ["The access list cannot be read. Ask the security office."]


def test_a_list_that_is_too_old_is_shown_with_its_age() -> None:
    story = Story(school(revocation_age_hours=24)).wait(24 * HOUR)
    story.happen(ClockChanged(story.now, 0))
    assert (faults(story), story.screen.list_age_hours) == (
        ["The access list is too old. Ask the security office."],
        25,
    )


def test_a_lock_that_does_not_answer_is_shown() -> None:
    story = Story()
    story.lock_broken = True
    assert faults(story.tap(DIRECTOR)) == ["The lock does not answer. Ask the security office."]


def test_an_unset_clock_is_shown() -> None:
    story = Story(wall_s=None)
    story.happen(ListChanged(story.now, 1, EIGHT, 5))
    assert (faults(story), story.screen.list_age_hours) == (
        ["The clock is not set, so timed rights do not count."],
        None,
    )


def test_an_unknown_input_is_shown_as_unknown() -> None:
    assert Story().sense(Input.DOOR_POSITION, Sense.UNKNOWN).screen.faults == (
        Say("The wiring of {input} is broken: {sense}.", {"input": "door_position", "sense": "unknown"}),
    )


def test_faults_are_listed_whatever_the_word_is() -> None:
    assert faults(Story().storage_fails().fire()) == ["Records cannot be written: nobody is let in. Leaving works."]


# ---------------------------------------------------------------- privacy


@pytest.mark.parametrize(
    ("name", "told"),
    [("", ""), ("王", "王"), ("王明", "王*"), ("王大明", "王*明"), ("欧阳小明", "欧**明"), ("John", "J**n")],
)
def test_names_are_masked(name: str, told: str) -> None:
    assert masked(name) == told


@pytest.mark.parametrize(
    "act",
    [
        lambda story: story.tap(DIRECTOR),
        lambda story: story.tap(TEACHER),
        lambda story: story.enter(approval()),
        lambda story: story.enter(approval(withdrawn=True)),
        lambda story: story.enter(approval()).open().close().enter(approval()),
        lambda story: story.walk_in(VICE).tap(VICE, inside=True),
    ],
)
def test_no_full_name_and_no_approval_is_ever_on_the_glass(act: Any) -> None:
    told = repr(act(Story()).screen)
    assert not [secret for secret in ("王大明", "李小芳", "孙美丽", "张文", "陈思", "V-1") if secret in told]
