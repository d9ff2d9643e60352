"""Supervised inputs: a level that changed, a wire that was cut, tamper and fire."""

from typing import assert_never

from msgspec.structs import replace

from kiosk.rules.leaf import closed, opened
from kiosk.rules.messages import Input, Kind, Release, Sense
from kiosk.rules.passage import leave
from kiosk.rules.turn import Turn

_SOUND = frozenset({Sense.NORMAL, Sense.ACTIVE})


def input_changed(turn: Turn, which: Input, sense: Sense) -> None:
    before = turn.door.inputs.get(which)
    if before is sense:
        return
    turn.set(inputs={**turn.door.inputs, which: sense})
    if sense not in _SOUND:
        turn.note(Kind.INPUT_FAULT, urgent=True, input=which, sense=sense)
        if sense is not Sense.UNKNOWN:
            turn.alarm(Kind.INPUT_FAULT)
        return
    if before is not None and before not in _SOUND:
        turn.note(Kind.INPUT_BACK, input=which, sense=sense)
        if _SOUND.issuperset(turn.door.inputs.values()):
            turn.calm(Kind.INPUT_FAULT)
    _level(turn, which, active=sense is Sense.ACTIVE, first=before is None)


def _level(turn: Turn, which: Input, *, active: bool, first: bool) -> None:
    match which:
        case Input.DOOR_POSITION:
            if not active:
                closed(turn)
            elif turn.door.leaf.opened is None:
                opened(turn, first=first)
        case Input.EXIT_BUTTON:
            if active:
                leave(turn, "button", None, "")
        case Input.TAMPER:
            _tamper(turn, active=active, first=first)
        case Input.FIRE:
            fire(turn, active=active)
        case Input.LOCK_POSITION:
            turn.set(lock=replace(turn.door.lock, works=active or turn.door.lock.works))
        case Input.PRESENCE:
            pass  # read where it matters, by the interlock
        case _:
            assert_never(which)


def _tamper(turn: Turn, *, active: bool, first: bool) -> None:
    if active:
        turn.note(Kind.TAMPER, urgent=True, input=Input.TAMPER, sense=Sense.ACTIVE)
        turn.alarm(Kind.TAMPER)
        turn.photo(Kind.TAMPER, burst=5)
    elif not first:
        turn.note(Kind.TAMPER_CLEAR, input=Input.TAMPER, sense=Sense.NORMAL)


def fire(turn: Turn, *, active: bool) -> None:
    if active and not turn.door.memory.fire:
        turn.set(lock=replace(turn.door.lock, released=True, reason="fire", until=None))
        turn.commands.append(Release("fire", None))
        turn.note(Kind.FIRE)
    elif not active and turn.door.memory.fire:
        turn.note(Kind.FIRE_CLEAR)
