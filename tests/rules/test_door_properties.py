"""Laws that hold after every step, whatever happens in whatever order and at whatever time.

A scene is any sequence of events under one of several policies: moments that repeat and run backwards, clocks that
jump or were never set, levels out of nowhere, a lock that fails, a disk that fails. Each law is asked of each step.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from kiosk.rules.credentials import Approval, Card, CodeMatch, Person, Trust
from kiosk.rules.door import deadline, step
from kiosk.rules.memory import Memory, local_day, remember
from kiosk.rules.messages import (
    Append,
    BadFrames,
    CardPresented,
    Clock,
    ClockChanged,
    CodeEntered,
    Command,
    DeviceBack,
    DeviceLost,
    Event,
    Input,
    InputChanged,
    Kind,
    ListChanged,
    ListFailed,
    LockDriven,
    LockFailed,
    Moment,
    NeighbourChanged,
    Order,
    Ordered,
    Permit,
    PhotoStored,
    Release,
    Secure,
    Sense,
    Side,
    Started,
    Stopping,
    StorageBack,
    StorageFailed,
    Ticked,
)
from kiosk.rules.policy import (
    AntiPassback,
    AntiPassbackKind,
    Codes,
    Escort,
    FirstIn,
    Interlock,
    Policy,
    Timing,
    TwoPerson,
)
from kiosk.rules.record import compose, parse
from kiosk.rules.turn import LOCK, Door
from kiosk.rules.view import screen
from tests.rules.school import (
    CHIEF,
    DAY,
    DIRECTOR,
    EIGHT,
    HOUR,
    PERMIT,
    TAIAN,
    TEACHER,
    VICE,
    WORKER,
    approval,
    found,
    school,
)

POLICIES: dict[str, Policy] = {
    "all off": school(),
    "all on": school(
        custodian_schedule="daytime",
        approval_schedule="daytime",
        exit_schedule="night",
        two_person=TwoPerson(),
        escort=Escort(),
        first_in=FirstIn(),
        anti_passback=AntiPassback(AntiPassbackKind.HARD, reset_minutes=60),
        interlock=Interlock(("inner",)),
        revocation_age_hours=24,
        maintenance_admits=("vice_principal",),
        custodians_without_record_hours=1,
    ),
    "mild": school(
        codes=Codes(wrong_tries=1, lockout_s=(10, 20)),
        escort=Escort(within_s=3, inside_counts=False),
        anti_passback=AntiPassback(AntiPassbackKind.SOFT),
        timing=Timing(release_s=1, open_s=5, pre_alarm_s=0, exit_release_s=60),
        custodians_without_record_hours=72,
    ),
    "pairs": school(two_person=TwoPerson(within_s=300), lockdown_admits=(), trust=Trust.NUMBER),
}
PEOPLE = (DIRECTOR, VICE, CHIEF, TEACHER, WORKER, None)
APPROVALS = (
    approval(1),
    approval(2, openings=3),
    approval(3, person=TEACHER.id, headcount=1),
    approval(4, room="south_gate"),
)
PARTIES = len(PEOPLE) + len(APPROVALS)
START = Moment(1, 0, EIGHT * 1000, Clock.SYNCED)

# ---------------------------------------------------------------- scenes


def tap(person: Person | None, side: Side = Side.OUTSIDE, *approvals: Approval, **parts: Any) -> Event:
    return CardPresented(
        START, side, "reader", Card("em4100", b"12345", Trust.NUMBER), found(person, *approvals, **parts)
    )


def entered(approval: Approval | None, side: Side = Side.OUTSIDE, *, duress: bool = False) -> Event:
    return CodeEntered(START, side, CodeMatch(approval, duress))


def level(which: Input, sense: Sense = Sense.ACTIVE) -> Event:
    return InputChanged(START, which, sense)


def order(what: Order, permit: Permit | None = None) -> Event:
    return Ordered(START, what, "王大明", "演练", permit)


LINE: dict[str, Any] = {
    "side": "outside",
    "how": "code",
    "person": None,
    "name": "张文",
    "grounds": "approval",
    "approval": "V-1",
    "headcount": 1,
    "approver": "校长",
    "reason": "检查",
    "due": EIGHT + HOUR,
    "companions": [],
}
STOOD = (Append(START, Kind.GRANTED, LINE, "0-0-0", urgent=True),)

OPEN, CLOSED = level(Input.DOOR_POSITION), level(Input.DOOR_POSITION, Sense.NORMAL)
PRESS, LET_GO = level(Input.EXIT_BUTTON), level(Input.EXIT_BUTTON, Sense.NORMAL)
FIRE, CLEAR = level(Input.FIRE), level(Input.FIRE, Sense.NORMAL)
QUIET: tuple[Event, ...] = (
    ListChanged(START, 1, EIGHT - HOUR, 5),
    NeighbourChanged(START, "inner", secure=True),
    CLOSED,
    LET_GO,
    CLEAR,
)

# What people and the world do: single events, and such as belong together, so that a scene gets somewhere.
SINGLE: list[Event] = [
    *(tap(person) for person in PEOPLE),
    *(tap(person, Side.INSIDE) for person in PEOPLE),
    *(tap(TEACHER, Side.OUTSIDE, approval_) for approval_ in APPROVALS),
    tap(CHIEF, Side.OUTSIDE, *APPROVALS),
    tap(DIRECTOR, duress=True),
    tap(DIRECTOR, disabled=True),
    tap(DIRECTOR, Side.INSIDE, duress=True),
    *(entered(approval_, side) for approval_ in (*APPROVALS, None) for side in Side),
    entered(APPROVALS[0], duress=True),
    *(level(which, sense) for which in Input for sense in Sense),
    *(order(what) for what in Order),
    order(Order.MAINTENANCE, PERMIT),
    *(
        answer
        for released in (True, False)
        for answer in (LockDriven(START, released), LockFailed(START, released, ""))
    ),
    *(
        each
        for name in ("outside", "inner", LOCK, *Input)
        for each in (DeviceLost(START, name, ""), DeviceBack(START, name))
    ),
    BadFrames(START, "outside", 3),
    ListChanged(START, 2, EIGHT - 9 * DAY, 5),
    ListFailed(START, "unsigned", in_force=True),
    ListFailed(START, "damaged"),
    StorageFailed(START, "full"),
    StorageBack(START, 3),
    StorageBack(START, 3, STOOD),
    NeighbourChanged(START, "inner", secure=False),
    NeighbourChanged(START, "inner", secure=None),
    ClockChanged(START, -5),
    PhotoStored(START, None, None, 0, "no picture"),
    Started(START),
    Started(START, ("fire", "door_position")),
    Stopping(START, "update"),
]
PHRASES: list[tuple[Event, ...]] = [
    *((tap(person), OPEN, CLOSED) for person in (DIRECTOR, VICE)),
    *((tap(person, Side.INSIDE), OPEN, CLOSED) for person in (DIRECTOR, VICE)),
    *((entered(approval_), OPEN, CLOSED) for approval_ in APPROVALS[:2]),
    (entered(APPROVALS[0]), tap(DIRECTOR), OPEN, CLOSED),
    (tap(DIRECTOR), tap(VICE), OPEN, CLOSED),
    (tap(DIRECTOR), tap(DIRECTOR), tap(DIRECTOR)),
    (PRESS, LET_GO, OPEN, CLOSED),
    (OPEN, CLOSED, OPEN, CLOSED),
    (entered(None),) * 5,
    (FIRE, CLEAR, order(Order.FIRE_RESET)),
    (order(Order.LOCKDOWN), tap(DIRECTOR), order(Order.LOCKDOWN_END)),
    (order(Order.EVACUATION), OPEN, order(Order.EVACUATION_END)),
    (order(Order.MAINTENANCE, PERMIT), tap(WORKER), OPEN, CLOSED),
    (StorageFailed(START, "full"), tap(DIRECTOR), PRESS, LET_GO, StorageBack(START, 2)),
    (Started(START), *QUIET),
    QUIET,
    (Ticked(START),),
]


class Beat(Struct, frozen=True):
    """A phrase of a scene: how much later than the one before, on what wall clock, with a lock that works or not."""

    events: tuple[Event, ...]
    later: int
    wall: int | None
    works: bool


beats = st.builds(
    Beat,
    st.one_of(st.sampled_from(PHRASES), st.sampled_from(SINGLE).map(lambda event: (event,))),
    st.sampled_from([0, 0, 1, 400, 500, 1000, 5000, 5000, 20_000, 60_000, 3_600_000, -1, -5000]),
    st.sampled_from([*[0] * 20, -14 * DAY * 1000, 365 * DAY * 1000, None]),
    st.sampled_from([*[True] * 9, False]),
)
scenes = st.tuples(st.sampled_from(sorted(POLICIES)), st.lists(beats, min_size=6, max_size=30))
Scene: TypeAlias = tuple[str, list[Beat]]


class Step(Struct, frozen=True):
    before: Door
    event: Event
    after: Door
    commands: tuple[Command, ...]


def play(scene: Scene) -> Iterator[Step]:
    """Every step of a scene, with what the lock answers stepped right after, as the loop does."""
    name, events = scene
    door = Door(POLICIES[name], "main", START)
    mono, boot = 0, 0
    for beat in [Beat((Started(START), *QUIET), 0, 0, works=True), *events]:
        mono = max(0, mono + beat.later)
        for happened in beat.events:
            boot += isinstance(happened, Started)
            wall = None if beat.wall is None else EIGHT * 1000 + mono + beat.wall
            moment = Moment(boot, mono, wall, Clock.UNSET if wall is None else Clock.SYNCED)
            queue: list[Event] = [replace(happened, at=moment)]
            while queue:
                event = queue.pop(0)
                after, commands = step(door, event)
                yield Step(door, event, after, commands)
                door = after
                queue += answers(commands, moment, works=beat.works)


def answers(commands: tuple[Command, ...], at: Moment, *, works: bool) -> list[Event]:
    """What the lock says to each command."""
    levels = [isinstance(command, Release) for command in commands if isinstance(command, Release | Secure)]
    return [LockDriven(at, released) if works else LockFailed(at, released, "broken") for released in levels]


# ---------------------------------------------------------------- what steps are made of


def appends(commands: tuple[Command, ...]) -> list[Append]:
    return [command for command in commands if isinstance(command, Append)]


def kinds(commands: tuple[Command, ...]) -> list[Kind]:
    return [entry.kind for entry in appends(commands)]


def leaves(one: Step) -> bool:
    """Whether somebody asks to get out: a press, a card or a code at the inner side."""
    match one.event:
        case CardPresented() | CodeEntered():
            return one.event.side is Side.INSIDE
        case InputChanged(input=Input.EXIT_BUTTON, sense=Sense.ACTIVE):
            return one.before.inputs.get(Input.EXIT_BUTTON) in {Sense.NORMAL, Sense.CUT, Sense.SHORT}
        case _:
            return False


def releases(one: Step) -> list[tuple[int, Release]]:
    return [(place, command) for place, command in enumerate(one.commands) if isinstance(command, Release)]


# ---------------------------------------------------------------- the laws


def leaving_is_never_refused_and_waits_for_no_record(one: Step) -> None:
    if leaves(one):
        assert isinstance(one.commands[0], Release)
        assert one.after.lock.released


def nobody_is_let_in_without_a_durable_record_before(one: Step) -> None:
    for place, command in releases(one):
        if command.reason != "granted":
            continue
        before = [entry for entry in appends(one.commands[:place]) if entry.kind is Kind.GRANTED and entry.urgent]
        late = [entry for entry in appends(one.commands[place:]) if entry.kind is Kind.GRANTED]
        if one.before.storage_failed_at is None:
            assert before
        else:
            assert late
            assert all(entry.body["late"] and entry.body["grounds"] == "custodian" for entry in late)


def every_release_has_its_cause(one: Step) -> None:
    memory, earlier = one.after.memory, one.before.memory
    again = one.before.lock.released and one.before.lock.reason == "exit"
    for _, command in releases(one):
        cause = {
            "granted": Kind.GRANTED in kinds(one.commands),
            "exit": leaves(one) or again,
            "fire": memory.fire or earlier.fire,  # an overdue level is said again before the order that ends it
            "evacuation": memory.evacuation or earlier.evacuation,
        }
        assert cause[command.reason]


def no_release_but_a_grants_waits_for_a_record(one: Step) -> None:
    for place, command in releases(one):
        if command.reason != "granted" and Kind.GRANTED not in kinds(one.commands):
            assert not [entry for entry in appends(one.commands[:place]) if entry.urgent]


def every_release_has_an_end_or_a_name(one: Step) -> None:
    for _, command in releases(one):
        assert command.until is not None or command.reason in {"fire", "evacuation"}


def a_release_with_an_end_is_a_deadline(one: Step) -> None:
    until = one.after.lock.until
    if one.after.lock.released and until is not None:
        due = deadline(one.after)
        assert due is not None
        assert due <= until


def a_lock_is_free_just_as_long_as_there_is_a_fire_or_an_evacuation(one: Step) -> None:
    lock = one.after.lock
    assert one.after.free == (lock.released and lock.until is None)


def a_fire_ends_only_by_a_reset_once_the_signal_is_clear(one: Step) -> None:
    if one.before.memory.fire and not one.after.memory.fire:
        assert isinstance(one.event, Ordered)
        assert one.event.order is Order.FIRE_RESET
        assert one.before.inputs.get(Input.FIRE) is Sense.NORMAL or Input.FIRE in one.before.absent


def a_fire_signal_releases_first(one: Step) -> None:
    match one.event:
        case InputChanged(input=Input.FIRE, sense=Sense.ACTIVE) if not one.before.memory.fire:
            if one.before.inputs.get(Input.FIRE) is not Sense.ACTIVE:
                assert one.commands[0] == Release("fire", None)


def a_lockdown_admits_nobody(one: Step) -> None:
    if one.before.memory.lockdown:
        assert Kind.GRANTED not in kinds(one.commands)


def a_lock_is_not_left_released_past_its_end(one: Step) -> None:
    until = one.after.lock.until
    if one.after.lock.released and until is not None:
        ticked, commands = step(one.after, Ticked(later(one.after, until)))
        assert not ticked.lock.released
        assert Secure("time") in commands


def a_deadline_that_was_ticked_is_over(one: Step) -> None:
    due = deadline(one.after)
    if due is not None:
        now = max(due, one.after.at.mono)
        ticked, _ = step(one.after, Ticked(later(one.after, now)))
        ahead = deadline(ticked)
        assert ahead is None or ahead > now


def later(door: Door, mono: int) -> Moment:
    wall = door.at.wall
    return Moment(door.at.boot, mono, None if wall is None else wall + mono - door.at.mono, door.at.clock)


def a_start_locks_first(one: Step) -> None:
    if isinstance(one.event, Started):
        assert one.commands[0] == Secure("started")


def nothing_stays_open_over_a_start(one: Step) -> None:
    if isinstance(one.event, Started):
        assert (one.after.memory.granted, one.after.memory.acted, one.after.asking) == ({}, (), None)


def what_a_door_keeps_is_bounded_by_the_people(one: Step) -> None:
    door, memory = one.after, one.after.memory
    sizes = [memory.inside, memory.granted, memory.acted, memory.used, door.leaving]
    assert max(len(each) for each in sizes) <= PARTIES + 1


def every_state_has_a_screen(one: Step) -> None:
    told = screen(one.after)
    assert told.word.text
    assert not [name for name in ("王大明", "李小芳", "张文", "V-1") if name in repr(told)]


def the_siren_sounds_for_an_alarm_and_not_over_a_fire(one: Step) -> None:
    door = one.after
    assert door.siren == (bool(door.alarms) and not door.free and door.memory.permit is None)


def what_was_secured_is_not_open_to_a_grant(one: Step) -> None:
    """Whoever may still go in was let in by a release that runs, or ended within the grace of it."""
    if one.after.memory.granted and not one.after.lock.released:
        due = deadline(one.after)
        assert due is not None
        assert due <= (one.after.lock.relocked or 0) + 500


Law = Callable[[Step], None]
LAWS: list[Law] = [
    leaving_is_never_refused_and_waits_for_no_record,
    nobody_is_let_in_without_a_durable_record_before,
    every_release_has_its_cause,
    no_release_but_a_grants_waits_for_a_record,
    every_release_has_an_end_or_a_name,
    a_release_with_an_end_is_a_deadline,
    a_lock_is_free_just_as_long_as_there_is_a_fire_or_an_evacuation,
    a_fire_ends_only_by_a_reset_once_the_signal_is_clear,
    a_fire_signal_releases_first,
    a_lockdown_admits_nobody,
    a_lock_is_not_left_released_past_its_end,
    a_deadline_that_was_ticked_is_over,
    a_start_locks_first,
    nothing_stays_open_over_a_start,
    what_a_door_keeps_is_bounded_by_the_people,
    every_state_has_a_screen,
    the_siren_sounds_for_an_alarm_and_not_over_a_fire,
    what_was_secured_is_not_open_to_a_grant,
]
EXAMPLES = 100


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@settings(max_examples=EXAMPLES, deadline=None)
@given(scenes)
def test_law(law: Law, scene: Scene) -> None:
    for one in play(scene):
        law(one)


@settings(max_examples=EXAMPLES, deadline=None)
@given(scenes)
def test_a_replay_of_the_records_is_the_same_door(scene: Scene) -> None:
    memory, seq = Memory(), 0
    for one in play(scene):
        before = one.event.stood if isinstance(one.event, StorageBack) else ()
        for entry in (*before, *appends(one.commands)):
            read = parse(compose(seq, entry, "south-gate", bytes(16)))
            now_s = None if read.wall is None else read.wall // 1000
            memory = remember(memory, Kind(read.kind), read.facts, read.visit, now_s, local_day(read.wall, TAIAN))
            seq += 1
        assert memory == one.after.memory


@settings(max_examples=EXAMPLES, deadline=None)
@given(scenes)
def test_no_two_visits_have_one_id(scene: Scene) -> None:
    visits = [entry.visit for one in play(scene) for entry in appends(one.commands) if entry.kind is Kind.GRANTED]
    assert len(visits) == len(set(visits))


@settings(max_examples=EXAMPLES, deadline=None)
@given(scenes, st.randoms(use_true_random=False), st.integers(0, 3))
def test_inputs_repeated_and_reordered_release_nothing_without_a_cause(scene: Scene, chance: Any, times: int) -> None:
    name, events = scene
    shuffled = events * (times + 1)
    chance.shuffle(shuffled)
    for one in play((name, shuffled[:60])):
        every_release_has_its_cause(one)


@settings(max_examples=EXAMPLES, deadline=None)
@given(scenes)
def test_a_scene_played_twice_is_the_same_scene(scene: Scene) -> None:
    assert list(play(scene)) == list(play(scene))
