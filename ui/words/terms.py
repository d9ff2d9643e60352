"""The words for values that records and screens carry as they are: an input, a sense, a clock, a reason.

`Translations.text` looks an argument up here by the name of its place: `{input}` filled with "tamper" reads "tamper
switch" in English and 防拆开关 in Chinese. A value that is not listed (a device's own name) stands as it is.
"""

from collections.abc import Mapping

from kiosk.rules.access import Reason
from kiosk.rules.messages import Clock, Input, Kind, Order, Sense


def N_(msgid: str) -> str:  # noqa: N802 - gettext's own name for "collect this, translate it later"
    return msgid


INPUTS: Mapping[str, str] = {
    Input.DOOR_POSITION: N_("door contact"),
    Input.EXIT_BUTTON: N_("exit button"),
    Input.TAMPER: N_("tamper switch"),
    Input.FIRE: N_("fire signal"),
    Input.LOCK_POSITION: N_("bolt contact"),
    Input.PRESENCE: N_("presence sensor"),
}

SENSES: Mapping[str, str] = {
    Sense.NORMAL: N_("normal"),
    Sense.ACTIVE: N_("active"),
    Sense.CUT: N_("wire cut"),
    Sense.SHORT: N_("short circuit"),
    Sense.UNKNOWN: N_("not known"),
}

CLOCKS: Mapping[str, str] = {
    Clock.SYNCED: N_("synchronised"),
    Clock.RTC: N_("from its battery-backed clock"),
    Clock.HELD: N_("synchronised earlier"),
    Clock.UNSET: N_("not set"),
}

ORDERS: Mapping[str, str] = {
    Order.LOCKDOWN: N_("begin a lockdown"),
    Order.LOCKDOWN_END: N_("end the lockdown"),
    Order.EVACUATION: N_("begin an evacuation"),
    Order.EVACUATION_END: N_("end the evacuation"),
    Order.MAINTENANCE: N_("begin works"),
    Order.MAINTENANCE_END: N_("end the works"),
    Order.FIRE_RESET: N_("relock after the fire signal"),
    Order.ALARM_RESET: N_("reset the alarm"),
    Order.CODE_UNLOCK: N_("unlock the keypad"),
}

HOWS: Mapping[str, str] = {
    "card": N_("by card"),
    "code": N_("by approval code"),
    "pass": N_("by pass"),
    "button": N_("by the exit button"),
    "again": N_("seen entering again"),
}

WANTS: Mapping[str, str] = {
    "second_person": N_("a second person"),
    "escort": N_("a custodian as escort"),
}

GROUNDS: Mapping[str, str] = {
    "custodian": N_("as custodian"),
    "approval": N_("by approval"),
    "maintenance": N_("under a work permit"),
}

SEPARATOR = N_("; ")

REASONS: Mapping[str, str] = {
    Reason.UNKNOWN_CREDENTIAL: N_("card not known"),
    Reason.DISABLED: N_("card disabled"),
    Reason.EXPIRED: N_("right run out"),
    Reason.NOT_YET_VALID: N_("right not valid yet"),
    Reason.WRONG_ROOM: N_("approved for another room"),
    Reason.OUTSIDE_SCHEDULE: N_("outside the hours allowed"),
    Reason.NO_APPROVAL: N_("no approval"),
    Reason.APPROVAL_USED_UP: N_("approval used already"),
    Reason.APPROVAL_WITHDRAWN: N_("approval withdrawn"),
    Reason.REGISTER_INCOMPLETE: N_("approval without name, approver or reason"),
    Reason.WRONG_CODE: N_("wrong approval code"),
    Reason.CODE_LOCKED_OUT: N_("keypad locked after wrong codes"),
    Reason.ANTI_PASSBACK: N_("inside already, has not left"),
    Reason.SECOND_PERSON_MISSING: N_("second person did not come"),
    Reason.ESCORT_MISSING: N_("no custodian came as escort"),
    Reason.FIRST_PERSON_NOT_IN: N_("no custodian has entered today"),
    Reason.LOCKDOWN: N_("lockdown"),
    Reason.INTERLOCK: N_("the other door is not secure"),
    Reason.MAINTENANCE: N_("works in progress"),
    Reason.LIST_TOO_OLD: N_("access list too old"),
    Reason.LIST_MISSING: N_("no access list"),
    Reason.NOT_PROVED: N_("card could not prove itself"),
    Reason.TRUST_TOO_LOW: N_("kind of card not accepted here"),
    Reason.CLOCK_UNSET: N_("clock not set"),
    Reason.STORAGE_FAILED: N_("records cannot be written"),
    Reason.LOCK_FAULT: N_("lock does not answer"),
}

DEVICES: Mapping[str, str] = {
    **INPUTS,
    "lock": N_("lock"),
    "siren": N_("siren"),
    "camera": N_("camera"),
    "reader": N_("card reader"),
    "outside": N_("outer reader"),
    "inside": N_("inner reader"),
}

RELEASES: Mapping[str, str] = {
    "granted": N_("entry granted"),
    "exit": N_("exit"),
    "fire": N_("fire signal"),
    "evacuation": N_("evacuation"),
    "started": N_("door unit started"),
    "stopped": N_("door unit stopped"),
    "opened": N_("door was opened"),
    "failed": N_("lock failed"),
    "returned": N_("lock answers again"),
    "lockdown": N_("lockdown"),
    "fire_reset": N_("fire signal reset"),
    "evacuation_end": N_("evacuation ended"),
    "": N_("time is up"),
}

KINDS: Mapping[str, str] = {
    Kind.STARTED: N_("Started"),
    Kind.STOPPED: N_("Stopped"),
    Kind.GRANTED: N_("Granted"),
    Kind.RELEASED: N_("Released"),
    Kind.RELOCKED: N_("Relocked"),
    Kind.TAKEN: N_("Entered"),
    Kind.NOT_TAKEN: N_("Not entered"),
    Kind.NOT_CARRIED_OUT: N_("Not carried out"),
    Kind.DENIED: N_("Denied"),
    Kind.WAITING: N_("Waiting"),
    Kind.EXIT: N_("Exit"),
    Kind.LEFT: N_("Left"),
    Kind.OVERSTAYED: N_("Overstayed"),
    Kind.FOUND_OPEN: N_("Found open"),
    Kind.CLOSED: N_("Closed"),
    Kind.FORCED: N_("Forced"),
    Kind.HELD: N_("Held open"),
    Kind.HELD_WARNING: N_("Open too long"),
    Kind.DURESS: N_("Duress"),
    Kind.CODE_LOCKOUT: N_("Keypad locked"),
    Kind.CODE_LOCKOUT_END: N_("Keypad unlocked"),
    Kind.ANTI_PASSBACK: N_("Entered twice"),
    Kind.FIRE: N_("Fire"),
    Kind.FIRE_CLEAR: N_("Fire clear"),
    Kind.FIRE_RESET: N_("Fire reset"),
    Kind.LOCKDOWN: N_("Lockdown"),
    Kind.LOCKDOWN_END: N_("Lockdown ended"),
    Kind.EVACUATION: N_("Evacuation"),
    Kind.EVACUATION_END: N_("Evacuation ended"),
    Kind.MAINTENANCE: N_("Works"),
    Kind.MAINTENANCE_END: N_("Works ended"),
    Kind.ALARM_RESET: N_("Alarm reset"),
    Kind.ORDER_REFUSED: N_("Order refused"),
    Kind.TAMPER: N_("Tampering"),
    Kind.TAMPER_CLEAR: N_("Tampering over"),
    Kind.INPUT_FAULT: N_("Wiring fault"),
    Kind.INPUT_BACK: N_("Wiring mended"),
    Kind.DEVICE_LOST: N_("Device lost"),
    Kind.DEVICE_BACK: N_("Device back"),
    Kind.BAD_FRAMES: N_("Bad frames"),
    Kind.LOCK_FAILED: N_("Lock failed"),
    Kind.LIST: N_("Access list"),
    Kind.LIST_FAILED: N_("Access list refused"),
    Kind.CLOCK: N_("Clock"),
    Kind.STORAGE_FAILED: N_("Storage failed"),
    Kind.STORAGE_BACK: N_("Storage back"),
    Kind.INTERLOCK: N_("Interlock"),
    Kind.PHOTO: N_("Photo"),
}

WHYS: Mapping[str, str] = {
    why: why
    for why in (
        N_("the fire signal is still there"),
        N_("maintenance needs an approved work permit"),
        N_("the clock is not set, so the permit's window cannot be checked"),
        N_("the permit is for another time"),
        N_("the permit ran out"),
    )
}

# Headings of the command line's tables, which it looks up by value.
HEADINGS = (N_("Approval"), N_("Name"), N_("Room"), N_("Code"))

PLACES: Mapping[str, Mapping[str, str]] = {
    "input": INPUTS,
    "inputs": INPUTS,
    "sense": SENSES,
    "clock": CLOCKS,
    "order": ORDERS,
    "how": HOWS,
    "wants": WANTS,
    "grounds": GROUNDS,
    "reasons": REASONS,
    "device": DEVICES,
    "release": RELEASES,
    "kind": KINDS,
    "why": WHYS,
    "reason": WHYS,
}
