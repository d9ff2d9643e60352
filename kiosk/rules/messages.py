"""The one vocabulary of the door: what happened (events) and what to do (commands).

Every event carries `at`; nothing in the heart reads a clock. Both unions are closed: `match` them with
`assert_never`, so that the type checker lists every place where a new one must be handled.
"""

from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct

from kiosk.rules.credentials import Card, CodeMatch, Found


class Clock(StrEnum):
    """How far the wall clock is to be trusted. Order never comes from it, but from (boot, mono)."""

    SYNCED = "synced"
    RTC = "rtc"  # set from a battery-backed clock, not yet synchronised
    HELD = "held"  # synchronised earlier, lost its source since
    UNSET = "unset"  # never set: timed rights do not count


class Moment(Struct, frozen=True):
    """An instant as the door knows it.

    `boot` counts the starts of the door process, `mono` is milliseconds of a monotonic clock within it, `wall` is
    Unix milliseconds UTC or None while the clock is unset.
    """

    boot: int
    mono: int
    wall: int | None
    clock: Clock


class Side(StrEnum):
    OUTSIDE = "outside"
    INSIDE = "inside"


class Input(StrEnum):
    """Supervised inputs; which are wired is a setting, and what is absent is said at start."""

    DOOR_POSITION = "door_position"  # active = leaf open
    EXIT_BUTTON = "exit_button"  # active = pressed
    TAMPER = "tamper"  # active = case or reader opened
    FIRE = "fire"  # active = fire signal
    LOCK_POSITION = "lock_position"  # active = bolt thrown (locked)
    PRESENCE = "presence"  # active = somebody stands between two interlocked doors


class Sense(StrEnum):
    """What a supervised input reads."""

    NORMAL = "normal"
    ACTIVE = "active"
    CUT = "cut"
    SHORT = "short"
    UNKNOWN = "unknown"


class Order(StrEnum):
    """What a person with the right may tell the door, over the link."""

    LOCKDOWN = "lockdown"
    LOCKDOWN_END = "lockdown_end"
    EVACUATION = "evacuation"
    EVACUATION_END = "evacuation_end"
    MAINTENANCE = "maintenance"
    MAINTENANCE_END = "maintenance_end"
    FIRE_RESET = "fire_reset"  # relocks after the fire signal is clear: never by itself
    ALARM_RESET = "alarm_reset"
    CODE_UNLOCK = "code_unlock"  # ends a lock-out of the keypad


class Permit(Struct, frozen=True):
    """A work permit (R12). The window is Unix seconds UTC; `people` are person ids who may enter under it."""

    id: str
    reason: str
    approver: str
    not_before: int
    not_after: int
    people: tuple[int, ...] = ()


# ---------------------------------------------------------------- what happened


class Started(Struct, frozen=True, tag=True):
    """The door process is up: outputs are safe, the ledger is open, inputs have not been read yet."""

    at: Moment
    absent: tuple[str, ...] = ()  # inputs that the settings do not name


class CardPresented(Struct, frozen=True, tag=True):
    at: Moment
    side: Side
    reader: str
    card: Card
    found: Found


class CodeEntered(Struct, frozen=True, tag=True):
    """A code typed or shown. The code itself never enters the heart; `kiosk.roster` has looked it up."""

    at: Moment
    side: Side
    match: CodeMatch


class InputChanged(Struct, frozen=True, tag=True):
    at: Moment
    input: Input
    sense: Sense


class LockDriven(Struct, frozen=True, tag=True):
    """The lock's output took the level that was asked for."""

    at: Moment
    released: bool


class LockFailed(Struct, frozen=True, tag=True):
    """The lock's output could not be driven; which level it has is not known."""

    at: Moment
    released: bool
    why: str


class DeviceLost(Struct, frozen=True, tag=True):
    at: Moment
    device: str
    why: str


class DeviceBack(Struct, frozen=True, tag=True):
    at: Moment
    device: str


class BadFrames(Struct, frozen=True, tag=True):
    """Bytes that were no card: bad check, too long, half, noise. `count` since the last such event."""

    at: Moment
    device: str
    count: int


class ListChanged(Struct, frozen=True, tag=True):
    """A verified access list is in force. `made_at` is Unix seconds UTC."""

    at: Moment
    version: int
    made_at: int
    credentials: int


class ListFailed(Struct, frozen=True, tag=True):
    """A list that is missing, damaged or unsigned. `in_force`: the list before it still stands, and still counts."""

    at: Moment
    why: str
    in_force: bool = False


class StorageFailed(Struct, frozen=True, tag=True):
    """The ledger did not take a record (disk full, EIO, read-only). `why` is one clear sentence."""

    at: Moment
    why: str


class StorageBack(Struct, frozen=True, tag=True):
    """The ledger takes records again. `stood`: appends that had seemed to fail and are in it all the same;
    `dropped`: records for which no room was left in memory."""

    at: Moment
    queued: int = 0
    stood: "tuple[Append, ...]" = ()
    dropped: int = 0


class NeighbourChanged(Struct, frozen=True, tag=True):
    """The other door of an interlock. `secure` is None when it is not known: then it does not count as secure."""

    at: Moment
    door: str
    secure: bool | None


class ClockChanged(Struct, frozen=True, tag=True):
    """The wall clock jumped by `step_ms` (positive: forward) or its standing changed."""

    at: Moment
    step_ms: int


class Ordered(Struct, frozen=True, tag=True):
    at: Moment
    order: Order
    by: str
    reason: str = ""
    permit: Permit | None = None


class PhotoStored(Struct, frozen=True, tag=True):
    """The camera process sealed `count` pictures; `digest` is their SHA-256 in hex, or None, and `why` says why."""

    at: Moment
    visit: str | None
    digest: str | None
    count: int
    why: str = ""


class Ticked(Struct, frozen=True, tag=True):
    """A deadline that the door named has come."""

    at: Moment


class Stopping(Struct, frozen=True, tag=True):
    at: Moment
    why: str


Event: TypeAlias = (
    Started
    | CardPresented
    | CodeEntered
    | InputChanged
    | LockDriven
    | LockFailed
    | DeviceLost
    | DeviceBack
    | BadFrames
    | ListChanged
    | ListFailed
    | StorageFailed
    | StorageBack
    | NeighbourChanged
    | ClockChanged
    | Ordered
    | PhotoStored
    | Ticked
    | Stopping
)

# ---------------------------------------------------------------- what is recorded


class Kind(StrEnum):
    """What a record says happened. ONVIF's words where it has them (AccessGranted, Taken, NotTaken, Denied, Duress).

    Facts that stand in the body beside the header (`kiosk.rules.record`), by kind; those of a passage carry `visit`:

    granted       side, how (card|code|pass), person, name, grounds (custodian|approval|maintenance), approval,
                  headcount, approver, reason, due (Unix s or null), companions (names: second person, escort)
    denied        side, how, person, name, card (16 hex digits, the MAC), approval, reasons (list of access.Reason)
    waiting       side, how, person, name, wants (second_person|escort)
    released      reason (granted|exit|fire|evacuation)          relocked  reason
    taken, not_taken, not_carried_out, forced, closed, found_open        (nothing more)
    exit          how (button|card|code), side, person, name, off_schedule (bool)
    left          how (card|code|button|again), person, name; `visit` is the visit that ended
    overstayed    name, due                                      held, held_warning   after_s
    duress        name, person, how                              anti_passback  name, person
    code_lockout  tries, seconds                                 code_lockout_end  by
    order kinds   by, reason, and permit (id, reason, approver, not_before, not_after, people) for maintenance
    order_refused order, by, why                                 tamper, input_fault, input_back  input, sense
    device_lost   device, why          device_back  device       bad_frames  device, count
    lock_failed   released, why        list  version, made_at, credentials      list_failed  why
    clock         step_ms              storage_failed  why       storage_back  queued (records written late),
                  dropped (records lost for want of memory; left out if none)
    started       absent (inputs)      stopped  why              interlock  neighbour, secure
    photo         digest, count, why
    """

    STARTED = "started"
    STOPPED = "stopped"
    GRANTED = "granted"
    RELEASED = "released"
    RELOCKED = "relocked"
    TAKEN = "taken"
    NOT_TAKEN = "not_taken"
    NOT_CARRIED_OUT = "not_carried_out"
    DENIED = "denied"
    WAITING = "waiting"  # a second person, an escort: the first half of a decision
    EXIT = "exit"  # exit button or a card at the inner reader: released first, recorded after
    LEFT = "left"  # a visit ended: its time out
    OVERSTAYED = "overstayed"
    FOUND_OPEN = "found_open"  # the leaf stood open at start: nobody can say how
    CLOSED = "closed"
    FORCED = "forced"
    HELD = "held"
    HELD_WARNING = "held_warning"
    DURESS = "duress"
    CODE_LOCKOUT = "code_lockout"
    CODE_LOCKOUT_END = "code_lockout_end"
    ANTI_PASSBACK = "anti_passback"  # soft violation: let pass, and noted
    FIRE = "fire"
    FIRE_CLEAR = "fire_clear"
    FIRE_RESET = "fire_reset"
    LOCKDOWN = "lockdown"
    LOCKDOWN_END = "lockdown_end"
    EVACUATION = "evacuation"
    EVACUATION_END = "evacuation_end"
    MAINTENANCE = "maintenance"
    MAINTENANCE_END = "maintenance_end"
    ALARM_RESET = "alarm_reset"
    ORDER_REFUSED = "order_refused"
    TAMPER = "tamper"
    TAMPER_CLEAR = "tamper_clear"
    INPUT_FAULT = "input_fault"
    INPUT_BACK = "input_back"
    DEVICE_LOST = "device_lost"
    DEVICE_BACK = "device_back"
    BAD_FRAMES = "bad_frames"
    LOCK_FAILED = "lock_failed"
    LIST = "list"
    LIST_FAILED = "list_failed"
    CLOCK = "clock"
    STORAGE_FAILED = "storage_failed"
    STORAGE_BACK = "storage_back"
    INTERLOCK = "interlock"
    PHOTO = "photo"


# ---------------------------------------------------------------- what to do


class Append(Struct, frozen=True, tag=True):
    """Write a record. `body` holds JSON values only (str, int, bool, None, lists and dicts of them; no floats).

    `urgent`: durable before any later command of the same step is carried out; otherwise it may share a later
    commit, at most 100 ms away.
    """

    at: Moment
    kind: Kind
    body: dict[str, Any]
    visit: str | None = None
    urgent: bool = False


class Release(Struct, frozen=True, tag=True):
    """Drive the lock released until `until` (mono ms), or with no deadline for the `reason` named."""

    reason: str
    until: int | None


class Secure(Struct, frozen=True, tag=True):
    """Drive the lock safe."""

    reason: str


class Siren(Struct, frozen=True, tag=True):
    """Sound and light at the door, on or off. A silent alarm (duress) never asks for it."""

    on: bool


class TakePhoto(Struct, frozen=True, tag=True):
    """Ask the camera process for pictures; the door does not wait. `burst` pictures, tied to `visit` where known."""

    why: Kind
    visit: str | None
    burst: int = 1


Command: TypeAlias = Append | Release | Secure | Siren | TakePhoto
