"""Orders of people with the right to give them: lockdown, evacuation, maintenance, resets.

Whatever moves the lock moves it first: a lockdown secures and an evacuation releases before the disk is asked.
"""

from collections.abc import Callable
from typing import Any, assert_never

import msgspec

from kiosk.rules.leaf import held_anew
from kiosk.rules.messages import Input, Kind, Order, Ordered, Permit, Sense
from kiosk.rules.turn import Door, Turn


def ordered(turn: Turn, event: Ordered) -> None:
    why = _refused(turn, event)
    if why:
        turn.note(Kind.ORDER_REFUSED, order=event.order, by=event.by, why=why)
        return
    told: dict[str, Any] = {"by": event.by, "reason": event.reason}
    match event.order:
        case Order.LOCKDOWN:
            _cancel(turn)
            turn.note(Kind.LOCKDOWN, urgent=True, **told)
        case Order.EVACUATION:
            turn.free("evacuation")
            turn.note(Kind.EVACUATION, urgent=True, **told)
        case Order.FIRE_RESET | Order.EVACUATION_END:
            turn.note(Kind(event.order), urgent=True, **told)
            if not turn.door.free:
                turn.secure(event.order)
                held_anew(turn)
        case Order.MAINTENANCE:
            permit = event.permit
            turn.note(Kind.MAINTENANCE, urgent=True, permit=_json(permit) if permit else None, **told)
        case Order.LOCKDOWN_END | Order.MAINTENANCE_END:
            turn.note(Kind(event.order), urgent=True, **told)
        case Order.ALARM_RESET:
            silence(turn, event.by, event.reason)
        case Order.CODE_UNLOCK:
            turn.note(Kind.CODE_LOCKOUT_END, urgent=True, **told)
            turn.set(lockout_until=None)
            turn.calm(Kind.CODE_LOCKOUT)
        case _:
            assert_never(event.order)


def _json(permit: Permit) -> dict[str, Any]:
    return {**msgspec.to_builtins(permit), "people": list(permit.people)}


def _refused(turn: Turn, event: Ordered) -> str:
    """Why an order cannot be carried out, or nothing."""
    door, permit = turn.door, event.permit
    if event.order in _ENDS and not _ENDS[event.order](door):
        return "there is nothing to end"
    if event.order is Order.FIRE_RESET and not _fire_clear(door):
        return "the fire signal is not clear"
    if event.order is not Order.MAINTENANCE:
        return ""
    if permit is None:
        return "maintenance needs an approved work permit"
    if turn.now_s is None:
        return "the clock is not set, so the permit's window cannot be checked"
    if not permit.not_before <= turn.now_s < permit.not_after:
        return "the permit is for another time"
    return ""


_ENDS: dict[Order, Callable[[Door], bool]] = {
    Order.FIRE_RESET: lambda door: door.memory.fire,
    Order.EVACUATION_END: lambda door: door.memory.evacuation,
    Order.LOCKDOWN_END: lambda door: door.memory.lockdown,
    Order.MAINTENANCE_END: lambda door: door.memory.permit is not None,
}


def _fire_clear(door: Door) -> bool:
    """A cut wire, or one not read yet, is no all-clear; one that the settings no longer name says nothing."""
    return Input.FIRE in door.absent or door.inputs.get(Input.FIRE) is Sense.NORMAL


def _cancel(turn: Turn) -> None:
    """A lockdown shuts the door on whoever has not gone in yet; it never shuts in those who flee."""
    turn.set(asking=None)
    if turn.door.lock.released and not turn.door.free:
        turn.secure("lockdown")


def silence(turn: Turn, by: str, reason: str) -> None:
    turn.note(Kind.ALARM_RESET, by=by, reason=reason)
    turn.set(alarms=frozenset())
