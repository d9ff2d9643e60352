"""Entering: somebody asks, is answered, perhaps waits for a second person, is recorded and then let in."""

from typing import Any

from kiosk.rules import access
from kiosk.rules.access import Denied, Granted, Reason, Wants
from kiosk.rules.credentials import Trust
from kiosk.rules.memory import local_day
from kiosk.rules.messages import CardPresented, CodeEntered, Input, Kind, Sense, Side
from kiosk.rules.orders import silence
from kiosk.rules.passage import leave, take
from kiosk.rules.turn import Turn, Waiting


def card(turn: Turn, event: CardPresented) -> None:
    if event.side is Side.INSIDE:
        person = event.found.person
        leave(turn, "card", person.id if person else None, person.name if person else "")
        return
    asked(turn, access.Asked(found=event.found, presented=event.card.trust))


def code(turn: Turn, event: CodeEntered) -> None:
    approval = event.match.approval
    visit = turn.door.memory.inside.get(f"a{approval.id}") if approval else None
    if event.side is Side.INSIDE:
        leave(turn, "code", None, approval.name if approval else "", visit)
    elif approval and visit and turn.door.lockout_until is None and _used_up(turn, approval.id, approval.openings):
        # A visitor who left by the button checks out at the kiosk with the code that let the party in.
        turn.note(Kind.LEFT, visit.id, how="code", person=None, name=visit.name)
        turn.show(Kind.LEFT, name=visit.name)
    else:
        asked(turn, access.Asked(match=event.match, presented=Trust.SECRET))


def _used_up(turn: Turn, approval: str, openings: int) -> bool:
    used = turn.door.memory.used.get(approval)
    return used is not None and used.openings >= openings


def asked(turn: Turn, asked: access.Asked) -> None:
    decision = access.decide(turn.door.policy, turn.door.room_id, asked, _standing(turn))
    if isinstance(decision, Denied):
        _refuse(turn, decision)
    else:
        _together(turn, decision)


def _standing(turn: Turn) -> access.Standing:
    door, at = turn.door, turn.at
    interlock = door.room.interlock
    neighbours = all(door.neighbours.get(name) for name in interlock.doors) if interlock else True
    failed_at = door.storage_failed_at
    return access.Standing(
        memory=door.memory,
        now_s=turn.now_s,
        today=local_day(at.wall, door.policy.zone) if door.room.first_in else None,
        list_made_at=door.list.made_at if door.list else None,
        record_possible=failed_at is None,
        record_failed_s=0 if failed_at is None else (at.mono - failed_at) // 1000,
        interlock_secure=neighbours and door.inputs.get(Input.PRESENCE, Sense.NORMAL) is Sense.NORMAL,
        lock_works=door.lock.works,
        locked_out=door.lockout_until is not None,
    )


def _refuse(turn: Turn, denied: Denied) -> None:
    wrong_code = Reason.WRONG_CODE in denied.reasons
    turn.note(
        Kind.DENIED,
        urgent=wrong_code,  # the count of tries must outlive a cut of the power
        side=Side.OUTSIDE,
        how=denied.how,
        person=denied.person,
        name=denied.name,
        card=None if denied.card is None else f"{denied.card & 0xFFFF_FFFF_FFFF_FFFF:016x}",
        approval=denied.approval,
        reasons=list(denied.reasons),
    )
    turn.photo(Kind.DENIED)
    codes = turn.door.room.codes
    left = codes.wrong_tries - turn.door.memory.wrong_codes if wrong_code else None
    if left is not None and left <= 0:
        _lock_out(turn)
        turn.show(Kind.CODE_LOCKOUT)
    else:
        turn.show(Kind.DENIED, name=denied.name, reasons=denied.reasons, tries_left=left)


def _lock_out(turn: Turn) -> None:
    codes, memory = turn.door.room.codes, turn.door.memory
    seconds = codes.lockout_s[min(memory.lockouts, len(codes.lockout_s) - 1)]
    turn.note(Kind.CODE_LOCKOUT, urgent=True, tries=memory.wrong_codes, seconds=seconds)
    turn.set(lockout_until=turn.at.mono + seconds * 1000)
    turn.alarm(Kind.CODE_LOCKOUT)


def _together(turn: Turn, grant: Granted) -> None:
    """A grant on its own, the second half of one, or the first half of one to come."""
    waiting = turn.door.asking
    if waiting is not None and _same_party(waiting.first, grant):
        waiting = None
    elif waiting is not None and _suffices(waiting.first, grant) and _suffices(grant, waiting.first):
        turn.set(asking=None)
        _enter(turn, (waiting.first, grant))
        return
    elif waiting is not None and grant.wants:
        nobody_came(turn, waiting)
    if grant.wants:
        _wait(turn, grant, announce=waiting is not None or turn.door.asking is None)
    else:
        _enter(turn, (grant,))


def _same_party(one: Granted, other: Granted) -> bool:
    if one.person is None or other.person is None:
        return one.person is other.person and one.approval == other.approval
    return one.person == other.person


def _suffices(grant: Granted, other: Granted) -> bool:
    """Whether `other` is whom `grant` waits for. An escort is a custodian; a second person is anyone with rights."""
    return Wants.ESCORT not in grant.wants or other.grounds is access.Grounds.CUSTODIAN


def _wait(turn: Turn, grant: Granted, *, announce: bool) -> None:
    room = turn.door.room
    escort = Wants.ESCORT in grant.wants
    rule = room.escort if escort else room.two_person
    seconds = rule.within_s if rule else 0
    turn.set(asking=Waiting(grant, turn.at.mono + seconds * 1000), shown=None)
    if announce:
        wants = Wants.ESCORT if escort else Wants.SECOND_PERSON
        turn.note(Kind.WAITING, side=Side.OUTSIDE, how=grant.how, person=grant.person, name=grant.name, wants=wants)


def nobody_came(turn: Turn, waiting: Waiting) -> None:
    first = waiting.first
    missing = Reason.ESCORT_MISSING if Wants.ESCORT in first.wants else Reason.SECOND_PERSON_MISSING
    turn.set(asking=None)
    approval = first.approval.id if first.approval else None
    _refuse(turn, Denied((missing,), first.how, first.name, first.person, approval=approval))


def _enter(turn: Turn, grants: tuple[Granted, ...]) -> None:
    """The order of writes: what was granted is durable, then the lock is released, then the rest is told."""
    recordable = turn.door.storage_failed_at is None
    if not recordable:
        turn.release("granted", turn.door.room.timing.release_s)
    for number, grant in enumerate(grants):
        visit = f"{turn.at.boot}-{turn.at.mono}-{number}"
        companions = [other.name for other in grants if other is not grant]
        _note_grant(turn, grant, visit, companions, recordable=recordable)
    if recordable:
        turn.release("granted", turn.door.room.timing.release_s)
    if turn.door.leaf.opened is not None:
        take(turn)
    custodian = next((grant for grant in grants if grant.grounds is access.Grounds.CUSTODIAN), None)
    if custodian and turn.door.alarms and not any(grant.duress for grant in grants):
        silence(turn, custodian.name, "")
    turn.show(Kind.GRANTED, name=grants[-1].name)


def _note_grant(turn: Turn, grant: Granted, visit: str, companions: list[str], *, recordable: bool) -> None:
    late: dict[str, Any] = {} if recordable else {"late": True}
    turn.note(
        Kind.GRANTED,
        visit,
        urgent=recordable,
        side=Side.OUTSIDE,
        how=grant.how,
        person=grant.person,
        name=grant.name,
        grounds=grant.grounds,
        approval=grant.approval.id if grant.approval else None,
        headcount=grant.headcount,
        approver=grant.approver,
        reason=grant.reason,
        due=grant.due,
        companions=companions,
        **late,
    )
    if grant.duress:
        turn.note(Kind.DURESS, visit, urgent=recordable, name=grant.name, person=grant.person, how=grant.how)
    if grant.passback:
        turn.note(Kind.ANTI_PASSBACK, visit, name=grant.name, person=grant.person)
    turn.photo(Kind.DURESS if grant.duress else Kind.GRANTED, visit)
