"""The lock: what it did, what it could not do, when its time is over, whether its bolt was thrown."""

from msgspec.structs import replace

from kiosk.rules.messages import Input, Kind, LockFailed, Release, Secure, Sense
from kiosk.rules.passage import depart
from kiosk.rules.turn import LOCK, Door, Turn

BOLT_TRAVEL_MS = 3000


def lock_driven(turn: Turn, released: bool) -> None:  # noqa: FBT001 - a level is what it is
    lock = turn.door.lock
    turn.set(lock=replace(lock, works=True))
    if not released:
        turn.note(Kind.RELOCKED, reason=lock.reason)
        return
    memory = turn.door.memory
    grants: list[str | None] = [visit for visit in memory.granted if visit not in memory.acted]
    for visit in grants or [None]:
        turn.note(Kind.RELEASED, visit, reason=lock.reason)


def lock_failed(turn: Turn, event: LockFailed) -> None:
    turn.set(lock=replace(turn.door.lock, works=False))
    turn.note(Kind.LOCK_FAILED, urgent=True, released=event.released, why=event.why)
    if event.released:
        for visit in turn.door.memory.granted:
            turn.note(Kind.NOT_CARRIED_OUT, visit)
        if not turn.door.free:
            turn.set(lock=replace(turn.door.lock, released=False, until=None, reason="failed"))
        turn.show(Kind.LOCK_FAILED)


def device_back(turn: Turn, device: str) -> None:
    lost = {name: why for name, why in turn.door.lost.items() if name != device}
    turn.set(lost=lost)
    turn.note(Kind.DEVICE_BACK, device=device)
    if device == LOCK:
        # What the relay does after it was gone is not known: it is told again what the door wants.
        lock = turn.door.lock
        turn.commands.append(Release(lock.reason, lock.until) if lock.released else Secure("returned"))


def timed_out(turn: Turn) -> None:
    """The release time is over. Without a door contact nobody can say "not taken": then it counts as taken."""
    blind = Input.DOOR_POSITION in turn.door.absent
    for visit in turn.door.memory.granted:
        if blind:
            turn.note(Kind.TAKEN, visit, assumed=True)
        else:
            turn.note(Kind.NOT_TAKEN, visit)
    if blind:
        depart(turn)
    turn.set(leaving=())
    turn.secure("time")


def bolt_missing(turn: Turn) -> None:
    turn.set(lock=replace(turn.door.lock, works=False))
    turn.note(Kind.LOCK_FAILED, urgent=True, released=False, why="the bolt is not thrown though the lock is secured")


def bolt_deadline(door: Door) -> int | None:
    """When a bolt that reads withdrawn though the lock was secured must have been thrown."""
    lock = door.lock
    if lock.released or lock.relocked is None or not lock.works or door.leaf.opened is not None:
        return None
    return lock.relocked + BOLT_TRAVEL_MS if door.inputs.get(Input.LOCK_POSITION) is Sense.NORMAL else None
