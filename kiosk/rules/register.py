"""The entry-exit register (R3, annex 2) as a projection of the records: the same records, the same register.

A register is never stored. It is folded from the records in their order and from nothing else, so it can be rebuilt
at any time, and how the records were batched on their way here does not matter.

- A visit becomes a line when the door was opened (`taken`), not when it was granted; `left` gives the time out.
- What came to pass without a visit but belongs on the page — the door forced, found open, opened by fire or
  evacuation — is a line of its own.
- Duress is never on a line unless `Show.duress` asks for it: the alarm is silent, and a print lies on a desk.
- Records between `storage_failed` and `storage_back` were written late, from memory: their lines say so.
- A line belongs to the local day of its entry. One whose clock was unset belongs to the last day known before it, so
  that it stands where it happened; before any day is known it is in every period, so that it is never lost.
- A record whose body retention erased leaves one line for each run of them.

The retrieval register (annex 3) will be another fold of this shape, over its own kinds of record.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from kiosk.rules.messages import Clock, Kind
from kiosk.rules.record import Record
from kiosk.rules.view import Say


class Erased(Struct, frozen=True):
    """A record whose body retention has erased."""

    seq: int


class Period(Struct, frozen=True):
    """Local days, both ends included; None is open."""

    first: date | None = None
    last: date | None = None

    def covers(self, day: date | None) -> bool:
        """An unknown day is covered by every period."""
        if day is None:
            return True
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


class Show(Struct, frozen=True):
    """What a reader asks for beside the annex's own lines."""

    not_entered: bool = False  # granted, but the door was not opened
    duress: bool = False  # never on paper


class Stay(StrEnum):
    """How an entry ended."""

    INSIDE = "inside"  # not checked out
    LEFT = "left"
    UNSEEN = "unseen"  # entered again without having left: nobody knows when they went
    NONE = "none"  # nobody entered


class RegisterLine(Struct, frozen=True):
    """One line of annex 2. Times are local; None where they are not known or there are none.

    `day` is the day the line stands under, which is the day before the clock was lost for a line without a time.
    `custodian`: entered by standing right (R1), so there is no approver. `seqs` are the records it was made from.
    """

    seqs: tuple[int, ...]
    day: date | None
    name: str = ""
    headcount: int = 0
    custodian: bool = False
    approver: str = ""
    entered: datetime | None = None
    left: datetime | None = None
    stay: Stay = Stay.NONE
    reason: str = ""
    remarks: tuple[Say, ...] = ()
    visit: str | None = None


Item: TypeAlias = Record | Erased

CLOCK_UNSET = Say("The clock was not set: the time is not known")
WRITTEN_LATE = Say("Written down late: the storage had failed")
UNGRANTED = Say("The record of the grant is missing here")
NOT_CARRIED_OUT = Say("Granted; whether the door was released is not known")
NOT_TAKEN = Say("Granted; the door was not opened")
ASSUMED = Say("Released just before the door unit stopped: taken to have gone in")
NO_ENTRY = Say("Left, but no entry is on record")
OVERSTAYED = Say("Stayed longer than approved")
AGAIN = Say("Entered again without having left")
UNSEEN_EXIT = Say("Time out not known: entered again later")
DURESS = Say("Under duress")

ERASED = Say("Records {first} to {last} were erased when their retention ended").text

TOGETHER = Say("Together with {names}").text
ESCORTED = Say("Escorted by {names}").text
ESCORTING = Say("Escorting {names}").text

_REMARKS: dict[str, Say] = {Kind.ANTI_PASSBACK: AGAIN, Kind.OVERSTAYED: OVERSTAYED}
_NOT_ENTERED: dict[str, Say] = {Kind.NOT_TAKEN: NOT_TAKEN, Kind.NOT_CARRIED_OUT: NOT_CARRIED_OUT}
_ALONE: dict[str, Say] = {
    Kind.FORCED: Say("The door was forced open"),
    Kind.FOUND_OPEN: Say("The door was found open when the door unit started"),
    Kind.FIRE: Say("Fire signal: the door was released for everybody"),
    Kind.EVACUATION: Say("Evacuation: the door was released for everybody"),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def lines(
    records: Iterable[Item], zone: tzinfo, period: Period | None = None, show: Show | None = None
) -> Iterator[RegisterLine]:
    """The register's lines for `period`, in the order of entry."""
    return fold(records, Register(zone, period, show)).lines()


def fold(records: Iterable[Item], register: "Register") -> "Register":
    """The register after these records: `fold(b, fold(a, r))` is `fold(a + b, r)`."""
    for record in records:
        register.add(record)
    return register


class Register:
    """The fold's state: visits under way and the lines so far. Memory grows with the period, not with the ledger."""

    def __init__(self, zone: tzinfo, period: Period | None = None, show: Show | None = None) -> None:
        self._zone = zone
        self._period = period or Period()
        self._show = show or Show()
        self._remarks = {**_REMARKS, Kind.DURESS: DURESS} if self._show.duress else _REMARKS
        self._day: date | None = None  # the last day known
        self._late = False
        self._wants = ""  # whom the last party that waited waited for
        self._persons: dict[str, int] = {}  # by visit granted or under way: the person
        self._granted: dict[str, RegisterLine] = {}  # by visit: not opened yet
        self._lines: list[RegisterLine] = []
        self._place: dict[str, int] = {}  # by visit: where its line stands

    def lines(self) -> Iterator[RegisterLine]:
        """What the register says by now."""
        return iter(tuple(self._lines))

    def add(self, record: Item) -> None:
        """Fold one more record. Kinds that leave no trace in the register change nothing."""
        if isinstance(record, Erased):
            self._erase(record.seq)
            return
        at = self._local(record)
        self._day = at.date() if at else self._day
        if record.kind in (Kind.STORAGE_FAILED, Kind.STORAGE_BACK):
            self._late = record.kind == Kind.STORAGE_FAILED
        elif record.kind in _ALONE:
            self._stand_alone(record, at)
        elif record.kind == Kind.WAITING:
            self._wants = record.facts["wants"]
        elif record.kind == Kind.EXIT:
            self._exit(record, at)
        elif record.visit is not None:
            self._follow(record, record.visit, at)

    def _follow(self, record: Record, visit: str, at: datetime | None) -> None:
        match record.kind:
            case Kind.GRANTED:
                self._grant(record, visit)
            case Kind.TAKEN:
                self._enter(record, visit, at)
            case Kind.NOT_TAKEN | Kind.NOT_CARRIED_OUT:
                self._not_entered(record, visit, _NOT_ENTERED[record.kind])
            case Kind.LEFT:
                self._leave(record, visit, at)
            case kind if kind in self._remarks:
                self._remark(record, visit, self._remarks[kind])

    def _grant(self, record: Record, visit: str) -> None:
        facts = record.facts
        custodian = facts["grounds"] == "custodian"
        if facts.get("person") is not None:
            self._persons[visit] = facts["person"]
        self._granted[visit] = RegisterLine(
            seqs=(record.seq,),
            day=self._day,
            name=facts["name"],
            headcount=facts["headcount"],
            custodian=custodian,
            approver=facts.get("approver") or "",
            reason=facts.get("reason") or "",
            remarks=(*self._came(facts.get("companions") or (), custodian=custodian), *self._standing(record)),
            visit=visit,
        )

    def _came(self, companions: Iterable[str], *, custodian: bool) -> tuple[Say, ...]:
        """Who came along. A custodian and an approved party are an escort and the escorted."""
        names = ", ".join(companions)
        if not names:
            return ()
        if self._wants != "escort":
            return (Say(TOGETHER, {"names": names}),)
        return (Say(ESCORTING if custodian else ESCORTED, {"names": names}),)

    def _enter(self, record: Record, visit: str, at: datetime | None) -> None:
        line = self._granted.pop(visit, None)
        if line is None:
            line = RegisterLine((), None, visit=visit, remarks=(UNGRANTED,))
        assumed = (ASSUMED,) if record.facts.get("assumed") else ()
        remarks = _once(line.remarks, (*assumed, *self._standing(record)))
        entered = None if assumed else at
        seqs = (*line.seqs, record.seq)
        self._keep(replace(line, seqs=seqs, day=self._day, entered=entered, stay=Stay.INSIDE, remarks=remarks))

    def _not_entered(self, record: Record, visit: str, why: Say) -> None:
        line = self._granted.pop(visit, None)
        self._persons.pop(visit, None)
        if line is not None and self._show.not_entered:
            remarks = _once(line.remarks, (why, *self._standing(record)))
            self._keep(replace(line, seqs=(*line.seqs, record.seq), day=self._day, remarks=remarks))

    def _leave(self, record: Record, visit: str, at: datetime | None) -> None:
        self._persons.pop(visit, None)
        if visit not in self._place:
            return
        line = self._lines[self._place[visit]]
        seqs = (*line.seqs, record.seq)
        remarks = _once(line.remarks, self._standing(record))
        if record.facts.get("how") == "again":
            line = replace(line, seqs=seqs, stay=Stay.UNSEEN, remarks=_once(remarks, (UNSEEN_EXIT,)))
        else:
            line = replace(line, seqs=seqs, left=at, stay=Stay.LEFT, remarks=remarks)
        self._lines[self._place[visit]] = line

    def _exit(self, record: Record, at: datetime | None) -> None:
        """Somebody known goes out who never came in: behind another's back, or through a door that stood open."""
        person = record.facts.get("person")
        if person is None or person in self._persons.values():
            return
        remarks = (NO_ENTRY, *self._standing(record))
        name = record.facts["name"]
        self._keep(RegisterLine((record.seq,), self._day, name, 1, left=at, stay=Stay.LEFT, remarks=remarks))

    def _remark(self, record: Record, visit: str, say: Say) -> None:
        """Put a remark on a visit wherever it stands; one outside the period has no line."""
        if visit in self._place:
            line = self._lines[self._place[visit]]
            self._lines[self._place[visit]] = _noted(line, record.seq, say)
        elif visit in self._granted:
            self._granted[visit] = _noted(self._granted[visit], record.seq, say)

    def _stand_alone(self, record: Record, at: datetime | None) -> None:
        facts = record.facts
        line = RegisterLine(
            seqs=(record.seq,),
            day=self._day,
            approver=facts.get("by") or "",
            entered=at,
            reason=facts.get("reason") or "",
            remarks=(_ALONE[record.kind], *self._standing(record)),
        )
        self._keep(line)

    def _erase(self, seq: int) -> None:
        last = self._lines[-1] if self._lines else None
        if last is not None and last.remarks[:1] and last.remarks[0].text == ERASED and last.seqs[-1] == seq - 1:
            self._lines[-1] = _erased(last.seqs[0], seq, last.day)
        else:
            self._keep(_erased(seq, seq, self._day))

    def _keep(self, line: RegisterLine) -> None:
        inside = self._period.covers(line.day)
        if line.visit is not None and inside:
            self._place[line.visit] = len(self._lines)
        elif line.visit is not None:
            self._place.pop(line.visit, None)
        if inside:
            self._lines.append(line)

    def _standing(self, record: Record) -> tuple[Say, ...]:
        """What is to be said of the record itself."""
        unset = (CLOCK_UNSET,) if record.at is None or record.clock is Clock.UNSET else ()
        return (*unset, WRITTEN_LATE) if self._late or record.facts.get("late") else unset

    def _local(self, record: Record) -> datetime | None:
        wall = record.wall
        return None if wall is None else (_EPOCH + timedelta(milliseconds=wall)).astimezone(self._zone)


def _noted(line: RegisterLine, seq: int, say: Say) -> RegisterLine:
    return replace(line, seqs=(*line.seqs, seq), remarks=_once(line.remarks, (say,)))


def _once(remarks: tuple[Say, ...], more: tuple[Say, ...]) -> tuple[Say, ...]:
    return (*remarks, *(say for say in more if say not in remarks))


def _erased(first: int, last: int, day: date | None) -> RegisterLine:
    return RegisterLine(seqs=(first, last), day=day, remarks=(Say(ERASED, {"first": first, "last": last}),))
