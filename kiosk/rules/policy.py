"""The policy file as values: a school's roles, rooms, schedules, chains of consent, deadlines (regulation R1–R19).

Nothing here is about one school: another school's rooms and chains are another file. Every switch below is off, or
at its mildest, where the file does not name it. Seconds and minutes are integers and carry their unit in the name.
Bounds stand in the types as `Meta`. Reading a file into these values, with all its errors at once, is
`kiosk.settings.policy_file`'s work.
"""

from datetime import date, tzinfo
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from kiosk.rules.credentials import Trust

Id = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$", max_length=40, description="a-z 0-9 _")]
"""A name that files and records refer to: a role, a room, a schedule, a kind of day."""

Text = Annotated[str, Meta(min_length=1, max_length=200)]
Minute = Annotated[int, Meta(ge=0, le=1440)]


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """A name in both languages."""

    zh: Text
    en: Text


class Right(StrEnum):
    """What a role lets a person do beside entering and consenting, which rooms and chains say."""

    APPLY_ENTRY = "apply_entry"
    APPLY_FOOTAGE = "apply_footage"
    REQUEST_WORK = "request_work"  # file a work permit (R12)
    WORK = "work"  # work on equipment under one
    WATCH = "watch"  # watch the screens
    DUTY_LOG = "duty_log"  # note and report incidents (R16)
    SIGN_FOOTAGE = "sign_footage"  # complete and sign the retrieval register (R10)
    MARK_SENSITIVE = "mark_sensitive"  # bring a footage request before the principal (R8)
    DOWNLOAD_REGISTERS = "download_registers"
    EDIT_ZONES = "edit_zones"  # change annex 1 on request (R11)
    INSPECT = "inspect"  # sign an inspection for one's department (R13)
    ADMINISTER = "administer"  # run the whole system


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """`higher` is the next higher role: it takes a step whose approver would be the one who asks."""

    name: Words
    higher: str | None = None
    may: tuple[Right, ...] = ()


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """[from_minute, to_minute) of a local day, minutes since midnight; 0..1440. Past midnight: two entries."""

    from_minute: Minute
    to_minute: Minute


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
    reset_minutes: Annotated[int, Meta(ge=0, le=10_080)] = 0
    exempt_roles: tuple[str, ...] = ()


class TwoPerson(Struct, frozen=True, forbid_unknown_fields=True):
    """Two different people with rights of their own, the second within `within_s` (IEC 60839-11-1 grade 4)."""

    within_s: Annotated[int, Meta(ge=3, le=300)] = 20


class Escort(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever enters by approval enters with a custodian: one who is inside already, or badges within `within_s`."""

    within_s: Annotated[int, Meta(ge=3, le=300)] = 30
    inside_counts: bool = True


class FirstIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody but a custodian enters before a custodian has entered on this local day."""


class Interlock(Struct, frozen=True, forbid_unknown_fields=True):
    """Released only while each of these doors is secure and nobody stands between them."""

    doors: Annotated[tuple[str, ...], Meta(min_length=1)]


class Codes(Struct, frozen=True, forbid_unknown_fields=True):
    """GB 50396: alarm after at most 5 wrong tries. `lockout_s` grows along its entries and stays at the last."""

    digits: Annotated[int, Meta(ge=6, le=12)] = 8
    wrong_tries: Annotated[int, Meta(ge=1, le=5)] = 5
    lockout_s: Annotated[tuple[Annotated[int, Meta(ge=10, le=86_400)], ...], Meta(min_length=1)] = (60, 300, 900, 3600)


class Timing(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds. Released until the leaf opens or `release_s`; held open after `open_s`, warned `pre_alarm_s` before."""

    release_s: Annotated[int, Meta(ge=1, le=60)] = 5
    open_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    pre_alarm_s: Annotated[int, Meta(ge=0, le=3599)] = 10
    exit_release_s: Annotated[int, Meta(ge=1, le=60)] = 5


class Room(Struct, frozen=True, forbid_unknown_fields=True):
    """One control room. `custodians` and `approvers` are role names; R19 wants a `responsible` person's name."""

    name: Words
    place: Words
    watches: Words
    custodians: Annotated[tuple[str, ...], Meta(min_length=1)]
    approvers: Annotated[tuple[str, ...], Meta(min_length=1)]
    responsible: Annotated[str, Meta(max_length=200)] = ""
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
    revocation_age_hours: Annotated[int, Meta(ge=0, le=8760)] = (
        0  # a list older than this no longer counts; 0: it always counts
    )
    lockdown_admits: tuple[str, ...] = ()  # roles that still enter in a lockdown
    maintenance_admits: tuple[str, ...] = ()  # roles that still enter during maintenance, beside the permit's people
    custodians_without_record_hours: Annotated[int, Meta(ge=0, le=72)] = (
        0  # they enter while the ledger cannot be written
    )


class Chain(Struct, frozen=True, forbid_unknown_fields=True):
    """Steps of consent in order. Each is a role, or "approver" for the approver role of the room asked for.

    A request on behalf of a student is filed by `student_filed_by` alone and starts with `student_first` (R7); one
    that `sensitive_marked_by` called sensitive ends with `sensitive_adds` (R8). No `filed_by`: anybody with a role.
    """

    steps: Annotated[tuple[str, ...], Meta(min_length=1)]
    filed_by: tuple[str, ...] = ()
    student_filed_by: tuple[str, ...] = ()
    student_first: tuple[str, ...] = ()
    sensitive_marked_by: tuple[str, ...] = ()
    sensitive_adds: tuple[str, ...] = ()


class Deadlines(Struct, frozen=True, forbid_unknown_fields=True):
    fault_report_hours: Annotated[int, Meta(ge=1, le=168)] = 2  # R5
    fault_reminder_minutes: Annotated[int, Meta(ge=0, le=1440)] = 30  # before the deadline; 0: none
    inspection_days: Annotated[int, Meta(ge=1, le=366)] = 30  # R13


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """Days. Records' bodies 0 = for ever. `recordings_days` is how far back recordings must reach (R4: 15)."""

    records_days: Annotated[int, Meta(ge=0, le=36_500)] = 0
    photos_days: Annotated[int, Meta(ge=1, le=3_650)] = 90
    denied_photos_days: Annotated[int, Meta(ge=1, le=3_650)] = 180
    recordings_days: Annotated[int, Meta(ge=1, le=3_650)] = 15


class Inspection(Struct, frozen=True, forbid_unknown_fields=True):
    """R13: one signature from each of `departments`; every line of `checklist` is answered or becomes a finding."""

    departments: Annotated[tuple[Text, ...], Meta(min_length=1)]
    checklist: Annotated[tuple[Words, ...], Meta(min_length=1)]


class Incident(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of entry in the duty log (R16): what it is called, what to do first, which roles are told."""

    name: Words
    proposal: Words
    notify: tuple[str, ...] = ()


class Zone(Struct, frozen=True, forbid_unknown_fields=True):
    """Annex 1: which cameras a department may use."""

    department: Text
    zone: Text
    responsible: Annotated[str, Meta(max_length=200)] = ""


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    school: Words
    zone: tzinfo
    roles: dict[Id, Role]
    rooms: dict[Id, Room]
    schedules: dict[Id, Schedule] = {}
    special_days: dict[date, Id] = {}
    chains: dict[Id, Chain] = {}
    deadlines: Deadlines = field(default_factory=Deadlines)
    retention: Retention = field(default_factory=Retention)
    inspection: Inspection | None = None
    incidents: dict[Id, Incident] = {}
    zones: tuple[Zone, ...] = ()
    notify: dict[Id, tuple[str, ...]] = {}
