"""Starting and stopping: safe first, and what a crash left open is closed from the records alone."""

from kiosk.rules.memory import Memory, Visit
from kiosk.rules.messages import (
    Append,
    Input,
    InputChanged,
    Kind,
    Order,
    Release,
    Secure,
    Sense,
    Siren,
    Started,
    Stopping,
)
from tests.rules.school import DIRECTOR, EIGHT, HOUR, PERMIT, VICE, Story, approval, school


def test_the_first_act_of_a_start_is_to_lock() -> None:
    assert Story().commands[0] == Secure("started")


def test_a_start_never_releases() -> None:
    assert not [each for each in Story().commands if isinstance(each, Release)]


def test_what_is_not_wired_is_said_at_the_start() -> None:
    assert Story(absent=("tamper", "fire")).said(Kind.STARTED) == {"absent": ["tamper", "fire"]}


def test_a_start_forgets_what_another_boots_clock_said() -> None:
    story = Story().tap(DIRECTOR)
    story.happen(Started(story.now))
    assert (story.door.lock.until, story.door.shown, story.door.inputs) == (None, None, {})


def test_a_grant_that_was_not_acted_on_is_closed_as_not_carried_out() -> None:
    party = Visit("9-1-0", "p1", "王大明", person=1)
    assert [record for record in Story(memory=Memory(granted={"9-1-0": party})).records if record.visit] == [
        Append(Story().now, Kind.NOT_CARRIED_OUT, {}, "9-1-0")
    ]


def test_a_crash_while_released_counts_the_party_as_inside() -> None:
    story = Story().tap(DIRECTOR).crash()
    assert (story.said(Kind.TAKEN), story.inside) == ({"assumed": True}, {"王大明"})


def test_a_party_that_was_inside_before_the_crash_is_not_inside_twice() -> None:
    story = Story().walk_in(DIRECTOR).tap(DIRECTOR).crash()
    assert [record.kind for record in story.records if record.visit] == [Kind.LEFT, Kind.TAKEN]


def test_a_crash_after_the_passage_leaves_nothing_open() -> None:
    story = Story().walk_in(DIRECTOR).crash()
    assert [record for record in story.records if record.visit] == []


def test_who_is_inside_survives_a_crash() -> None:
    assert Story().walk_in(DIRECTOR).crash().inside == {"王大明"}


def test_a_code_that_was_used_stays_used_after_a_crash() -> None:
    story = Story().enter(approval()).crash().enter(approval(2)).close()
    assert story.crash().enter(approval()).kinds[0] is Kind.LEFT


def test_a_lock_out_begins_again_after_a_crash() -> None:
    story = Story()
    for _ in range(5):
        story.enter(None)
    assert story.crash().enter(approval()).reasons == ["code_locked_out"]


def test_tries_survive_a_crash() -> None:
    story = Story()
    for _ in range(4):
        story.enter(None)
    assert story.crash().enter(None).kinds == [Kind.DENIED, Kind.CODE_LOCKOUT]


def test_a_lockdown_survives_a_crash() -> None:
    assert Story().order(Order.LOCKDOWN).crash().tap(DIRECTOR).reasons == ["lockdown"]


def test_a_permit_survives_a_crash() -> None:
    assert Story().order(Order.MAINTENANCE, PERMIT).crash().door.memory.permit == PERMIT


def test_after_a_crash_in_a_fire_the_lock_is_locked_once_and_then_free_again_before_any_record() -> None:
    acts = [each for each in Story().fire().crash().commands if not isinstance(each, Append)]
    order = Story().fire().crash().commands
    assert (acts[:2], order[:2]) == ([Secure("started"), Release("fire", None)],) * 2


def test_an_evacuation_survives_a_crash() -> None:
    assert Story().order(Order.EVACUATION).crash().released


def test_a_visit_that_ran_over_while_the_door_was_down_is_overstayed_at_the_start() -> None:
    party = Visit("9-1-0", "aV-1", "张文", approval="V-1", due=EIGHT - HOUR)
    assert Kind.OVERSTAYED in Story(memory=Memory(inside={"aV-1": party})).kinds


def test_a_leaf_that_stands_open_at_the_start_was_found_open_and_not_forced() -> None:
    story = Story(bare=True)
    story.happen(Started(story.now))
    story.happen(InputChanged(story.now, Input.DOOR_POSITION, Sense.ACTIVE))
    assert (story.kinds, story.door.alarms) == ([Kind.FOUND_OPEN], frozenset())


def test_a_button_that_is_found_pressed_at_the_start_releases_nothing_and_is_noted() -> None:
    story = Story(bare=True)
    story.happen(Started(story.now))
    story.sense(Input.EXIT_BUTTON, Sense.ACTIVE)
    assert (story.kinds, story.released) == ([Kind.INPUT_FAULT], False)


def test_a_fire_signal_that_stands_at_the_start_releases() -> None:
    story = Story(bare=True)
    story.happen(Started(story.now))
    assert story.fire().commands[0] == Release("fire", None)


def test_an_orderly_stop_locks_first() -> None:
    story = Story()
    assert story.happen(Stopping(story.now, "update")).commands[0] == Secure("stopped")


def test_an_orderly_stop_leaves_nothing_to_assume() -> None:
    story = Story().tap(DIRECTOR)
    story.happen(Stopping(story.now, "update"))
    assert (story.kinds[0], story.door.memory.granted) == (Kind.NOT_TAKEN, {})


def test_a_stop_in_a_fire_leaves_the_door_free() -> None:
    story = Story().fire()
    story.happen(Stopping(story.now, "update"))
    assert (story.released, [each for each in story.commands if isinstance(each, Secure | Siren)]) == (True, [])


def test_two_in_one_millisecond_are_two_visits() -> None:
    story = Story(school()).tap(DIRECTOR).tap(VICE)
    assert list(story.door.memory.granted) == ["1-0-0", "1-0-1"]
