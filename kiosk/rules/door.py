"""The door as a function: `step(door, event) -> (door, commands)`. This is its table; nothing else changes a door.

What each line does stands in a room of its own, since one file for all of it would be four screens too long:
`entering`, `passage`, `leaf`, `lock`, `inputs`, `orders`. They change the door through a `Turn` and are called from
here alone, or from each other along the coupling rules below.

Small machines stand side by side in `Door`, coupled by the rules named here:

    lock     locked · released until a deadline · free (fire, evacuation: no deadline, by name)
    leaf     closed · open · unknown, with its held-open timers
    asking   nobody · the first of two who must enter together
    mode     fire > evacuation > lockdown > maintenance > normal, kept in `Memory`, since it outlives the process
    keypad   open · locked out

Coupling rules:
    grant     a record, then a release, in that order; an exit and a fire release first and record after, even what
              was due before them
    opening   an open leaf under a release is a passage and relocks; without one it is forced
    free      fire and evacuation hold the lock released whatever else happens, until a person ends them
    leaving   is never decided: the button and the inner reader release at once, in every mode
    silence   a duress grant looks like any other; only its record differs

The table is total over what a door can do to us: every event has a branch, and every branch accepts every state.
Deadlines that have passed are carried out with each step, so a late tick changes nothing.
"""

from typing import Any, assert_never

from kiosk.rules.entering import card, code, nobody_came
from kiosk.rules.inputs import device_lost, input_changed, neighbour_changed
from kiosk.rules.leaf import held, leaf_deadline
from kiosk.rules.lock import (
    bolt_deadline,
    bolt_missing,
    device_back,
    lock_driven,
    lock_failed,
    say_again,
    timed_out,
    unused_deadline,
)
from kiosk.rules.messages import (
    BadFrames,
    CardPresented,
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
    NeighbourChanged,
    Order,
    Ordered,
    PhotoStored,
    Side,
    Started,
    Stopping,
    StorageBack,
    StorageFailed,
    Ticked,
)
from kiosk.rules.orders import ordered
from kiosk.rules.passage import not_entered, take
from kiosk.rules.turn import Door, List, Turn, next_due


def step(door: Door, event: Event) -> tuple[Door, tuple[Command, ...]]:
    """One event. Never raises for anything the world can do."""
    turn = Turn(door, event.at)
    if _waits_for_nothing(event):
        _happened(turn, event)
        _deadlines(turn)
    else:
        _deadlines(turn)
        _happened(turn, event)
    turn.sound()
    return turn.door, tuple(turn.commands)


def _waits_for_nothing(event: Event) -> bool:
    """Leaving, fire, a lock that is back: nothing overdue comes before them, since a record that the disk refuses
    would hold back the release behind it. Nor before a start, whose deadlines were another clock's, and before what
    stands in the ledger already."""
    match event:
        case CardPresented() | CodeEntered():
            return event.side is Side.INSIDE
        case InputChanged():
            return event.input is Input.EXIT_BUTTON or event.input is Input.FIRE
        case Ordered():
            return event.order is Order.EVACUATION
        case _:
            return isinstance(event, Started | DeviceBack | StorageBack)


def deadline(door: Door) -> int | None:
    """The mono ms at which the door wants a `Ticked`, or None."""
    times = (
        door.lock.until,
        door.lock.again,
        door.lockout_until,
        door.asking.until if door.asking else None,
        door.shown.until if door.shown else None,
        unused_deadline(door),
        leaf_deadline(door),
        bolt_deadline(door),
        _wall_deadline(door),
    )
    return min([time for time in times if time is not None], default=None)


def _happened(turn: Turn, event: Event) -> None:  # noqa: C901, PLR0912 - the table: one line an event
    match event:
        case Started():
            _started(turn, event)
        case CardPresented():
            card(turn, event)
        case CodeEntered():
            code(turn, event)
        case InputChanged():
            input_changed(turn, event.input, event.sense)
        case LockDriven():
            lock_driven(turn, event.released)
        case LockFailed():
            lock_failed(turn, event)
        case DeviceLost():
            device_lost(turn, event)
        case DeviceBack():
            device_back(turn, event.device)
        case BadFrames():
            turn.note(Kind.BAD_FRAMES, device=event.device, count=event.count)
        case ListChanged():
            _list_changed(turn, event)
        case ListFailed():
            turn.set(list=turn.door.list if event.in_force else None, list_fault=event.why)
            turn.note(Kind.LIST_FAILED, why=event.why)
        case StorageFailed():
            _storage_failed(turn, event.why)
        case StorageBack():
            _storage_back(turn, event)
        case NeighbourChanged():
            neighbour_changed(turn, event.door, event.secure)
        case ClockChanged():
            turn.note(Kind.CLOCK, step_ms=event.step_ms)
        case Ordered():
            ordered(turn, event)
        case PhotoStored():
            turn.note(Kind.PHOTO, event.visit, digest=event.digest, count=event.count, why=event.why)
        case Ticked():
            pass
        case Stopping():
            _stopping(turn, event.why)
        case _:
            assert_never(event)


def _started(turn: Turn, event: Started) -> None:
    """Safe first; then what the crash left open is closed, and what outlives a crash is taken up again."""
    door = turn.door
    memory = door.memory
    turn.door = Door(door.policy, door.room_id, event.at, memory, absent=event.absent, next_due=next_due(memory))
    turn.secure("started")
    if turn.door.free:
        turn.free(turn.door.freed_by)
    turn.note(Kind.STARTED, urgent=True, absent=list(event.absent))
    for visit in memory.granted:
        if visit in memory.acted:
            # Released, then silence: nobody can say whether the party went in. Who may be inside counts as inside.
            take(turn, (visit,), assumed=True)
        else:
            turn.note(Kind.NOT_CARRIED_OUT, visit)
    if memory.lockout_s:
        # The clock may have stood still or jumped meanwhile; the whole lock-out again is what cannot be cheated.
        turn.set(lockout_until=turn.at.mono + memory.lockout_s * 1000)


def _stopping(turn: Turn, why: str) -> None:
    """An orderly end: what is open is closed now, so that the next start has nothing to assume."""
    if not turn.door.free:
        turn.secure("stopped")
    not_entered(turn)
    turn.note(Kind.STOPPED, urgent=True, why=why)


def _list_changed(turn: Turn, event: ListChanged) -> None:
    turn.set(list=List(event.version, event.made_at, event.credentials), list_fault="")
    turn.note(Kind.LIST, version=event.version, made_at=event.made_at, credentials=event.credentials)


def _storage_failed(turn: Turn, why: str) -> None:
    if turn.door.storage_failed_at is None:
        turn.set(storage_failed_at=turn.at.mono)
        turn.note(Kind.STORAGE_FAILED, why=why)
        turn.alarm(Kind.STORAGE_FAILED)
    turn.set(storage_fault=why)
    turn.show(Kind.STORAGE_FAILED)


def _storage_back(turn: Turn, event: StorageBack) -> None:
    """A grant that seemed lost and stands in the ledger after all was never carried out: nothing was released."""
    turn.set(storage_failed_at=None, storage_fault="")
    turn.calm(Kind.STORAGE_FAILED)
    for entry in event.stood:
        turn.recall(entry)
        if entry.kind is Kind.GRANTED and entry.visit is not None:
            turn.note(Kind.NOT_CARRIED_OUT, entry.visit)
    dropped: dict[str, Any] = {"dropped": event.dropped} if event.dropped else {}
    turn.note(Kind.STORAGE_BACK, queued=event.queued, **dropped)


def _deadlines(turn: Turn) -> None:
    """Everything whose time has come, whatever event brought us here."""
    now = turn.at.mono
    door = turn.door
    if door.shown is not None and now >= door.shown.until:
        turn.set(shown=None)
    if door.lock.until is not None and now >= door.lock.until:
        timed_out(turn)
    if door.lock.again is not None and now >= door.lock.again and not turn.commands:
        say_again(turn, "again")  # never behind a record that the disk could refuse: rather in a step of its own
    if (at := unused_deadline(door)) is not None and now >= at:
        not_entered(turn)
    if door.asking is not None and now >= door.asking.until:
        nobody_came(turn, door.asking)
    if door.lockout_until is not None and now >= door.lockout_until:
        turn.note(Kind.CODE_LOCKOUT_END, urgent=True, by="", reason="")
        turn.set(lockout_until=None)
        turn.calm(Kind.CODE_LOCKOUT)
    if door.leaf.opened is not None:
        held(turn)
    if (at := bolt_deadline(door)) is not None and now >= at:
        bolt_missing(turn)
    if door.next_due is not None and turn.now_s is not None and turn.now_s >= door.next_due:
        _ran_out(turn)


def _wall_deadline(door: Door) -> int | None:
    """The next due time on the monotonic clock. A clock that is set later only moves it."""
    if door.next_due is None or door.at.wall is None:
        return None
    return door.at.mono + max(0, door.next_due * 1000 - door.at.wall)


def _ran_out(turn: Turn) -> None:
    now_s = turn.now_s or 0
    for visit in turn.door.memory.inside.values():
        if visit.due is not None and not visit.overstayed and now_s >= visit.due:
            turn.note(Kind.OVERSTAYED, visit.id, name=visit.name, due=visit.due)
    permit = turn.door.memory.permit
    if permit is not None and now_s >= permit.not_after:
        turn.note(Kind.MAINTENANCE_END, by="", reason="the permit ran out")
