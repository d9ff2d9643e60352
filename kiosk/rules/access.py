"""May this party enter here, now? `decide` answers with the grounds, or with **every** reason against it.

Grounds are tried in order: custodian (R1), work permit (R12), approval (R2). Some reasons stand in the way of
everybody (lockdown, interlock, no durable record); some against a credential (disabled, expired, a card that could
not prove itself); some against one of the grounds (outside its schedule, used up). All of the first two kinds are
given; of the third, those of every ground that this party has at all.

Leaving is never decided: nothing here is asked on the inside of the door.
"""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from kiosk.rules.credentials import Approval, CodeMatch, Found, Person, Trust
from kiosk.rules.memory import Memory
from kiosk.rules.policy import AntiPassbackKind, Policy, Room
from kiosk.rules.schedules import open_at


class Reason(StrEnum):
    UNKNOWN_CREDENTIAL = "unknown_credential"
    DISABLED = "disabled"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_ROOM = "wrong_room"
    OUTSIDE_SCHEDULE = "outside_schedule"
    NO_APPROVAL = "no_approval"
    APPROVAL_USED_UP = "approval_used_up"
    APPROVAL_WITHDRAWN = "approval_withdrawn"
    REGISTER_INCOMPLETE = "register_incomplete"  # R3: no release without a complete line
    WRONG_CODE = "wrong_code"
    CODE_LOCKED_OUT = "code_locked_out"
    ANTI_PASSBACK = "anti_passback"
    SECOND_PERSON_MISSING = "second_person_missing"
    ESCORT_MISSING = "escort_missing"
    FIRST_PERSON_NOT_IN = "first_person_not_in"
    LOCKDOWN = "lockdown"
    INTERLOCK = "interlock"
    MAINTENANCE = "maintenance"
    LIST_TOO_OLD = "list_too_old"
    LIST_MISSING = "list_missing"
    NOT_PROVED = "not_proved"  # issued to prove itself, and it did not: a cloned number
    TRUST_TOO_LOW = "trust_too_low"  # the room wants more than this kind of card can prove
    CLOCK_UNSET = "clock_unset"
    STORAGE_FAILED = "storage_failed"
    LOCK_FAULT = "lock_fault"


class How(StrEnum):
    CARD = "card"
    CODE = "code"


class Grounds(StrEnum):
    CUSTODIAN = "custodian"
    MAINTENANCE = "maintenance"
    APPROVAL = "approval"


class Wants(StrEnum):
    """Who must still come before the door opens."""

    SECOND_PERSON = "second_person"
    ESCORT = "escort"


class Asked(Struct, frozen=True):
    """Who asks: a card (`found`, with what it proved) or a code (`match`); exactly one of them is given."""

    found: Found | None = None
    presented: Trust = Trust.SECRET
    match: CodeMatch | None = None

    @property
    def how(self) -> How:
        return How.CODE if self.found is None else How.CARD

    @property
    def person(self) -> Person | None:
        return self.found.person if self.found else None

    @property
    def who(self) -> str | None:
        """The party's key, as in `kiosk.rules.memory.Visit`; None for one whom the list does not know."""
        if self.found is not None:
            return f"p{self.found.person.id}" if self.found.person else None
        return f"a{self.match.approval.id}" if self.match and self.match.approval else None

    @property
    def approvals(self) -> tuple[Approval, ...]:
        if self.found:
            return self.found.approvals
        return (self.match.approval,) if self.match and self.match.approval else ()

    @property
    def duress(self) -> bool:
        """Whether the silent alarm was raised, whatever is answered."""
        if self.found is None:
            return self.match is not None and self.match.approval is not None and self.match.duress
        return self.found.credential is not None and self.found.credential.duress


class Standing(Struct, frozen=True):
    """How things stand at the door. `now_s` is Unix seconds UTC, `today` the local date's ordinal; None: not known."""

    memory: Memory
    now_s: int | None
    today: int | None
    list_made_at: int | None = None  # None: no list in force
    record_possible: bool = True
    record_failed_s: int = 0  # for how long records have not been possible
    interlock_secure: bool = True
    lock_works: bool = True
    locked_out: bool = False


class Granted(Struct, frozen=True):
    """What the register line needs is all here (R3). `companions` are names, filled by a two-part entry."""

    grounds: Grounds
    how: How
    name: str
    person: int | None = None
    approval: Approval | None = None
    approver: str = ""
    reason: str = ""
    headcount: int = 1
    due: int | None = None
    duress: bool = False
    passback: bool = False  # soft anti-passback: enters again without having left
    wants: tuple[Wants, ...] = ()

    @property
    def who(self) -> str:
        """The party's key, as in `kiosk.rules.memory.Visit`."""
        return f"a{self.approval.id}" if self.person is None and self.approval else f"p{self.person}"


class Denied(Struct, frozen=True):
    reasons: tuple[Reason, ...]
    how: How
    name: str = ""
    person: int | None = None
    card: int | None = None
    approval: str | None = None
    duress: bool = False


Decision = Granted | Denied


def decide(policy: Policy, room_id: str, asked: Asked, standing: Standing) -> Decision:
    """Entry to `room_id`. Raises KeyError if the policy has no such room: the caller's bug."""
    room = policy.rooms[room_id]
    if asked.match is not None and standing.locked_out:
        # Nothing more is said while the keypad is locked out: whether the code was right would be an oracle.
        return _denied(asked, (Reason.CODE_LOCKED_OUT,))
    against: list[Reason] = [*_door(room, asked, standing), *_credential(room, asked, standing)]
    grants: list[Granted] = []
    missing: list[Reason] = []
    for grant, reasons in _grounds(policy, room_id, asked, standing):
        if reasons:
            missing += reasons
        else:
            grants.append(grant)
    if grants and not against:
        return grants[0]
    if not grants:
        against += missing or _nothing(policy, asked)
    return _denied(asked, tuple(dict.fromkeys(against)))


def holds(person: Person | None, roles: tuple[str, ...]) -> bool:
    """Whether this person holds one of these roles."""
    return person is not None and not set(roles).isdisjoint(person.roles)


def _denied(asked: Asked, reasons: tuple[Reason, ...]) -> Denied:
    person = asked.person
    approval = asked.match.approval if asked.match else None
    return Denied(
        reasons=reasons,
        how=asked.how,
        name=person.name if person else approval.name if approval else "",
        person=person.id if person else None,
        card=asked.found.mac if asked.found else None,
        approval=approval.id if approval else None,
        duress=asked.duress,
    )


def _door(room: Room, asked: Asked, standing: Standing) -> Iterator[Reason]:
    """What stands in everybody's way."""
    memory = standing.memory
    if memory.lockdown and not holds(asked.person, room.lockdown_admits):
        yield Reason.LOCKDOWN
    if not standing.record_possible and not _may_enter_unrecorded(room, asked, standing):
        yield Reason.STORAGE_FAILED
    if not standing.lock_works:
        yield Reason.LOCK_FAULT
    if room.interlock and not standing.interlock_secure:
        yield Reason.INTERLOCK
    if memory.permit and not (_under_permit(asked, standing) or holds(asked.person, room.maintenance_admits)):
        yield Reason.MAINTENANCE
    if standing.list_made_at is None:
        yield Reason.LIST_MISSING
    elif room.revocation_age_hours:
        if standing.now_s is None:
            yield Reason.CLOCK_UNSET
        elif standing.now_s - standing.list_made_at > room.revocation_age_hours * 3600:
            yield Reason.LIST_TOO_OLD


def _may_enter_unrecorded(room: Room, asked: Asked, standing: Standing) -> bool:
    """F5: a policy may let custodians in for some hours while the ledger cannot be written."""
    allowed_s = room.custodians_without_record_hours * 3600
    return standing.record_failed_s < allowed_s and holds(asked.person, room.custodians)


def _credential(room: Room, asked: Asked, standing: Standing) -> Iterator[Reason]:
    if asked.match is not None:
        if asked.match.approval is None and standing.list_made_at is not None:
            yield Reason.WRONG_CODE
        return
    credential = asked.found.credential if asked.found else None
    if credential is None or asked.person is None:
        if standing.list_made_at is not None:
            yield Reason.UNKNOWN_CREDENTIAL
        return
    if credential.disabled:
        yield Reason.DISABLED
    yield from _window(credential.valid_from, credential.valid_to, standing.now_s)
    if asked.presented < credential.trust:
        yield Reason.NOT_PROVED
    if asked.presented < room.trust:
        yield Reason.TRUST_TOO_LOW


_ALWAYS = 2**53


def _window(start_s: int, end_s: int, now_s: int | None) -> Iterator[Reason]:
    if now_s is None:
        if start_s > 0 or end_s < _ALWAYS:
            yield Reason.CLOCK_UNSET
    elif now_s < start_s:
        yield Reason.NOT_YET_VALID
    elif now_s >= end_s:
        yield Reason.EXPIRED


def _grounds(
    policy: Policy, room_id: str, asked: Asked, standing: Standing
) -> Iterator[tuple[Granted, tuple[Reason, ...]]]:
    """Each ground that this party has, and what stands against it."""
    room = policy.rooms[room_id]
    party, against = _party(room, asked, standing)
    permit = standing.memory.permit
    if holds(asked.person, room.custodians):
        yield party, (*against, *_scheduled(policy, room.custodian_schedule, standing))
    if permit is not None and _under_permit(asked, standing):
        grant = replace(
            party,
            grounds=Grounds.MAINTENANCE,
            approver=permit.approver,
            reason=permit.reason,
            due=permit.not_after,
        )
        timely = _window(permit.not_before, permit.not_after, standing.now_s)
        yield grant, (*against, *timely, *_first_in(room, standing))
    for approval in asked.approvals:
        grant = _by_approval(party, approval, room, standing)
        yield grant, (*against, *_approval(policy, room_id, approval, standing))


def _party(room: Room, asked: Asked, standing: Standing) -> tuple[Granted, tuple[Reason, ...]]:
    """Who would enter, whatever the ground, and what stands against the person."""
    person = asked.person
    wants = (Wants.SECOND_PERSON,) if room.two_person else ()
    if person is None:
        return Granted(Grounds.CUSTODIAN, asked.how, "", duress=asked.duress, wants=wants), ()
    again = _again(room, person, standing)
    soft = room.anti_passback is not None and room.anti_passback.kind is AntiPassbackKind.SOFT
    party = Granted(
        Grounds.CUSTODIAN,
        asked.how,
        person.name,
        person=person.id,
        duress=asked.duress,
        passback=again and soft,
        wants=wants,
    )
    return party, (Reason.ANTI_PASSBACK,) if again and not soft else ()


def _by_approval(party: Granted, approval: Approval, room: Room, standing: Standing) -> Granted:
    escorted = room.escort is None or (room.escort.inside_counts and _custodian_inside(standing.memory))
    return replace(
        party,
        grounds=Grounds.APPROVAL,
        name=approval.name,
        approval=approval,
        approver=approval.approver,
        reason=approval.reason,
        headcount=approval.headcount,
        due=approval.not_after,
        wants=party.wants if escorted else (Wants.ESCORT,),  # the custodian who comes is a second person, too
    )


def _approval(policy: Policy, room_id: str, approval: Approval, standing: Standing) -> Iterator[Reason]:
    room = policy.rooms[room_id]
    used = standing.memory.used.get(approval.id)
    if approval.room != room_id:
        yield Reason.WRONG_ROOM
    if approval.withdrawn:
        yield Reason.APPROVAL_WITHDRAWN
    if used is not None and used.openings >= approval.openings:
        yield Reason.APPROVAL_USED_UP
    if not (approval.name and approval.approver and approval.reason and approval.headcount > 0):
        yield Reason.REGISTER_INCOMPLETE
    yield from _window(approval.not_before, approval.not_after, standing.now_s)
    yield from _scheduled(policy, room.approval_schedule, standing)
    yield from _first_in(room, standing)


def _first_in(room: Room, standing: Standing) -> tuple[Reason, ...]:
    if room.first_in is None or (standing.today is not None and standing.memory.first_in == standing.today):
        return ()
    return (Reason.FIRST_PERSON_NOT_IN,)


def _scheduled(policy: Policy, name: str | None, standing: Standing) -> tuple[Reason, ...]:
    if name is None:
        return ()
    if standing.now_s is None:
        return (Reason.CLOCK_UNSET,)
    schedule = policy.schedules[name]
    inside = open_at(schedule, policy.special_days, standing.now_s * 1000, policy.zone)
    return () if inside else (Reason.OUTSIDE_SCHEDULE,)


def _again(room: Room, person: Person, standing: Standing) -> bool:
    """Anti-passback: this person entered, has not left, and the entry still counts."""
    rule = room.anti_passback
    visit = standing.memory.inside.get(f"p{person.id}")
    if rule is None or visit is None or holds(person, rule.exempt_roles):
        return False
    if rule.reset_minutes == 0 or visit.since is None or standing.now_s is None:
        return True
    return standing.now_s - visit.since < rule.reset_minutes * 60


def _custodian_inside(memory: Memory) -> bool:
    return any(visit.custodian for visit in memory.inside.values())


def _under_permit(asked: Asked, standing: Standing) -> bool:
    permit = standing.memory.permit
    return permit is not None and asked.person is not None and asked.person.id in permit.people


def _nothing(policy: Policy, asked: Asked) -> list[Reason]:
    """No ground at all: a known person without rights here. An unknown one has its reason already."""
    if asked.person is None:
        return []
    elsewhere = any(holds(asked.person, room.custodians) for room in policy.rooms.values())
    return [Reason.WRONG_ROOM, Reason.NO_APPROVAL] if elsewhere else [Reason.NO_APPROVAL]
