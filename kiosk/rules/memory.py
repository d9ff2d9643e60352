"""What a door remembers across a restart, folded from its records and from nothing else.

`remember(memory, record)` is the only way in, both while the door lives and when it replays its ledger. That the
replayed door is the same door is therefore not a promise but a consequence. Anything that may be lost with the
power (the leaf's position, who is half-way through a two-person entry) is not here but in `kiosk.rules.door`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from kiosk.rules.messages import Kind, Permit


class Visit(Struct, frozen=True):
    """One party's stay, from `granted` to `left`. Times are Unix seconds UTC, None while the clock is unset.

    `who` is the party's own key: a person ("p17") or an approval used by code ("aV-2031").
    """

    id: str
    who: str
    name: str
    person: int | None = None
    approval: str | None = None
    headcount: int = 1
    custodian: bool = False
    since: int | None = None
    due: int | None = None
    overstayed: bool = False


class Use(Struct, frozen=True):
    """How often an approval was used; forgotten once a list is in force that was made a day after its window."""

    openings: int
    not_after: int


class Memory(Struct, frozen=True):
    inside: dict[str, Visit] = {}  # by `who`
    granted: dict[str, Visit] = {}  # by visit id: released or about to be, not yet taken
    acted: tuple[str, ...] = ()  # those of `granted` for which the lock was driven
    used: dict[str, Use] = {}  # by approval id
    wrong_codes: int = 0  # in a row
    lockouts: int = 0  # since the last right code: how far the lock-out has grown
    lockout_s: int = 0  # length of the one in force, 0: none
    first_in: int | None = None  # local date (proleptic ordinal) on which a custodian last entered
    fire: bool = False
    evacuation: bool = False
    lockdown: bool = False
    permit: Permit | None = None


_DAY_S = 86_400
DATED = frozenset({Kind.TAKEN})  # the kinds whose local date counts


def local_day(wall_ms: int | None, zone: tzinfo) -> int | None:
    """The local date's proleptic ordinal of an instant in Unix milliseconds; None for None."""
    if wall_ms is None:
        return None
    return datetime.fromtimestamp(wall_ms // 1000, UTC).astimezone(zone).toordinal()


def remember(  # noqa: PLR0917 - a record's parts, in its own order
    memory: Memory, kind: Kind, facts: Mapping[str, Any], visit: str | None, now_s: int | None, today: int | None
) -> Memory:
    """The memory after one more record. Kinds that leave no trace return it unchanged.

    `now_s` is the record's wall time in Unix seconds, `today` its local date as an ordinal, both None if unset.
    """
    fold = _FOLDS.get(kind)
    return memory if fold is None else fold(memory, facts, visit or "", now_s, today)


def _granted(memory: Memory, facts: Mapping[str, Any], visit: str, now_s: int | None, _today: int | None) -> Memory:
    approval = facts.get("approval")
    person = facts.get("person")
    party = Visit(
        id=visit,
        who=f"p{person}" if person is not None else f"a{approval}",
        name=facts["name"],
        person=person,
        approval=approval,
        headcount=facts["headcount"],
        custodian=facts["grounds"] == "custodian",
        since=now_s,
        due=facts.get("due"),
    )
    used = memory.used
    if approval is not None and facts["grounds"] == "approval":
        before = used.get(approval)
        used = {**used, approval: Use((before.openings if before else 0) + 1, facts.get("due") or 0)}
    right_code = facts["how"] == "code"
    return replace(
        memory,
        granted={**memory.granted, visit: party},
        used=used,
        wrong_codes=0 if right_code else memory.wrong_codes,
        lockouts=0 if right_code else memory.lockouts,
    )


def _released(memory: Memory, _facts: Mapping[str, Any], visit: str, _now: int | None, _today: int | None) -> Memory:
    if visit in memory.granted and visit not in memory.acted:
        return replace(memory, acted=(*memory.acted, visit))
    return memory


def _taken(memory: Memory, _facts: Mapping[str, Any], visit: str, now_s: int | None, today: int | None) -> Memory:
    party = memory.granted.get(visit)
    if party is None:
        return memory
    inside = {**memory.inside, party.who: replace(party, since=now_s)}
    first_in = today if party.custodian and today is not None else memory.first_in
    return replace(_dropped(memory, visit), inside=inside, first_in=first_in)


def _not_taken(memory: Memory, _facts: Mapping[str, Any], visit: str, _now: int | None, _today: int | None) -> Memory:
    """The leaf never opened: an approval's opening is given back."""
    party = memory.granted.get(visit)
    memory = _dropped(memory, visit)
    if party is None or party.approval not in memory.used:
        return memory
    use = memory.used[party.approval]
    return replace(memory, used={**memory.used, party.approval: replace(use, openings=use.openings - 1)})


def unclaimed(memory: Memory, who: str) -> Memory:
    """As if what was granted to this party and not taken had never been granted."""
    for visit, party in memory.granted.items():
        if party.who == who:
            memory = _not_taken(memory, {}, visit, None, None)
    return memory


def _not_carried_out(
    memory: Memory, _facts: Mapping[str, Any], visit: str, _now: int | None, _today: int | None
) -> Memory:
    """Whether the lock moved is not known, so the opening stays used: the safe side."""
    return _dropped(memory, visit)


def _dropped(memory: Memory, visit: str) -> Memory:
    granted = {id_: party for id_, party in memory.granted.items() if id_ != visit}
    return replace(memory, granted=granted, acted=tuple(id_ for id_ in memory.acted if id_ != visit))


def _left(memory: Memory, _facts: Mapping[str, Any], visit: str, _now: int | None, _today: int | None) -> Memory:
    return replace(memory, inside={who: party for who, party in memory.inside.items() if party.id != visit})


def _overstayed(memory: Memory, _facts: Mapping[str, Any], visit: str, _now: int | None, _today: int | None) -> Memory:
    inside = {
        who: replace(party, overstayed=True) if party.id == visit else party for who, party in memory.inside.items()
    }
    return replace(memory, inside=inside)


def _denied(memory: Memory, facts: Mapping[str, Any], _visit: str, _now: int | None, _today: int | None) -> Memory:
    if "wrong_code" in facts["reasons"]:
        return replace(memory, wrong_codes=memory.wrong_codes + 1)
    return memory


def _lockout(memory: Memory, facts: Mapping[str, Any], _visit: str, _now: int | None, _today: int | None) -> Memory:
    return replace(memory, wrong_codes=0, lockouts=memory.lockouts + 1, lockout_s=facts["seconds"])


def _lockout_end(memory: Memory, facts: Mapping[str, Any], _visit: str, _now: int | None, _today: int | None) -> Memory:
    by_person = bool(facts["by"])
    return replace(memory, lockout_s=0, wrong_codes=0, lockouts=0 if by_person else memory.lockouts)


def _list(memory: Memory, facts: Mapping[str, Any], _visit: str, _now: int | None, _today: int | None) -> Memory:
    """The list's own time decides, which its issuer signed: a door's clock that jumps ahead makes no code new."""
    made_at = facts["made_at"]
    used = {id_: use for id_, use in memory.used.items() if use.not_after + _DAY_S > made_at}
    return memory if len(used) == len(memory.used) else replace(memory, used=used)


def _maintenance(memory: Memory, facts: Mapping[str, Any], _visit: str, _now: int | None, _today: int | None) -> Memory:
    return replace(memory, permit=msgspec.convert(facts["permit"], Permit))


_FOLDS = {
    Kind.GRANTED: _granted,
    Kind.RELEASED: _released,
    Kind.TAKEN: _taken,
    Kind.NOT_TAKEN: _not_taken,
    Kind.NOT_CARRIED_OUT: _not_carried_out,
    Kind.LEFT: _left,
    Kind.OVERSTAYED: _overstayed,
    Kind.DENIED: _denied,
    Kind.CODE_LOCKOUT: _lockout,
    Kind.CODE_LOCKOUT_END: _lockout_end,
    Kind.LIST: _list,
    Kind.FIRE: lambda memory, *_: replace(memory, fire=True),
    Kind.FIRE_RESET: lambda memory, *_: replace(memory, fire=False),
    Kind.EVACUATION: lambda memory, *_: replace(memory, evacuation=True),
    Kind.EVACUATION_END: lambda memory, *_: replace(memory, evacuation=False),
    Kind.LOCKDOWN: lambda memory, *_: replace(memory, lockdown=True),
    Kind.LOCKDOWN_END: lambda memory, *_: replace(memory, lockdown=False),
    Kind.MAINTENANCE: _maintenance,
    Kind.MAINTENANCE_END: lambda memory, *_: replace(memory, permit=None),
}
