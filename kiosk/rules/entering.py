"""Entering: somebody asks, is answered, perhaps waits for a second person, is recorded and then let in."""

from typing import Any

from kiosk.rules import access
from kiosk.rules.access import Asked, Decision, Denied, Granted, Reason, Wants
from kiosk.rules.memory import Memory, local_day, unclaimed
from kiosk.rules.messages import Append, CardPresented, CodeEntered, Input, Kind, Sense, Side
from kiosk.rules.orders import silence
from kiosk.rules.passage import leave, take
from kiosk.rules.turn import LOCK, Turn, Waiting


def card(turn: Turn, event: CardPresented) -> None:
    if event.side is Side.INSIDE:
        person = event.found.person
        leave(turn, "card", person.id if person else None, person.name if person else "")
        _note_duress(turn, Asked(found=event.found), "card")
        return
    _ask(turn, Asked(found=event.found, presented=event.card.trust))


def code(turn: Turn, event: CodeEntered) -> None:
    approval = event.match.approval
    visit = turn.door.memory.inside.get(f"a{approval.id}") if approval else None
    if event.side is Side.INSIDE:
        leave(turn, "code", None, approval.name if approval else "", visit)
        _note_duress(turn, Asked(match=event.match), "code")
    elif approval and visit and turn.door.lockout_until is None and _used_up(turn, approval.id, approval.openings):
        # A visitor who left by the button checks out at the kiosk with the code that let the party in.
        turn.note(Kind.LEFT, visit.id, how="code", person=None, name=visit.name)
        _note_duress(turn, Asked(match=event.match), "code")
        turn.show(Kind.LEFT, name=visit.name)
    else:
        _ask(turn, Asked(match=event.match))


def _used_up(turn: Turn, approval: str, openings: int) -> bool:
    used = turn.door.memory.used.get(approval)
    return used is not None and used.openings >= openings


def _note_duress(turn: Turn, asked: Asked, how: str) -> None:
    """The silent alarm of whoever is made to leave, or to check out."""
    if not asked.duress:
        return
    person, approval = asked.person, asked.match.approval if asked.match else None
    name = person.name if person else approval.name if approval else ""
    turn.note(Kind.DURESS, urgent=True, name=name, person=person.id if person else None, how=how)
    turn.photo(Kind.DURESS)


def _ask(turn: Turn, asked: Asked) -> None:
    decision = _decide(turn, asked)
    if isinstance(decision, Denied):
        _refuse(turn, decision)
    else:
        _together(turn, asked, decision)


def _decide(turn: Turn, asked: Asked) -> Decision:
    door = turn.door
    memory = door.memory
    if memory.granted and asked.who and door.sees_leaf:
        memory = unclaimed(memory, asked.who)  # who taps twice is granted twice, and goes in once
    return access.decide(door.policy, door.room_id, asked, _standing(turn, memory))


def _standing(turn: Turn, memory: Memory) -> access.Standing:
    door, at = turn.door, turn.at
    room = door.room
    interlock = room.interlock
    neighbours = all(door.neighbours.get(name) for name in interlock.doors) if interlock else True
    failed_at = door.storage_failed_at
    return access.Standing(
        memory=memory,
        now_s=turn.now_s,
        today=local_day(at.wall, door.policy.zone) if room.first_in else None,
        list_made_at=door.list.made_at if door.list else None,
        record_possible=failed_at is None,
        record_failed_s=0 if failed_at is None else (at.mono - failed_at) // 1000,
        interlock_secure=neighbours and door.inputs.get(Input.PRESENCE, Sense.NORMAL) is Sense.NORMAL,
        lock_works=door.lock.works and LOCK not in door.lost,
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
    if denied.duress:
        turn.note(Kind.DURESS, urgent=True, name=denied.name, person=denied.person, how=denied.how)
    turn.photo(Kind.DURESS if denied.duress else Kind.DENIED)
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


def _together(turn: Turn, asked: Asked, grant: Granted) -> None:
    """A grant on its own, the second half of one, or the first half of one to come."""
    waiting = turn.door.asking
    again = waiting is not None and _same_party(waiting.first, grant)
    if waiting is not None and not again:
        first = _decide(turn, waiting.asked)  # a lockdown, a failed disk, a used approval may lie between
        if isinstance(first, Denied):
            turn.set(asking=None)
            _refuse(turn, first)
        elif _suffices(first, grant) and _suffices(grant, first):
            turn.set(asking=None)
            _enter(turn, (first, grant))
            return
        elif grant.wants:
            nobody_came(turn, waiting)
    if grant.wants:
        _wait(turn, asked, grant, announce=not again)
    else:
        _enter(turn, (grant,))


def _same_party(one: Granted, other: Granted) -> bool:
    """One person counts once, however many cards and codes they hold."""
    return _person(one) == _person(other) if _person(one) is not None else one.who == other.who


def _person(grant: Granted) -> int | None:
    return grant.approval.person if grant.person is None and grant.approval else grant.person


def _suffices(grant: Granted, other: Granted) -> bool:
    """Whether `other` is whom `grant` waits for. An escort is a custodian; a second person is anyone with rights."""
    return Wants.ESCORT not in grant.wants or other.grounds is access.Grounds.CUSTODIAN


def _wait(turn: Turn, asked: Asked, grant: Granted, *, announce: bool) -> None:
    room = turn.door.room
    escort = Wants.ESCORT in grant.wants
    rule = room.escort if escort else room.two_person
    seconds = rule.within_s if rule else 0
    turn.set(asking=Waiting(grant, turn.at.mono + seconds * 1000, asked), shown=None)
    if announce:
        wants = Wants.ESCORT if escort else Wants.SECOND_PERSON
        turn.note(Kind.WAITING, side=Side.OUTSIDE, how=grant.how, person=grant.person, name=grant.name, wants=wants)


def nobody_came(turn: Turn, waiting: Waiting) -> None:
    first = waiting.first
    missing = Reason.ESCORT_MISSING if Wants.ESCORT in first.wants else Reason.SECOND_PERSON_MISSING
    turn.set(asking=None)
    approval = first.approval.id if first.approval else None
    _refuse(turn, Denied((missing,), first.how, first.name, first.person, approval=approval, duress=first.duress))


def _enter(turn: Turn, grants: tuple[Granted, ...]) -> None:
    """The order of writes: what was granted is durable, then the lock is released, then the rest is told.

    Custodians whom the policy lets in while nothing can be recorded (F5) are released first and recorded late.
    """
    door = turn.door
    recordable, seconds = door.storage_failed_at is None, door.room.timing.release_s
    if not recordable:
        turn.release("granted", seconds)
    visits = [_note_grant(turn, grant, grants, recordable=recordable) for grant in grants]
    if recordable:
        turn.release("granted", seconds)
    for visit, grant in zip(visits, grants, strict=True):
        turn.photo(Kind.DURESS if grant.duress else Kind.GRANTED, visit)
    if door.leaf.opened is not None:
        take(turn)
    if door.alarms:
        _end_alarms(turn, grants)
    turn.show(Kind.GRANTED, name=grants[-1].name)


def _end_alarms(turn: Turn, grants: tuple[Granted, ...]) -> None:
    """A custodian who comes has seen to them."""
    for grant in grants:
        if grant.grounds is access.Grounds.CUSTODIAN:
            silence(turn, grant.name, "")
            return


def _close_earlier(turn: Turn, who: str) -> None:
    """This party's grants that nobody was seen to use."""
    earlier = tuple(visit for visit, party in turn.door.memory.granted.items() if party.who == who)
    if not turn.door.sees_leaf:
        take(turn, earlier, assumed=True)
        return
    for visit in earlier:
        turn.note(Kind.NOT_TAKEN, visit)


def _note_grant(turn: Turn, grant: Granted, party: tuple[Granted, ...], *, recordable: bool) -> str:
    """The records of one grant; the id of its visit."""
    door, at = turn.door, turn.at
    visit = f"{at.boot}-{at.mono}-{door.visits}"
    turn.set(visits=door.visits + 1)
    if door.memory.granted:
        _close_earlier(turn, grant.who)
    facts: dict[str, Any] = {
        "side": Side.OUTSIDE,
        "how": grant.how,
        "person": grant.person,
        "name": grant.name,
        "grounds": grant.grounds,
        "approval": grant.approval.id if grant.approval else None,
        "headcount": grant.headcount,
        "approver": grant.approver,
        "reason": grant.reason,
        "due": grant.due,
        "companions": [other.name for other in party if other is not grant],
    }
    if not recordable:
        facts["late"] = True
    turn.write(Append(at, Kind.GRANTED, facts, visit, recordable))
    if grant.duress:
        turn.note(Kind.DURESS, visit, urgent=recordable, name=grant.name, person=grant.person, how=grant.how)
    if grant.passback:
        turn.note(Kind.ANTI_PASSBACK, visit, name=grant.name, person=grant.person)
    return visit
