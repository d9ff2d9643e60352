"""Going through the open leaf, either way: who was granted goes in, who asked to leave has left."""

from kiosk.rules.memory import Visit
from kiosk.rules.messages import Kind, Side
from kiosk.rules.schedules import open_at
from kiosk.rules.turn import Leaving, Turn


def take(turn: Turn, visits: tuple[str, ...] | None = None, *, assumed: bool = False) -> None:
    """These go in, or everybody who was granted and has not gone in yet. `assumed`: nobody saw the leaf open."""
    granted = turn.door.memory.granted
    facts = {"assumed": True} if assumed else {}
    for visit in granted if visits is None else visits:
        earlier = turn.door.memory.inside.get(granted[visit].who)
        if earlier is not None:
            turn.note(Kind.LEFT, earlier.id, how="again", person=earlier.person, name=earlier.name)
        turn.note(Kind.TAKEN, visit, **facts)


def not_entered(turn: Turn) -> None:
    """The release is over and the leaf did not open; where that cannot be seen, who was let in counts as inside."""
    memory, seen = turn.door.memory, turn.door.sees_leaf
    for visit in memory.granted:
        if visit not in memory.acted:
            turn.note(Kind.NOT_CARRIED_OUT, visit)
        elif seen:
            turn.note(Kind.NOT_TAKEN, visit)
        else:
            take(turn, (visit,), assumed=True)
    if not seen:
        depart(turn)
    turn.set(leaving=())


def leave(turn: Turn, how: str, person: int | None, name: str, visit: Visit | None = None) -> None:
    """Released first, recorded after; nobody is asked anything."""
    turn.release("exit", turn.door.room.timing.exit_release_s)
    schedule = turn.door.room.exit_schedule
    off_schedule = schedule is not None and not _open_now(turn, schedule)
    turn.note(Kind.EXIT, how=how, side=Side.INSIDE, person=person, name=name, off_schedule=off_schedule)
    if off_schedule:
        turn.alarm(Kind.EXIT)
    if person is not None:
        visit = turn.door.memory.inside.get(f"p{person}")
    leaving = Leaving(how, visit.id if visit else None)
    if (visit is not None or how == "button") and leaving not in turn.door.leaving:
        turn.set(leaving=(*turn.door.leaving, leaving))
    if turn.door.leaf.opened is not None:
        depart(turn)


def _open_now(turn: Turn, schedule: str) -> bool:
    if turn.at.wall is None:
        return True
    policy = turn.door.policy
    return open_at(policy.schedules[schedule], policy.special_days, turn.at.wall, policy.zone)


def depart(turn: Turn) -> None:
    """Those who asked to leave have left. The button names nobody: only a party that is alone inside is meant."""
    for leaving in turn.door.leaving:
        inside = turn.door.memory.inside.values()
        if leaving.visit is None:
            gone = list(inside) if len(inside) == 1 else []
        else:
            gone = [visit for visit in inside if visit.id == leaving.visit]
        for visit in gone:
            turn.note(Kind.LEFT, visit.id, how=leaving.how, person=visit.person, name=visit.name)
    turn.set(leaving=())
