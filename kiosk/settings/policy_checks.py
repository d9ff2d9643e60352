"""What in a policy must agree with what else: the mistakes that no single value shows.

Whoever is named exists, warnings come before alarms, a kind of day that a schedule knows has been declared, nobody is
higher than himself. A policy may still have stand-ins for what is wrong elsewhere (`tables.sketch`), so what follows
from a mistake that is known already is left out by the caller.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

from kiosk.problems import Problem, shown
from kiosk.rules.messages import Kind
from kiosk.rules.policy import Chain, Policy, Room
from kiosk.rules.view import Say
from kiosk.tables import not_among

CHAINS = ("entry", "footage", "zone_grant", "work_permit", "custodian_change")
"""What people can ask consent for; one that a policy leaves out cannot be asked for."""

OCCASIONS = (
    *(kind.value for kind in Kind),
    *("request", "approved", "rejected", "fault", "fault_reminder", "fault_overdue", "inspection_due", "incident"),
    *("export", "integrity", "door_silent"),
)
"""What `notify` can tell people of: every kind of record, and what the centre sees beside."""

APPROVER = "approver"


def disagreements(policy: Policy, table: Mapping[str, Any], wrong: set[str]) -> Iterator[Problem]:
    """What does not agree in a policy made of `table`; `wrong` are the places that are known to be wrong."""
    for where, word, (choices, source) in _references(policy, table):
        if word not in choices and source not in wrong:
            yield Problem(where, *not_among(word, choices), value=shown(word))
    for name, room in policy.rooms.items():
        yield from _room(f"rooms.{name}", room)
    for name in policy.roles:
        if name == APPROVER:
            yield Problem(f"roles.{name}", Say("is kept for a room's own approver."), Say("Choose another name."))
        if _circular(policy, name):
            wrong_say = Say("comes back to this role: nobody is higher.")
            yield Problem(f"roles.{name}.higher", wrong_say, Say("Leave it out for the highest role."))


_Named: TypeAlias = tuple[Mapping[str, object], str]
_Reference: TypeAlias = tuple[str, str, _Named]


def _references(policy: Policy, table: Mapping[str, Any]) -> Iterator[_Reference]:
    """Every place that names something: the place, the name, and (what there is to name, where that stands)."""
    roles: _Named = policy.roles, "roles"
    schedules: _Named = policy.schedules, "schedules"
    declared = table.get("special_days", {})
    kinds: _Named = (declared if isinstance(declared, dict) else {}), "special_days"
    for name, role in policy.roles.items():
        yield from _each(f"roles.{name}.higher", role.higher, roles)
    for name, room in policy.rooms.items():
        yield from _room_references(f"rooms.{name}", room, roles, schedules)
    for name, schedule in policy.schedules.items():
        for kind in schedule.special:
            yield f"schedules.{name}.special.{kind}", kind, kinds
    for name, chain in policy.chains.items():
        yield from _chain_references(f"chains.{name}", name, chain, roles)
    for name, incident in policy.incidents.items():
        yield from _each(f"incidents.{name}.notify", incident.notify, roles)
    for name, told in policy.notify.items():
        yield f"notify.{name}", name, (dict.fromkeys(OCCASIONS), "")
        yield from _each(f"notify.{name}", told, roles)


def _room_references(where: str, room: Room, roles: _Named, schedules: _Named) -> Iterator[_Reference]:
    for key in ("custodians", "approvers", "lockdown_admits", "maintenance_admits"):
        yield from _each(f"{where}.{key}", getattr(room, key), roles)
    if room.anti_passback:
        yield from _each(f"{where}.anti_passback.exempt_roles", room.anti_passback.exempt_roles, roles)
    for key in ("custodian_schedule", "approval_schedule", "exit_schedule"):
        yield from _each(f"{where}.{key}", getattr(room, key), schedules)


def _chain_references(where: str, name: str, chain: Chain, roles: _Named) -> Iterator[_Reference]:
    yield where, name, (dict.fromkeys(CHAINS), "")
    yield from _each(f"{where}.steps", chain.steps, ({**roles[0], APPROVER: None}, roles[1]))
    for key in ("filed_by", "student_filed_by", "student_first", "sensitive_marked_by", "sensitive_adds"):
        yield from _each(f"{where}.{key}", getattr(chain, key), roles)


def _each(where: str, names: str | tuple[str, ...] | None, known: _Named) -> Iterator[_Reference]:
    match names:
        case None:
            return
        case str():
            yield where, names, known
        case _:
            for at, name in enumerate(names, 1):
                yield f"{where}[{at}]", name, known


def _room(where: str, room: Room) -> Iterator[Problem]:
    timing, lockouts = room.timing, room.codes.lockout_s
    if timing.pre_alarm_s >= timing.open_s:
        wrong = Say("pre_alarm_s does not come before open_s ({open_s}).", {"open_s": timing.open_s})
        yield Problem(f"{where}.timing", wrong, Say("Warn fewer seconds ahead."))
    if any(later <= earlier for earlier, later in pairwise(lockouts)):
        yield Problem(f"{where}.codes.lockout_s", Say("does not grow."), Say("Write each longer than the one before."))


def _circular(policy: Policy, name: str) -> bool:
    seen = {name}
    role = policy.roles[name]
    while role.higher in policy.roles:
        if role.higher in seen:
            return role.higher == name
        seen.add(role.higher)
        role = policy.roles[role.higher]
    return False
