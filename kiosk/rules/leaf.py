"""The leaf: opened under a release, found open, forced, held open too long, closed."""

from msgspec.structs import replace

from kiosk.rules.lock import RELOCK_GRACE_MS
from kiosk.rules.messages import Kind
from kiosk.rules.passage import depart, take
from kiosk.rules.turn import Door, Leaf, Turn


def opened(turn: Turn, *, first: bool) -> None:
    door = turn.door
    lock = door.lock
    under_release = lock.released or (lock.relocked is not None and turn.at.mono - lock.relocked <= RELOCK_GRACE_MS)
    turn.set(leaf=Leaf(opened=turn.at.mono))
    if first:
        turn.note(Kind.FOUND_OPEN, urgent=True)
    elif under_release:
        take(turn)
        depart(turn)
        if lock.released and lock.until is not None:
            turn.secure("opened")
    else:
        turn.set(leaf=Leaf(opened=turn.at.mono, forced=True))
        turn.note(Kind.FORCED, urgent=True)
        turn.alarm(Kind.FORCED)
        turn.photo(Kind.FORCED, burst=5)


def closed(turn: Turn) -> None:
    leaf = turn.door.leaf
    if leaf.held or leaf.forced:
        turn.note(Kind.CLOSED)
        turn.calm(Kind.HELD)
    turn.set(leaf=Leaf())


def held(turn: Turn) -> None:
    timing = turn.door.room.timing
    while (at := leaf_deadline(turn.door)) is not None and turn.at.mono >= at:
        if not turn.door.leaf.warned and timing.pre_alarm_s:
            turn.set(leaf=replace(turn.door.leaf, warned=True))
            turn.note(Kind.HELD_WARNING, after_s=timing.open_s - timing.pre_alarm_s)
        else:
            turn.set(leaf=replace(turn.door.leaf, held=True))
            turn.note(Kind.HELD, urgent=True, after_s=timing.open_s)
            turn.alarm(Kind.HELD)


def held_anew(turn: Turn) -> None:
    """The timers of an open leaf begin again: nobody could close it before."""
    if turn.door.leaf.opened is not None:
        turn.set(leaf=Leaf(opened=turn.at.mono, forced=turn.door.leaf.forced))


def leaf_deadline(door: Door) -> int | None:
    leaf, timing = door.leaf, door.room.timing
    if leaf.opened is None or leaf.held or door.free:
        return None
    seconds = timing.open_s if leaf.warned or not timing.pre_alarm_s else timing.open_s - timing.pre_alarm_s
    return leaf.opened + seconds * 1000
