"""A school to test the rules on: two rooms, a few people, and a door that can be played like a scene.

It is Monday, 16 March 2026, 08:00 in Taian. `Story` is what the loop is to a real door: it steps events, tells the
door what its lock did, and carries out deadlines while it waits. `story.commands` are those of the last act, with
what followed from it.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from msgspec.structs import replace

from kiosk.rules.access import Asked
from kiosk.rules.credentials import Approval, Card, CodeMatch, Credential, Found, Person, Trust
from kiosk.rules.door import deadline, step
from kiosk.rules.memory import Memory
from kiosk.rules.messages import (
    Append,
    CardPresented,
    Clock,
    CodeEntered,
    Command,
    Event,
    Input,
    InputChanged,
    Kind,
    ListChanged,
    LockDriven,
    LockFailed,
    Moment,
    Order,
    Ordered,
    Permit,
    Release,
    Secure,
    Sense,
    Side,
    Started,
    StorageFailed,
    Ticked,
)
from kiosk.rules.policy import Hours, Policy, Role, Room, Schedule, Words
from kiosk.rules.turn import Door
from kiosk.rules.view import Screen, screen

TAIAN = timezone(timedelta(hours=8))
EIGHT = int(datetime(2026, 3, 16, 8, 0, tzinfo=TAIAN).timestamp())
HOUR = 3600
DAY = 24 * HOUR
MOST_TICKS = 200

DIRECTOR = Person(1, "王大明", ("student_affairs_director",))
VICE = Person(2, "李小芳", ("vice_principal",))
CHIEF = Person(3, "赵一刚", ("security_chief",))
TEACHER = Person(4, "孙美丽", ("staff",))
WORKER = Person(5, "周自强", ("maintainer",))
PERMIT = Permit("W-1", "更换硬盘", "校长", EIGHT - HOUR, EIGHT + 4 * HOUR, (WORKER.id,))

DAYTIME = Schedule(((Hours(7 * 60, 18 * 60),),) * 5 + ((), ()), {"exam": (Hours(9 * 60, 10 * 60),)})
NIGHT = Schedule(((Hours(0, 6 * 60),),) * 7)


def words(text: str) -> Words:
    return Words(text, text)


def school(**switches: Any) -> Policy:
    """The default policy: every switch off but these, which are the main control room's."""
    names = ("principal", "vice_principal", "student_affairs_director", "security_chief", "staff", "maintainer")
    main = Room(
        words("总监控室"),
        words("办公楼"),
        words("全校"),
        ("student_affairs_director", "vice_principal"),
        ("principal",),
        **switches,
    )
    gate = Room(words("南大门监控室"), words("南大门"), words("校园"), ("security_chief",), ("vice_principal",))
    return Policy(
        school=words("泰山外国语学校"),
        zone=TAIAN,
        roles={name: Role(words(name)) for name in names},
        rooms={"main": main, "south_gate": gate},
        schedules={"daytime": DAYTIME, "night": NIGHT},
    )


def approval(number: int = 1, **parts: Any) -> Approval:
    """Two visitors for the main room, from 07:00 to 10:00, once."""
    base = Approval(f"V-{number}", "main", "张文 陈思", "校长", "检查线路", EIGHT - HOUR, EIGHT + 2 * HOUR, headcount=2)
    return replace(base, **parts)


def found(person: Person | None, *approvals: Approval, **parts: Any) -> Found:
    """A card as the list knows it: `person`'s, or nobody's."""
    if person is None:
        return Found(0xBAD)
    return Found(person.id, Credential(person.id, person.id, Trust.NUMBER, **parts), person, approvals)


def card(person: Person | None, *approvals: Approval, **parts: Any) -> Asked:
    return Asked(found(person, *approvals, **parts), Trust.NUMBER)


def code(approval: Approval | None, *, duress: bool = False) -> Asked:
    return Asked(match=CodeMatch(approval, duress))


class Story:
    """A door under way. `seconds` is the time since its start; None for `wall_s` is a clock that was never set."""

    def __init__(
        self,
        policy: Policy | None = None,
        memory: Memory | None = None,
        wall_s: int | None = EIGHT,
        boot: int = 1,
        absent: tuple[str, ...] = (),
        *,
        bare: bool = False,
    ) -> None:
        self.boot, self.wall_s, self.mono = boot, wall_s, 0
        self.lock_broken = False
        self.commands: list[Command] = []
        self.records: list[Append] = []
        self.door = Door(policy or school(), "main", self.now, memory or Memory())
        if not bare:
            self.start(absent)

    def start(self, absent: tuple[str, ...] = ()) -> None:
        """Up, with a fresh list, a closed leaf and quiet inputs: all of one act."""
        self.happen(Started(self.now, absent))
        first = list(self.commands)
        if self.wall_s is not None:
            self.happen(ListChanged(self.now, 1, self.wall_s - HOUR, 5))
        for which in Input:
            if which in {Input.LOCK_POSITION, Input.PRESENCE} or which in absent:
                continue
            self.happen(InputChanged(self.now, which, Sense.NORMAL))
            first += self.commands
        self.commands = first

    # ------------------------------------------------------------ the loop's part

    @property
    def now(self) -> Moment:
        if self.wall_s is None:
            return Moment(self.boot, self.mono, None, Clock.UNSET)
        return Moment(self.boot, self.mono, self.wall_s * 1000 + self.mono, Clock.SYNCED)

    def happen(self, event: Event) -> "Story":
        self.commands = []
        self._step(event)
        return self

    def _step(self, event: Event) -> None:
        self.door, commands = step(self.door, event)
        self.commands += commands
        self.records += [command for command in commands if isinstance(command, Append)]
        for command in commands:
            if isinstance(command, Release | Secure):
                released = isinstance(command, Release)
                at = self.now
                self._step(LockFailed(at, released, "no answer") if self.lock_broken else LockDriven(at, released))

    def wait(self, seconds: float) -> "Story":
        """Time passes, and each deadline on the way is carried out when it comes."""
        self.commands = []
        end = self.mono + round(seconds * 1000)
        for _ in range(MOST_TICKS):
            due = deadline(self.door)
            if due is None or due > end:
                self.mono = end
                return self
            self.mono = max(self.mono, due)
            self._step(Ticked(self.now))
        raise AssertionError("a deadline that was ticked is not over")

    # ------------------------------------------------------------ the people's part

    def tap(self, person: Person | None, *approvals: Approval, inside: bool = False, **parts: Any) -> "Story":
        side = Side.INSIDE if inside else Side.OUTSIDE
        heard = Card("em4100", b"\x01\x02\x03\x04\x05", Trust.NUMBER)
        return self.happen(CardPresented(self.now, side, side.value, heard, found(person, *approvals, **parts)))

    def enter(self, approval: Approval | None, *, inside: bool = False, duress: bool = False) -> "Story":
        side = Side.INSIDE if inside else Side.OUTSIDE
        return self.happen(CodeEntered(self.now, side, CodeMatch(approval, duress)))

    def sense(self, which: Input, sense: Sense) -> "Story":
        return self.happen(InputChanged(self.now, which, sense))

    def press(self) -> "Story":
        """The exit button, down and up."""
        self.sense(Input.EXIT_BUTTON, Sense.ACTIVE)
        pressed = self.commands
        self.sense(Input.EXIT_BUTTON, Sense.NORMAL)
        self.commands = pressed + self.commands
        return self

    def open(self) -> "Story":
        return self.sense(Input.DOOR_POSITION, Sense.ACTIVE)

    def close(self) -> "Story":
        return self.sense(Input.DOOR_POSITION, Sense.NORMAL)

    def fire(self, *, on: bool = True) -> "Story":
        return self.sense(Input.FIRE, Sense.ACTIVE if on else Sense.NORMAL)

    def order(self, order: Order, permit: Permit | None = None, by: str = "王大明", reason: str = "演练") -> "Story":
        return self.happen(Ordered(self.now, order, by, reason, permit))

    def storage_fails(self) -> "Story":
        return self.happen(StorageFailed(self.now, "The disk is full."))

    def crash(self) -> "Story":
        """The power is cut: what the door remembers is all that is left, and a new boot begins."""
        return Story(self.door.policy, self.door.memory, self.wall_s, self.boot + 1, self.door.absent)

    def walk_in(self, person: Person, *approvals: Approval) -> "Story":
        """Tap, open, close."""
        return self.tap(person, *approvals).open().close()

    # ------------------------------------------------------------ what is seen of it

    @property
    def kinds(self) -> list[Kind]:
        """What the last act recorded."""
        return [command.kind for command in self.commands if isinstance(command, Append)]

    def said(self, kind: Kind) -> dict[str, Any]:
        """The facts of the last act's only record of this kind."""
        (body,) = [command.body for command in self.commands if isinstance(command, Append) and command.kind is kind]
        return body

    @property
    def reasons(self) -> list[str]:
        """Why the last act was denied."""
        return list(self.said(Kind.DENIED)["reasons"])

    @property
    def released(self) -> bool:
        return self.door.lock.released

    @property
    def inside(self) -> set[str]:
        return {visit.name for visit in self.door.memory.inside.values()}

    @property
    def screen(self) -> Screen:
        return screen(self.door)

    @property
    def word(self) -> str:
        return self.screen.word.text


def local(wall_s: int) -> datetime:
    return datetime.fromtimestamp(wall_s, UTC).astimezone(TAIAN)
