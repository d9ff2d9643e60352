"""A clerk's rows into people, cards and approvals, with everything that is wrong with them said at once.

What must agree: a person's rows with each other, cards with nobody else's, roles and rooms with the policy, approvals
with the register, which wants a complete line before anybody is let in (R3), and with the rule that nobody approves
for themselves. Rows may stand in any order. After a bad cell reading goes on with a stand-in, so that the rest of the
row is looked at too; the row itself then counts for nothing.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct, field

from kiosk.problems import Problem, shown
from kiosk.roster import cells
from kiosk.roster.card_numbers import card
from kiosk.roster.sheets import Row, Source, Told
from kiosk.rules.credentials import Approval, Card, Person
from kiosk.rules.policy import Policy, Words
from kiosk.rules.view import Say
from kiosk.tables import FormError, not_among

MOST_PROBLEMS: Final = 1_000  # told in full; the rest is counted
NAME, TEXT, ID = 64, 200, 40  # characters
MOST_TOGETHER: Final = 500  # people, openings
_MANY: Final = 4096  # different roles, departments and times that are remembered
_NO_CARD: Final = Card("", b"")

T = TypeVar("T")


class CardLine(Struct, frozen=True, gc=False):
    """A card of the person `person`; times as in `Credential`."""

    person: int
    card: Card
    valid_from: int = 0
    valid_to: int = 2**53
    disabled: bool = False
    duress: bool = False


class Draft(Struct):
    """What stands in the tables, and what is wrong with them; `more` problems were counted but not kept.

    `digits` is how long an approval's code is to be, by room.
    """

    people: dict[int, Person] = field(default_factory=dict)
    cards: list[CardLine] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    digits: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    more: int = 0
    notes: tuple[Say, ...] = ()

    def wrong(self, problem: Problem) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)
        else:
            self.more += 1


def read(file: Path, policy: Policy, told: Told | None = None) -> Draft:
    """The tables at `file`: a CSV, a TOML file, or a folder with people.csv and approvals.csv. Never raises.

    `told` hears how many bytes of how many were read.
    """
    draft, source = Draft(), Source(file)
    draft.digits = {room: rules.codes.digits for room, rules in policy.rooms.items()}
    reading = _Reading(policy, draft)
    for row in source.rows(told or (lambda _done, _total: None)):
        if isinstance(row, Problem):
            draft.wrong(row)
        else:
            reading.take(row)
    reading.finish(file)
    draft.notes = tuple(source.notes)
    return draft


class _Line:
    """One row being read. `sound` until something is wrong with it."""

    def __init__(self, draft: Draft, row: Row) -> None:
        self._draft, self.row = draft, row
        self.sound = True

    def cell(self, column: str, form: Callable[[str], T], stand_in: T) -> T:
        """What the cell says, or `stand_in` once it is noted that it says nothing that can be read."""
        try:
            return form(self.row.cells.get(column, ""))
        except FormError as refused:
            self.wrong(column, refused.wrong, refused.remedy)
            return stand_in

    def needed(self, column: str, form: Callable[[str], T], stand_in: T) -> T:
        """The same of a cell that may not be empty."""
        if self.row.cells.get(column, "").strip():
            return self.cell(column, form, stand_in)
        self.wrong(column, Say("is missing."), Say("Write something here."))
        return stand_in

    def wrong(self, column: str, wrong: Say, remedy: Say) -> None:
        self.sound = False
        given = self.row.cells.get(column, "").strip()
        value = shown(given) if given else None
        self._draft.wrong(Problem(self.row.place(column), wrong, remedy, value, self.row.file))


class _Reading:
    """One reading: what stood where, and who was referred to."""

    def __init__(self, policy: Policy, draft: Draft) -> None:
        self._draft, self._zone = draft, policy.zone
        self._roles = _by_name({role: rules.name for role, rules in policy.roles.items()})
        self._rooms = _by_name({room: rules.name for room, rules in policy.rooms.items()})
        self._places: dict[bytes | str, str] = {}  # of cards and approvals
        self._wanted: dict[int, tuple[Row, str]] = {}  # people named by cards and approvals, and where first
        self._unsound: set[int] = set()  # people in rows with a problem: they are there, if not yet in the draft
        self._roles_of = lru_cache(_MANY)(self._read_roles)
        self._begin = lru_cache(_MANY)(lambda cell: cells.moment(cell, self._zone, ends=False) if cell else 0)
        self._end = lru_cache(_MANY)(lambda cell: cells.moment(cell, self._zone, ends=True) if cell else 2**53)
        self._department = lru_cache(_MANY)(lambda cell: cells.words(cell, TEXT))

    def take(self, row: Row) -> None:
        line = _Line(self._draft, row)
        if row.table == "approval":
            self._approval(line)
            return
        number = line.needed("id", lambda cell: cells.number(cell, 1), 0)
        if row.table == "person":
            self._person(line, number)
        else:
            self._wanted.setdefault(number, (row, "id"))
        if row.table == "card" or row.cells.get("card", "").strip():
            self._card(line, number)

    def finish(self, file: Path) -> None:
        """Says what can only be said at the end."""
        for number, (row, column) in self._wanted.items():
            if number and number not in self._draft.people and number not in self._unsound:
                remedy = Say("Add that person, or correct the number.")
                _Line(self._draft, row).wrong(column, Say("is the number of nobody in the list."), remedy)
        if not self._draft.people and not self._draft.problems:
            wrong, remedy = Say("holds no people: nobody could pass."), Say("Is it the right file?")
            self._draft.wrong(Problem("", wrong, remedy, file=file.name))

    def _person(self, line: _Line, number: int) -> None:
        known = self._draft.people.get(number)
        if known and not any(line.row.cells.get(column) for column in ("name", "roles", "department")):
            return  # one more card of somebody above
        person = Person(
            number,
            line.needed("name", lambda cell: cells.words(cell, NAME), ""),
            line.needed("roles", self._roles_of, ()),
            line.cell("department", self._department, ""),
        )
        if known and line.sound and known != person:
            remedy = Say("One person has one number: correct it, or write the same name, roles and department.")
            line.wrong("id", Say("is the number of {name} in a row above.", {"name": known.name}), remedy)
        if line.sound:
            self._draft.people[number] = known or person
        else:
            self._unsound.add(number)

    def _card(self, line: _Line, number: int) -> None:
        technology = cells.plain(line.row.cells.get("technology", "")).lower() or "em4100"
        read = line.needed("card", lambda cell: card(technology, cells.plain(cell)), _NO_CARD)
        begin = line.cell("valid_from", self._begin, 0)
        end = line.cell("valid_to", self._end, 2**53)
        disabled = line.cell("disabled", cells.yes, stand_in=False)
        duress = line.cell("duress", cells.yes, stand_in=False)
        if begin >= end:
            line.wrong("valid_to", Say("is not after the start."), Say("Correct one of the two."))
        if read is not _NO_CARD:
            self._once(line, "card", read.canonical, Say("One card belongs to one person: take one of them out."))
        if line.sound:
            self._draft.cards.append(CardLine(number, read, begin, end, disabled, duress))

    def _approval(self, line: _Line) -> None:
        person = line.cell("person", lambda cell: cells.number(cell, 1) if cell else None, None)
        approval = Approval(
            id=line.needed("id", _approval_id, ""),
            room=line.needed("room", lambda cell: _among(cells.plain(cell), self._rooms), ""),
            name=line.needed("name", lambda cell: cells.words(cell, NAME), ""),
            approver=line.needed("approver", lambda cell: cells.words(cell, NAME), "?"),
            reason=line.needed("reason", lambda cell: cells.words(cell, TEXT), ""),
            not_before=line.needed("from", self._begin, 0),
            not_after=line.needed("until", self._end, 2**53),
            headcount=line.cell("headcount", lambda cell: cells.number(cell or "1", 1, MOST_TOGETHER), 1),
            openings=line.cell("openings", lambda cell: cells.number(cell or "1", 1, MOST_TOGETHER), 1),
            person=person,
            withdrawn=line.cell("withdrawn", cells.yes, stand_in=False),
        )
        if approval.approver == approval.name:
            line.wrong("approver", Say("is the one who wants to enter."), Say("Nobody approves for themselves."))
        if approval.not_before >= approval.not_after:
            line.wrong("until", Say("is not after the start."), Say("Correct one of the two."))
        if approval.id:
            self._once(line, "id", approval.id, Say("Give every approval a number of its own."))
        if person:
            self._wanted.setdefault(person, (line.row, "person"))
        if line.sound:
            self._draft.approvals.append(approval)

    def _once(self, line: _Line, column: str, thing: bytes | str, remedy: Say) -> None:
        place = line.row.where
        above = self._places.setdefault(thing, place)
        if above is not place:
            line.wrong(column, Say("stands in the list already: {place}.", {"place": above.strip(", .")}), remedy)

    def _read_roles(self, cell: str) -> tuple[str, ...]:
        written = cells.plain(cell)
        for mark in ",;/、":
            written = written.replace(mark, " ")
        return tuple(dict.fromkeys(_among(word, self._roles) for word in written.split()))


def _by_name(things: Mapping[str, Words]) -> dict[str, str]:
    """Ids by the ways in which people write them: the id itself, and both names, without their spaces."""
    ids = {thing: thing for thing in things}
    for thing, name in things.items():
        ids.setdefault(name.zh, thing)
        ids.setdefault(name.en.lower().replace(" ", "_"), thing)
    return ids


def _among(word: str, ids: Mapping[str, str]) -> str:
    """The id that a word means. Raises FormError."""
    found = ids.get(word) or ids.get(word.lower().replace(" ", "_"))
    if found is None:
        raise FormError(*not_among(word, ids))
    return found


def _approval_id(cell: str) -> str:
    written = cells.plain(cell)
    if len(written) > ID or not written.isprintable() or " " in written or written.startswith("offline-"):
        raise FormError(Say("is no approval's number."), Say("Write up to 40 letters and digits, such as V-2026-031."))
    return written
