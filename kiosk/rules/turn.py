"""The door's state as a value, and `Turn`: one step of it under way.

`Door` is what `kiosk.rules.door.step` takes and gives. A turn holds the door so far and the commands in the order of
their writes; the rooms of the table (entering, passage, leaf, lock, inputs, orders) each change it by its verbs alone.
The door so far is a copy that nobody else has seen yet: it is changed in place until the step is over, since a step
stands between a card and the lock.
"""

from typing import Any

from msgspec import Struct, field
from msgspec.structs import force_setattr, replace

from kiosk.rules.access import Asked, Granted, Reason
from kiosk.rules.memory import DATED, Memory, local_day, remember
from kiosk.rules.messages import Append, Command, Input, Kind, Moment, Release, Secure, Sense, Siren, TakePhoto
from kiosk.rules.policy import Policy, Room

LOCK = "lock"  # the device name of the lock's output
SOUND = frozenset({Sense.NORMAL, Sense.ACTIVE})
RESULT_SHOWN_MS = 5000
SAY_AGAIN_MS = 1000


class Lock(Struct, frozen=True):
    """`until`: mono ms; None while released means free, and then `reason` says why.

    `secured`: mono ms of the last order to lock; `relocked`: of the one that ended a release. `again`: mono ms at
    which a level that failed is said again.
    """

    released: bool = False
    reason: str = ""
    until: int | None = None
    secured: int | None = None
    relocked: int | None = None
    works: bool = True
    again: int | None = None


class Leaf(Struct, frozen=True):
    """`opened`: mono ms of the opening whose timers run."""

    opened: int | None = None
    forced: bool = False
    warned: bool = False
    held: bool = False


class Waiting(Struct, frozen=True):
    """The first of two who must enter together, until mono ms `until`; what they asked is decided again then."""

    first: Granted
    until: int
    asked: Asked


class Shown(Struct, frozen=True):
    """The last answer, for the screen, until mono ms `until`."""

    kind: Kind
    until: int
    name: str = ""
    reasons: tuple[Reason, ...] = ()
    tries_left: int | None = None


class List(Struct, frozen=True):
    version: int
    made_at: int
    credentials: int


class Leaving(Struct, frozen=True):
    how: str
    visit: str | None  # None: the button, which says nothing of who pressed it


class Door(Struct, frozen=True):
    policy: Policy
    room_id: str
    at: Moment
    memory: Memory = field(default_factory=Memory)
    lock: Lock = field(default_factory=Lock)
    leaf: Leaf = field(default_factory=Leaf)
    asking: Waiting | None = None
    leaving: tuple[Leaving, ...] = ()
    visits: int = 0  # granted since the start: no two visits have one id, even in one millisecond
    lockout_until: int | None = None
    shown: Shown | None = None
    list: List | None = None
    list_fault: str = ""
    storage_fault: str = ""
    storage_failed_at: int | None = None
    absent: tuple[str, ...] = ()
    inputs: dict[Input, Sense] = {}
    lost: dict[str, str] = {}  # device: why
    neighbours: dict[str, bool | None] = {}
    alarms: frozenset[Kind] = frozenset()
    siren: bool = False
    next_due: int | None = None  # Unix s of the next visit or permit that runs out

    @property
    def room(self) -> Room:
        return self.policy.rooms[self.room_id]

    @property
    def free(self) -> bool:
        """Held released by name: nothing but a person's order ends it."""
        return self.memory.fire or self.memory.evacuation

    @property
    def freed_by(self) -> str:
        """The name that holds a free door released."""
        return "fire" if self.memory.fire else "evacuation"

    @property
    def sees_leaf(self) -> bool:
        """Whether the door contact tells the truth: only then is an opening that was not seen none."""
        return self.inputs.get(Input.DOOR_POSITION) in SOUND


class Turn:
    """One step under way: the door so far, and the commands in the order of their writes."""

    def __init__(self, door: Door, at: Moment) -> None:
        self.door = replace(door, at=at)
        self.at = at
        self.commands: list[Command] = []

    @property
    def now_s(self) -> int | None:
        return None if self.at.wall is None else self.at.wall // 1000

    def set(self, **changes: Any) -> None:
        for name, value in changes.items():
            force_setattr(self.door, name, value)

    def note(self, kind: Kind, visit: str | None = None, *, urgent: bool = False, **facts: Any) -> None:
        """Record it, and remember what a record of this kind leaves behind."""
        self.write(Append(self.at, kind, facts, visit, urgent))

    def write(self, entry: Append) -> None:
        self.commands.append(entry)
        self.recall(entry)

    def recall(self, entry: Append) -> None:
        """Fold a record into the memory, by its own time: a replay knows no other."""
        before, wall = self.door.memory, entry.at.wall
        today = local_day(wall, self.door.policy.zone) if entry.kind in DATED else None
        now_s = None if wall is None else wall // 1000
        memory = remember(before, entry.kind, entry.body, entry.visit, now_s, today)
        if memory is not before:
            self.set(memory=memory)
            if memory.inside is not before.inside or memory.permit is not before.permit:
                self.set(next_due=next_due(memory))

    def release(self, reason: str, seconds: int) -> None:
        """Released for so long; a release that already lasts longer, or is free, keeps its end."""
        lock = self.door.lock
        if self.door.free:
            self.free(self.door.freed_by)
            return
        until = self.at.mono + seconds * 1000
        if lock.released and lock.until is not None:
            until = max(until, lock.until)
        self.release_until(reason, until)

    def free(self, reason: str) -> None:
        """Released without an end, by name."""
        self.release_until(reason, None)

    def release_until(self, reason: str, until: int | None) -> None:
        lock = self.door.lock
        self.set(lock=Lock(True, reason, until, works=lock.works, again=self._again))
        self.commands.append(Release(reason, until))

    def secure(self, reason: str) -> None:
        lock, now = self.door.lock, self.at.mono
        relocked = now if lock.released else lock.relocked
        self.set(lock=Lock(False, reason, secured=now, relocked=relocked, works=lock.works, again=self._again))
        self.commands.append(Secure(reason))

    @property
    def _again(self) -> int | None:
        """A lock that did not answer is told now, and not again at once."""
        return None if self.door.lock.again is None else self.at.mono + SAY_AGAIN_MS

    def alarm(self, kind: Kind) -> None:
        self.set(alarms=self.door.alarms | {kind})

    def calm(self, *kinds: Kind) -> None:
        self.set(alarms=self.door.alarms - set(kinds))

    def show(self, kind: Kind, **parts: Any) -> None:
        self.set(shown=Shown(kind, self.at.mono + RESULT_SHOWN_MS, **parts))

    def photo(self, why: Kind, visit: str | None = None, burst: int = 1) -> None:
        self.commands.append(TakePhoto(why, visit, burst))

    def sound(self) -> None:
        """The siren follows the alarms, but neither works by permit nor people fleeing a fire set it off."""
        wanted = bool(self.door.alarms) and not self.door.free and self.door.memory.permit is None
        if wanted != self.door.siren:
            self.set(siren=wanted)
            self.commands.append(Siren(wanted))


def next_due(memory: Memory) -> int | None:
    dues = [visit.due for visit in memory.inside.values() if visit.due is not None and not visit.overstayed]
    if memory.permit is not None:
        dues.append(memory.permit.not_after)
    return min(dues, default=None)
