"""Who may pass: the access list, as the door reads it. `kiosk.roster.access_list` says what stands on disk and why.

`Roster.open` believes the issuer's signature and the seals of the rows it reads, and takes a millisecond; `check`
hashes the whole file and is for a thread: before a new list is swapped in, and behind the door's start.

Anything that is not as the issuer wrote it raises RosterError, never "unknown card". The files are never written
under their names, so SQLite is told that they are immutable: no lock, no journal, no look for changes.
"""

import hashlib
import sqlite3
import struct
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import quote

from kiosk.keys import Secret
from kiosk.notes import signed_text
from kiosk.roster.access_list import (
    CURRENT,
    SCHEMA,
    Code,
    Header,
    Sealer,
    card_mac,
    code_mac,
    parse_header,
    restored,
)
from kiosk.rules.checkpoint import MOST_BYTES, NoteError, parse_verifier_key
from kiosk.rules.codes import normal
from kiosk.rules.credentials import Approval, Card, CodeMatch, Found, Person

MAX_VALUE: Final = 16_384  # bytes in any one value or row; a damaged length must not ask for a gigabyte
CACHE_KIB: Final = 1024  # at a million cards: 11 µs a look-up; 256 make it 19, 4096 gain nothing and cost 3 MB

_FIND: Final = (
    "SELECT c.mac, c.before, c.person, c.valid_from, c.valid_to, c.flags, c.seal,"
    " p.id, p.name, p.roles, p.department, p.approvals, p.seal"
    " FROM credentials c LEFT JOIN people p ON p.id = c.person WHERE c.mac >= ?1 ORDER BY c.mac LIMIT 1"
)
_APPROVAL: Final = (
    "a.n, a.id, a.room, a.name, a.approver, a.reason, a.not_before, a.not_after, a.headcount, a.openings, a.person,"
    " a.withdrawn, a.seal"
)
_MATCH: Final = (
    f"SELECT c.mac, c.before, c.approval, c.duress, c.seal, {_APPROVAL}"  # noqa: S608
    " FROM codes c LEFT JOIN approvals a ON a.n = c.approval WHERE c.mac >= ?1 ORDER BY c.mac LIMIT 1"
)
_APPROVALS_OF: Final = f"SELECT {_APPROVAL} FROM approvals a WHERE a.person = ?1 ORDER BY a.n"  # noqa: S608
_CODES: Final = (
    f"SELECT c.mac, c.duress, {_APPROVAL} FROM approvals a JOIN codes c ON c.approval = a.n"  # noqa: S608
    " WHERE a.n > 0 ORDER BY a.n, c.duress"
)
_PERSON: Final = "SELECT id, name, roles, department, approvals, seal FROM people WHERE id = ?1"

_PRAGMAS: Final = (f"cache_size=-{CACHE_KIB}", "mmap_size=0", "trusted_schema=OFF", "cell_size_check=ON")
_DAMAGE: Final = (sqlite3.Error, struct.error, TypeError, ValueError, OverflowError)


class RosterError(Exception):
    """The list is missing, damaged, unsigned or not the one that was checked. One clear sentence, with the remedy."""


def header(folder: Path, issuer: str) -> Header:
    """What the issuer states of the list in force, its signature checked. Raises RosterError."""
    path = folder / CURRENT
    try:
        with path.open("rb") as file:
            note = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise RosterError(f"There is no access list in {folder}: import one, or wait for the centre's.") from error
    except OSError as error:
        raise RosterError(f"The access list's note {path} cannot be read: {error.strerror}.") from error
    return read_note(note, issuer)


def read_note(written: bytes, issuer: str) -> Header:
    """What a list's note states, its signature checked against the verifier key `issuer`. Raises RosterError."""
    try:
        return _stated(written, issuer)
    except ValueError as error:
        raise RosterError(f"The access list's note is not to be believed. {error} Import the list again.") from error


def _stated(written: bytes, issuer: str) -> Header:
    key = parse_verifier_key(issuer)
    stated = parse_header(signed_text(written, key))
    if stated.origin != key.name:
        raise NoteError(f"It is the list of {stated.origin}, not of {key.name}.")
    return stated


def check(folder: Path, *, issuer: str) -> Header:
    """The full check: every byte of the list in force is what its issuer signed. Raises RosterError.

    For a thread of its own; it lets the others run. 89 MB take 0.1 s with the processor's SHA instructions.
    """
    stated = header(folder, issuer)
    path = folder / stated.file_name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise RosterError(f"The access list {path} cannot be read: {error.strerror}.") from error
    if digest != stated.digest:
        raise RosterError(f"The access list {path} is not what its issuer signed: import it again.")
    return stated


class Roster:
    """One version of the list, open for one thread. Look-ups raise RosterError for a list that is damaged."""

    def __init__(self, folder: Path, stated: Header, *, card_key: Secret, code_key: Secret, issuer: str) -> None:
        """Opens the list that `stated` names. Raises RosterError."""
        self.folder, self.header = folder, stated
        self._path = folder / stated.file_name
        self._card_key, self._code_key, self._issuer = card_key, code_key, issuer
        self._sealer = Sealer(card_key, stated.origin, stated.version)
        self._connection = self._connect()
        self._execute = self._connection.cursor().execute
        try:
            self._agree()
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, folder: Path, *, card_key: Secret, code_key: Secret, issuer: str) -> "Roster":
        """The list in force. `issuer` is the verifier key of whoever signs lists. Raises RosterError."""
        return cls(folder, header(folder, issuer), card_key=card_key, code_key=code_key, issuer=issuer)

    def swap(self, checked: Header) -> "Roster":
        """Opens the newer list that `check` answered for, then closes this one.

        Raises RosterError, with this one still open, if it cannot be opened or is older than this one.
        """
        if checked.version < self.version:
            raise RosterError(
                f"The access list {checked.version} is older than {self.version}, which is in force: make a newer one."
            )
        fresh = Roster(self.folder, checked, card_key=self._card_key, code_key=self._code_key, issuer=self._issuer)
        self.close()
        return fresh

    @property
    def version(self) -> int:
        return self.header.version

    @property
    def made_at(self) -> int:
        """Unix seconds UTC."""
        return self.header.made_at

    @property
    def count(self) -> int:
        """How many credentials the list holds."""
        return self.header.count

    def find(self, card: Card) -> Found:
        """What the list knows of a card, with the approvals of the person who holds it."""
        mac = card_mac(self._card_key, card)
        try:
            row = self._execute(_FIND, (mac,)).fetchone()
            at, before, person, valid_from, valid_to, bits, seal = row[:7]
            sealed = self._sealer.credential(at, before, person, valid_from, valid_to, bits)
            if seal != sealed or not before < mac <= at:
                self._damaged("a credential")
            if at != mac:
                return Found(mac)
            holder = self._person(row[7:])
            approvals = self._approvals_of(holder.id, row[11]) if row[11] else ()
            return Found(mac, restored(mac, person, valid_from, valid_to, bits), holder, approvals)
        except _DAMAGE as error:
            self._damaged(f"a credential ({error})", error)

    def match(self, code: str) -> CodeMatch:
        """What the list knows of an approval code.

        A known and an unknown code cost the same work: either lands on a row, whose approval is read and proved too.
        """
        mac = code_mac(self._code_key, normal(code))
        try:
            row = self._execute(_MATCH, (mac,)).fetchone()
            at, before, number, duress, seal = row[:5]
            sealed = self._sealer.code(at, before, number, duress)
            if seal != sealed or not before < mac <= at:
                self._damaged("a code")
            approval = self._approval(row[5:])
            return CodeMatch(approval, bool(duress)) if at == mac else CodeMatch()
        except _DAMAGE as error:
            self._damaged(f"a code ({error})", error)

    def person(self, number: int) -> Person | None:
        """Someone on the list, or None."""
        try:
            row = self._execute(_PERSON, (number,)).fetchone()
            return self._person(row) if row else None
        except _DAMAGE as error:
            self._damaged(f"a person ({error})", error)

    def codes(self) -> dict[Approval, tuple[Code, ...]]:
        """What a new list must hold so that approvals keep their codes. For a list that `check` has passed."""
        codes: dict[Approval, tuple[Code, ...]] = {}
        try:
            for mac, duress, *fields in self._execute(_CODES).fetchall():
                approval = self._approval(tuple(fields))
                codes[approval] = (*codes.get(approval, ()), Code(mac, approval.id, bool(duress)))
        except _DAMAGE as error:
            self._damaged(f"a code ({error})", error)
        return codes

    def close(self) -> None:
        self._connection.close()

    def _connect(self) -> sqlite3.Connection:
        try:
            size = self._path.stat().st_size
        except OSError as error:
            raise RosterError(f"The access list {self._path} cannot be read: {error.strerror}.") from error
        if size != self.header.size:
            raise RosterError(
                f"The access list {self._path} has {size} bytes, and its note says {self.header.size}: import it again."
            )
        connection = sqlite3.connect(
            f"file:{quote(str(self._path.absolute()))}?mode=ro&immutable=1",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
        return connection

    def _agree(self) -> None:
        """The file is of this shape, with nothing more in it, and says of itself what the note says."""
        try:
            for pragma in _PRAGMAS:
                self._execute(f"PRAGMA {pragma}")
            shape = [sql for (sql,) in self._execute("SELECT sql FROM sqlite_schema ORDER BY rowid")]
            meta = self._execute("SELECT origin, version, made_at, credentials FROM meta").fetchall()
        except _DAMAGE as error:
            self._damaged(str(error), error)
        if shape != list(SCHEMA):
            self._damaged("its tables")
        stated = self.header
        if meta != [(stated.origin, stated.version, stated.made_at, stated.count)]:
            self._damaged("its head")

    def _person(self, row: tuple[Any, ...]) -> Person:
        if row[-1] != self._sealer.person(row[:-1]):
            self._damaged("a person")
        number, name, roles, department, *_ = row
        return Person(number, name, tuple(roles.split()), department)

    def _approvals_of(self, person: int, expected: int) -> tuple[Approval, ...]:
        approvals = tuple(map(self._approval, self._execute(_APPROVALS_OF, (person,)).fetchall()))
        if len(approvals) != expected:
            self._damaged("a person's approvals")
        return approvals

    def _approval(self, row: tuple[Any, ...]) -> Approval:
        if row[-1] != self._sealer.approval(row[:-1]):
            self._damaged("an approval")
        fields = list(row[1:-1])
        fields[-1] = bool(fields[-1])
        return Approval(*fields)

    def _damaged(self, where: str, cause: Exception | None = None) -> NoReturn:
        raise RosterError(f"The access list {self._path} is damaged at {where}: import it again.") from cause
