"""Supervised inputs: a level that changed, a wire that was cut, tamper and fire."""

from typing import assert_never

from msgspec.structs import replace

from kiosk.rules.leaf import closed, opened
from kiosk.rules.messages import DeviceLost, Input, Kind, Sense
from kiosk.rules.passage import leave
from kiosk.rules.turn import SOUND, Turn

_INPUTS = frozenset(Input)
_UNREAD = frozenset({None, Sense.UNKNOWN})


def device_lost(turn: Turn, event: DeviceLost) -> None:
    """What a lost device said last no longer counts: an input reads unknown, and a neighbour is not known secure."""
    turn.set(lost={**turn.door.lost, event.device: event.why})
    turn.note(Kind.DEVICE_LOST, urgent=True, device=event.device, why=event.why)
    if event.device in _INPUTS:
        input_changed(turn, Input(event.device), Sense.UNKNOWN)
    if turn.door.neighbours.get(event.device) is not None:
        neighbour_changed(turn, event.device, None)


def neighbour_changed(turn: Turn, name: str, secure: bool | None) -> None:  # noqa: FBT001 - a level is what it is
    known = turn.door.neighbours
    if name not in known or known[name] is not secure:
        turn.set(neighbours={**known, name: secure})
        turn.note(Kind.INTERLOCK, neighbour=name, secure=secure)


def input_changed(turn: Turn, which: Input, sense: Sense) -> None:
    before = turn.door.inputs.get(which)
    if before is sense:
        return
    turn.set(inputs={**turn.door.inputs, which: sense})
    if sense not in SOUND:
        turn.note(Kind.INPUT_FAULT, urgent=True, input=which, sense=sense)
        if sense is not Sense.UNKNOWN:
            turn.alarm(Kind.INPUT_FAULT)
        return
    _level(turn, which, before, active=sense is Sense.ACTIVE)
    if before is not None and before not in SOUND:
        turn.note(Kind.INPUT_BACK, input=which, sense=sense)
        if SOUND.issuperset(turn.door.inputs.values()):
            turn.calm(Kind.INPUT_FAULT)


def _level(turn: Turn, which: Input, before: Sense | None, *, active: bool) -> None:
    match which:
        case Input.DOOR_POSITION:
            if not active:
                closed(turn)
            elif turn.door.leaf.opened is None:
                opened(turn, first=before is None)
        case Input.EXIT_BUTTON:
            _button(turn, before, active=active)
        case Input.TAMPER:
            _tamper(turn, active=active, first=before is None)
        case Input.FIRE:
            fire(turn, active=active)
        case Input.LOCK_POSITION:
            turn.set(lock=replace(turn.door.lock, works=active or turn.door.lock.works))
        case Input.PRESENCE:
            pass  # read where it matters, by the interlock
        case _:
            assert_never(which)


def _button(turn: Turn, before: Sense | None, *, active: bool) -> None:
    """A press is a change. A button found pressed when it is first read is stuck or shorted, and a start or the
    return of a link releases nothing (IEC 60839-11-1)."""
    if active and before in _UNREAD:
        turn.note(Kind.INPUT_FAULT, urgent=True, input=Input.EXIT_BUTTON, sense=Sense.ACTIVE)
    elif active:
        leave(turn, "button", None, "")


def _tamper(turn: Turn, *, active: bool, first: bool) -> None:
    if active:
        turn.note(Kind.TAMPER, urgent=True, input=Input.TAMPER, sense=Sense.ACTIVE)
        turn.alarm(Kind.TAMPER)
        turn.photo(Kind.TAMPER, burst=5)
    elif not first:
        turn.note(Kind.TAMPER_CLEAR, input=Input.TAMPER, sense=Sense.NORMAL)


def fire(turn: Turn, *, active: bool) -> None:
    if active and not turn.door.memory.fire:
        turn.free("fire")
        turn.note(Kind.FIRE, urgent=True)
    elif not active and turn.door.memory.fire:
        turn.note(Kind.FIRE_CLEAR)
