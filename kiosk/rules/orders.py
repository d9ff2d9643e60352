"""Orders of people with the right to give them: lockdown, evacuation, maintenance, resets."""

from typing import Any, assert_never

import msgspec
from msgspec.structs import replace

from kiosk.rules.messages import Input, Kind, Order, Ordered, Permit, Release, Sense
from kiosk.rules.turn import Turn


def ordered(turn: Turn, event: Ordered) -> None:
    why = _refused(turn, event)
    if why:
        turn.note(Kind.ORDER_REFUSED, order=event.order, by=event.by, why=why)
        return
    told: dict[str, Any] = {"by": event.by, "reason": event.reason}
    match event.order:
        case Order.LOCKDOWN:
            turn.note(Kind.LOCKDOWN, urgent=True, **told)
            _cancel(turn)
        case Order.EVACUATION:
            # Released first, as for a fire: people who flee wait for no disk.
            turn.set(lock=replace(turn.door.lock, released=True, reason="evacuation", until=None))
            turn.commands.append(Release("evacuation", None))
            turn.note(Kind.EVACUATION, urgent=True, **told)
        case Order.FIRE_RESET | Order.EVACUATION_END:
            turn.note(Kind.FIRE_RESET if event.order is Order.FIRE_RESET else Kind.EVACUATION_END, urgent=True, **told)
            if not turn.door.free:
                turn.secure(event.order)
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
    return msgspec.to_builtins(permit)  # type: ignore[no-any-return]


def _refused(turn: Turn, event: Ordered) -> str:
    """Why an order cannot be carried out, or nothing."""
    door, permit = turn.door, event.permit
    if event.order is Order.FIRE_RESET and door.inputs.get(Input.FIRE) is Sense.ACTIVE:
        return "the fire signal is still there"
    if event.order is not Order.MAINTENANCE:
        return ""
    if permit is None:
        return "maintenance needs an approved work permit"
    if turn.now_s is None:
        return "the clock is not set, so the permit's window cannot be checked"
    if not permit.not_before <= turn.now_s < permit.not_after:
        return "the permit is for another time"
    return ""


def _cancel(turn: Turn) -> None:
    """A lockdown shuts the door on whoever has not gone in yet; it never shuts in those who flee."""
    turn.set(asking=None)
    if turn.door.free or not turn.door.lock.released:
        return
    for visit in turn.door.memory.granted:
        turn.note(Kind.NOT_TAKEN, visit)
    turn.secure("lockdown")


def silence(turn: Turn, by: str, reason: str) -> None:
    turn.note(Kind.ALARM_RESET, by=by, reason=reason)
    turn.set(alarms=frozenset())
