"""What the face at the door should show: a pure function of the door.

A sentence travels as its English msgid with its arguments, so that faces translate and the door holds no language.
The most pressing thing takes the one state word: those who must flee, then an alarm, then an answer to whoever has
just asked, then the door's mode. What is broken is listed whatever the word is (ui rule 10).
"""

from enum import StrEnum

from msgspec import Struct

from kiosk.rules.access import Reason, Wants
from kiosk.rules.messages import Kind
from kiosk.rules.turn import SOUND, Door, Shown


class Tone(StrEnum):
    """Colour, icon and sound go by this; never colour alone."""

    CALM = "calm"
    WELCOME = "welcome"
    WAIT = "wait"
    REFUSED = "refused"
    ALARM = "alarm"


class Say(Struct, frozen=True):
    """`text` is an English msgid with {named} places; `args` fill them."""

    text: str
    args: dict[str, str | int] = {}


class Screen(Struct, frozen=True):
    """The whole screen. `until` is a mono ms of the door's boot, for a countdown."""

    word: Say  # the one state word, read from 2 m
    tone: Tone
    lines: tuple[Say, ...] = ()  # what happened and what to do now
    keypad: bool = True
    until: int | None = None
    faults: tuple[Say, ...] = ()  # what is broken and what still works
    mode: str = "normal"
    lock: str = "locked"
    leaf: str = "closed"
    list_age_hours: int | None = None


_REASONS = {
    Reason.UNKNOWN_CREDENTIAL: Say("This card is not known here. Ask the security office."),
    Reason.DISABLED: Say("This card has been disabled. Ask the security office."),
    Reason.EXPIRED: Say("This right has run out. Ask for a new approval."),
    Reason.NOT_YET_VALID: Say("It is too early: this right is not valid yet."),
    Reason.WRONG_ROOM: Say("This right is for another room."),
    Reason.OUTSIDE_SCHEDULE: Say("Entry is not allowed at this hour."),
    Reason.NO_APPROVAL: Say("You need an approval to enter this room."),
    Reason.APPROVAL_USED_UP: Say("This approval has been used already."),
    Reason.APPROVAL_WITHDRAWN: Say("This approval was withdrawn."),
    Reason.REGISTER_INCOMPLETE: Say("This approval is not complete. Ask the approver to fill it in."),
    Reason.WRONG_CODE: Say("The approval code is not right."),
    Reason.CODE_LOCKED_OUT: Say("Too many wrong codes. Cards still work."),
    Reason.ANTI_PASSBACK: Say("You are already inside. Leave first, then enter again."),
    Reason.SECOND_PERSON_MISSING: Say("The second person did not come in time."),
    Reason.ESCORT_MISSING: Say("No custodian came in time to escort you."),
    Reason.FIRST_PERSON_NOT_IN: Say("Wait until a custodian has entered today."),
    Reason.LOCKDOWN: Say("Lockdown: nobody enters."),
    Reason.INTERLOCK: Say("Close the other door first."),
    Reason.MAINTENANCE: Say("Works in progress: only the people on the permit enter."),
    Reason.LIST_TOO_OLD: Say("The access list is too old. Ask the security office."),
    Reason.LIST_MISSING: Say("The access list cannot be read. Ask the security office."),
    Reason.NOT_PROVED: Say("This card could not prove itself."),
    Reason.TRUST_TOO_LOW: Say("This kind of card is not accepted here."),
    Reason.CLOCK_UNSET: Say("The clock is not set, so timed rights do not count."),
    Reason.STORAGE_FAILED: Say("Entry cannot be recorded now. Ask the security office."),
    Reason.LOCK_FAULT: Say("The lock does not answer. Ask the security office."),
}

_ALARMS = {
    Kind.FORCED: Say("Door forced"),
    Kind.TAMPER: Say("Tampering"),
    Kind.HELD: Say("Close the door"),
    Kind.INPUT_FAULT: Say("Wiring fault"),
    Kind.EXIT: Say("Exit out of hours"),
}


def screen(door: Door) -> Screen:
    word, tone, lines = _now(door)
    made_at = door.list.made_at if door.list else None
    wall = door.at.wall
    return Screen(
        word=word,
        tone=tone,
        lines=lines,
        keypad=door.lockout_until is None and not door.free,
        until=_until(door),
        faults=tuple(_faults(door)),
        mode=_mode(door),
        lock="free" if door.free else "released" if door.lock.released else "locked",
        leaf=_leaf(door),
        list_age_hours=None if made_at is None or wall is None else max(0, wall // 1000 - made_at) // 3600,
    )


def _now(door: Door) -> tuple[Say, Tone, tuple[Say, ...]]:
    if door.memory.fire:
        return Say("Fire"), Tone.ALARM, (Say("The door is open. Leave the building."),)
    if door.memory.evacuation:
        return Say("Evacuation"), Tone.ALARM, (Say("The door is open. Leave the building."),)
    for kind, word in _ALARMS.items():
        if kind in door.alarms:
            return word, Tone.ALARM, (Say("The security office has been told."),)
    if door.asking is not None:
        return _waiting(door)
    if door.shown is not None:
        return _answer(door.shown)
    if door.leaf.warned:
        return Say("Close the door"), Tone.WAIT, (Say("The alarm will sound if the door stays open."),)
    return _idle(door)


def _waiting(door: Door) -> tuple[Say, Tone, tuple[Say, ...]]:
    first = door.asking.first if door.asking else None
    if first is not None and Wants.ESCORT in first.wants:
        return Say("One moment"), Tone.WAIT, (Say("A custodian must present a card to escort you."),)
    return Say("One moment"), Tone.WAIT, (Say("A second person must present a card."),)


def _answer(shown: Shown) -> tuple[Say, Tone, tuple[Say, ...]]:
    match shown.kind:
        case Kind.GRANTED:
            return Say("Come in"), Tone.WELCOME, (Say("Welcome, {name}.", {"name": masked(shown.name)}),)
        case Kind.LEFT:
            return Say("Goodbye"), Tone.WELCOME, (Say("Goodbye, {name}.", {"name": masked(shown.name)}),)
        case Kind.STORAGE_FAILED:
            return Say("No entry"), Tone.REFUSED, (_REASONS[Reason.STORAGE_FAILED],)
        case Kind.LOCK_FAILED:
            return Say("No entry"), Tone.REFUSED, (_REASONS[Reason.LOCK_FAULT],)
        case Kind.CODE_LOCKOUT:
            return Say("Keypad locked"), Tone.ALARM, (_REASONS[Reason.CODE_LOCKED_OUT],)
        case _:
            lines = tuple(_REASONS[reason] for reason in shown.reasons)
            if shown.tries_left is not None:
                lines += (Say("You have {tries} more tries.", {"tries": shown.tries_left}),)
            return Say("No entry"), Tone.REFUSED, lines


def _idle(door: Door) -> tuple[Say, Tone, tuple[Say, ...]]:
    if door.memory.lockdown:
        return Say("Lockdown"), Tone.ALARM, (_REASONS[Reason.LOCKDOWN],)
    if door.lockout_until is not None:
        return Say("Keypad locked"), Tone.REFUSED, (_REASONS[Reason.CODE_LOCKED_OUT],)
    if door.memory.permit is not None:
        return Say("Works"), Tone.WAIT, (_REASONS[Reason.MAINTENANCE],)
    if door.leaf.opened is not None:
        return Say("Open"), Tone.CALM, ()
    return Say("Locked"), Tone.CALM, (Say("Present your card, or enter your approval code."),)


def _faults(door: Door) -> list[Say]:
    """Each with what still works, as far as that is not obvious."""
    faults = [Say("{device} does not answer.", {"device": device}) for device in sorted(door.lost)]
    if door.storage_fault:
        faults.append(_unrecorded(door))
    if door.list_fault:
        faults.append(Say("The access list could not be renewed.") if door.list else _REASONS[Reason.LIST_MISSING])
    if _too_old(door):
        faults.append(_REASONS[Reason.LIST_TOO_OLD])
    if not door.lock.works:
        faults.append(_REASONS[Reason.LOCK_FAULT])
    if door.at.wall is None:
        faults.append(_REASONS[Reason.CLOCK_UNSET])
    for which, sense in sorted(door.inputs.items()):
        if sense not in SOUND:
            faults.append(
                Say("The wiring of {input} is broken: {sense}.", {"input": which.value, "sense": sense.value})
            )
    return faults


def _unrecorded(door: Door) -> Say:
    """F5: shown for as long as the policy lets custodians in without a record."""
    allowed_ms = door.room.custodians_without_record_hours * 3_600_000
    if door.storage_failed_at is not None and door.at.mono - door.storage_failed_at < allowed_ms:
        return Say("Records cannot be written: only custodians are let in. Leaving works.")
    return Say("Records cannot be written: nobody is let in. Leaving works.")


def _too_old(door: Door) -> bool:
    hours, wall = door.room.revocation_age_hours, door.at.wall
    return bool(hours and door.list and wall is not None and wall // 1000 - door.list.made_at > hours * 3600)


def _mode(door: Door) -> str:
    memory = door.memory
    if memory.fire:
        return "fire"
    if memory.evacuation:
        return "evacuation"
    if memory.lockdown:
        return "lockdown"
    return "maintenance" if memory.permit is not None else "normal"


def _leaf(door: Door) -> str:
    if door.leaf.forced:
        return "forced"
    if door.leaf.held:
        return "held"
    return "open" if door.leaf.opened is not None else "closed"


def _until(door: Door) -> int | None:
    if door.asking is not None:
        return door.asking.until
    return door.lock.until if door.lock.released else door.lockout_until


def masked(name: str) -> str:
    """A name on the glass for passers-by: 王*明, 王*, J*n (ui rule 7)."""
    if len(name) < 2:
        return name
    return name[0] + "*" * max(1, len(name) - 2) + (name[-1] if len(name) > 2 else "")
