"""The policy file as values: a school's roles, rooms, schedules, chains of consent, deadlines (regulation R1–R19).

Nothing here is about one school: another school's rooms and chains are another file. Every switch below is off, or
at its mildest, where the file does not name it. Seconds and minutes are integers and carry their unit in the name.
Reading a file into these values, with all its errors at once, is `kiosk.settings`' work.
"""

from datetime import date, tzinfo
from enum import StrEnum

from msgspec import Struct, field

from kiosk.rules.credentials import Trust


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """A name in both languages."""

    zh: str
    en: str


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    name: Words


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """[from_minute, to_minute) of a local day, minutes since midnight; 0..1440. Past midnight: two entries."""

    from_minute: int
    to_minute: int


class Schedule(Struct, frozen=True, forbid_unknown_fields=True):
    """When somebody may pass. `week` is Monday..Sunday; a special day's kind replaces its weekday's hours.

    On a day of a kind that `special` does not name, nothing is open ("holiday" is a kind like any other).
    """

    week: tuple[tuple[Hours, ...], ...]  # exactly 7
    special: dict[str, tuple[Hours, ...]] = {}


class AntiPassbackKind(StrEnum):
    HARD = "hard"  # refuse
    SOFT = "soft"  # let pass and record


class AntiPassback(Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody enters twice without leaving. `reset_minutes`: an entry older than this no longer counts (0: never)."""

    kind: AntiPassbackKind
    reset_minutes: int = 0
    exempt_roles: tuple[str, ...] = ()


class TwoPerson(Struct, frozen=True, forbid_unknown_fields=True):
    """Two different people with rights of their own, the second within `within_s` (IEC 60839-11-1 grade 4)."""

    within_s: int = 20


class Escort(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever enters by approval enters with a custodian: one who is inside already, or badges within `within_s`."""

    within_s: int = 30
    inside_counts: bool = True


class FirstIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody but a custodian enters before a custodian has entered on this local day."""


class Interlock(Struct, frozen=True, forbid_unknown_fields=True):
    """Released only while each of these doors is secure and nobody stands between them."""

    doors: tuple[str, ...]


class Codes(Struct, frozen=True, forbid_unknown_fields=True):
    """GB 50396: alarm after at most 5 wrong tries. `lockout_s` grows along its entries and stays at the last."""

    digits: int = 8
    wrong_tries: int = 5
    lockout_s: tuple[int, ...] = (60, 300, 900, 3600)


class Timing(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds. Released until the leaf opens or `release_s`; held open after `open_s`, warned `pre_alarm_s` before."""

    release_s: int = 5
    open_s: int = 30
    pre_alarm_s: int = 10
    exit_release_s: int = 5


class Room(Struct, frozen=True, forbid_unknown_fields=True):
    """One control room. `custodians` and `approvers` are role names; R19 wants a `responsible` person's name."""

    name: Words
    place: Words
    watches: Words
    custodians: tuple[str, ...]
    approvers: tuple[str, ...]
    responsible: str = ""
    trust: Trust = Trust.NUMBER  # the least a card must prove here
    custodian_schedule: str | None = None  # None: at any time
    approval_schedule: str | None = None
    exit_schedule: str | None = None  # outside it an exit by button raises an alarm; it never stays shut
    timing: Timing = field(default_factory=Timing)
    codes: Codes = field(default_factory=Codes)
    two_person: TwoPerson | None = None
    escort: Escort | None = None
    first_in: FirstIn | None = None
    anti_passback: AntiPassback | None = None
    interlock: Interlock | None = None
    revocation_age_hours: int = 0  # a list older than this no longer counts; 0: it always counts
    lockdown_admits: tuple[str, ...] = ()  # roles that still enter in a lockdown
    maintenance_admits: tuple[str, ...] = ()  # roles that still enter during maintenance, beside the permit's people
    custodians_without_record_hours: int = 0  # F5: custodians enter this long while the ledger cannot be written


class Chain(Struct, frozen=True, forbid_unknown_fields=True):
    """Steps of consent in order. Each is a role, or "approver" for the approver role of the room asked for."""

    steps: tuple[str, ...]
    filed_by: tuple[str, ...] = ()
    student_first: tuple[str, ...] = ()
    sensitive_adds: tuple[str, ...] = ()


class Deadlines(Struct, frozen=True, forbid_unknown_fields=True):
    fault_report_hours: int = 2  # R5
    inspection_days: int = 30  # R13


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """Days. Records' bodies 0 = for ever; recordings at least 15 (R4)."""

    records_days: int = 0
    photos_days: int = 90
    denied_photos_days: int = 180
    recordings_days: int = 15


class Zone(Struct, frozen=True, forbid_unknown_fields=True):
    """Annex 1: which cameras a department may use."""

    department: str
    zone: str
    responsible: str = ""


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    school: Words
    zone: tzinfo
    roles: dict[str, Role]
    rooms: dict[str, Room]
    schedules: dict[str, Schedule] = {}
    special_days: dict[date, str] = {}
    chains: dict[str, Chain] = {}
    deadlines: Deadlines = field(default_factory=Deadlines)
    retention: Retention = field(default_factory=Retention)
    zones: tuple[Zone, ...] = ()
    notify: dict[str, tuple[str, ...]] = {}
