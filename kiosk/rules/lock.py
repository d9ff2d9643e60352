"""The lock: what it did, what it could not do, when its time is over, whether its bolt was thrown.

What a lock that did not answer does is not known. An exit and a fire are said again until they are heard; a grant is
not: who was let in presents the card again, since neither a fault nor its end may ever open a door (IEC 60839-11-1).
"""

from msgspec.structs import replace

from kiosk.rules.messages import Input, Kind, LockFailed, Sense
from kiosk.rules.turn import LOCK, SAY_AGAIN_MS, Door, Turn

BOLT_TRAVEL_MS = 3000
RELOCK_GRACE_MS = 500  # an opening this soon after the relock was begun under the release


def lock_driven(turn: Turn, released: bool) -> None:  # noqa: FBT001 - a level is what it is
    lock = turn.door.lock
    if released is lock.released:
        turn.set(lock=replace(lock, works=True, again=None))
    if not released:
        turn.note(Kind.RELOCKED, reason=lock.reason)
        return
    memory = turn.door.memory
    grants: list[str | None] = [visit for visit in memory.granted if visit not in memory.acted]
    for visit in grants or [None]:
        turn.note(Kind.RELEASED, visit, reason=lock.reason)


def lock_failed(turn: Turn, event: LockFailed) -> None:
    lock, memory = turn.door.lock, turn.door.memory
    if lock.again is None:  # one record, not one a second
        turn.note(Kind.LOCK_FAILED, urgent=True, released=event.released, why=event.why)
    turn.set(lock=replace(lock, works=False, again=turn.at.mono + SAY_AGAIN_MS))
    if not event.released:
        return
    for visit in memory.granted:
        if visit not in memory.acted:
            turn.note(Kind.NOT_CARRIED_OUT, visit)
    turn.show(Kind.LOCK_FAILED)
    if lock.released and lock.reason == "granted":
        turn.secure("failed")


def say_again(turn: Turn, why: str) -> None:
    """Tell a lock that did not answer, or was away, what the door wants of it now."""
    lock = turn.door.lock
    if turn.door.free:
        turn.free(turn.door.freed_by)
    elif lock.released and lock.reason != "granted":
        turn.release_until(lock.reason, lock.until)
    else:
        turn.secure(why)


def device_back(turn: Turn, device: str) -> None:
    turn.set(lost={name: why for name, why in turn.door.lost.items() if name != device})
    if device == LOCK:
        say_again(turn, "returned")
    turn.note(Kind.DEVICE_BACK, device=device)


def timed_out(turn: Turn) -> None:
    turn.secure("time")


def unused_deadline(door: Door) -> int | None:
    """When a release that was used by nobody is closed: not with the relock, but once no opening can follow from it."""
    lock = door.lock
    if lock.released or lock.relocked is None or not (door.memory.granted or door.leaving):
        return None
    return lock.relocked + RELOCK_GRACE_MS


def bolt_missing(turn: Turn) -> None:
    turn.set(lock=replace(turn.door.lock, works=False))
    turn.note(Kind.LOCK_FAILED, urgent=True, released=False, why="the bolt is not thrown though the lock is secured")


def bolt_deadline(door: Door) -> int | None:
    """When a bolt that reads withdrawn though the lock was secured must have been thrown."""
    lock = door.lock
    if lock.released or lock.secured is None or not lock.works or door.leaf.opened is not None:
        return None
    return lock.secured + BOLT_TRAVEL_MS if door.inputs.get(Input.LOCK_POSITION) is Sense.NORMAL else None
