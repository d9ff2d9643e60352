"""Making an access list and putting it in force. `kiosk.roster.access_list` says what stands on disk and why.

The order of writes, each durable before the next: the file under a passing name; the file under its own name; the
note in `access.current`, by rename. Before the last rename the old list is in force, after it the new one; a list
whose answer was lost is simply in force. What an earlier attempt left lying is written over or swept away.

One maker at a time: whoever writes here holds the lock on `access.lock`.

Rows come in any order and any number: they wait in a temporary table that SQLite keeps on disk and sorts there, so
that five million credentials need no more memory than five thousand. A temporary list is not sealed and not named.
"""

import fcntl
import hashlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from kiosk.keys import Secret
from kiosk.notes import Signer
from kiosk.roster.access_list import (
    CURRENT,
    HIGHEST,
    LOWEST,
    PREVIOUS,
    SCHEMA,
    Code,
    Header,
    Row,
    Sealer,
    stored,
)
from kiosk.roster.roster import RosterError, header, read_note
from kiosk.rules.checkpoint import VerifierKey
from kiosk.rules.credentials import Approval, Credential, Person

PAGE: Final = 4096  # at a million cards the p99 of a cold look-up is 0.7 ms; pages of 8 KiB make it 4, of 16 KiB 5
_MAKING: Final = "access.making"
_VERSION: Final = re.compile(rb"\nversion (\d{1,15})\n")
_STEP: Final = 20_000  # rows between two reports of progress

_PRAGMAS: Final = (
    f"PRAGMA page_size={PAGE}",
    "PRAGMA journal_mode=OFF",  # a list that was not finished is nothing: it is durable before it has a name
    "PRAGMA synchronous=OFF",
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA temp_store=FILE",
    "PRAGMA cache_size=-16384",
    "PRAGMA temp.cache_size=-16384",
)
_STAGES: Final = (
    "CREATE TEMP TABLE s_credentials(mac, person, valid_from, valid_to, flags)",
    "CREATE TEMP TABLE s_people(id, name, roles, department)",
    "CREATE TEMP TABLE s_codes(mac, approval, duress)",
)

Progress = Callable[[int, int], None]  # rows written so far, rows in all


class ListError(Exception):
    """A list that cannot be made, as one clear sentence: two rows under one key, a word that cannot be stored."""


class Writer:
    """Takes rows in any order, then makes one whole, sealed, signed version of the list.

    A context: what goes wrong with the disk on the way leaves it as ListError, with the old list still in force.
    """

    def __init__(self, folder: Path, *, card_key: Secret, origin: str, version: int, made_at: int) -> None:
        self._folder, self._path = folder, folder / _MAKING
        self._origin, self._version, self._made_at = origin, version, made_at
        self._sealer = Sealer(card_key, origin, version)
        self._numbers: dict[str, int] = {}
        self._approvals: list[Approval] = []
        with ExitStack() as held:
            held.callback(os.close, _alone(folder))
            self._path.unlink(missing_ok=True)
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            held.callback(self._connection.close)
            for statement in (*_PRAGMAS, "BEGIN", *SCHEMA, *_STAGES):
                self._connection.execute(statement)
            self._held = held.pop_all()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        with self._held:
            self._path.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error):
            raise ListError(f"The list cannot be written in {self._folder}: {error}.") from error

    def credentials(self, rows: Iterable[Credential]) -> None:
        """Adds credentials. Their people may come before or after them."""
        self._connection.executemany("INSERT INTO s_credentials VALUES(?,?,?,?,?)", map(stored, rows))

    def people(self, rows: Iterable[Person]) -> None:
        staged = ((row.id, row.name, " ".join(row.roles), row.department) for row in rows)
        self._connection.executemany("INSERT INTO s_people VALUES(?,?,?,?)", staged)

    def approvals(self, rows: Iterable[Approval]) -> None:
        for row in rows:
            if self._numbers.setdefault(row.id, len(self._numbers) + 1) != len(self._approvals) + 1:
                raise ListError(f"The approval {row.id} stands in the list twice.")
            self._approvals.append(row)

    def codes(self, rows: Iterable[Code]) -> None:
        """Adds codes of approvals that were added before."""
        staged = ((row.mac, self._numbers[row.approval], int(row.duress)) for row in rows)
        self._connection.executemany("INSERT INTO s_codes VALUES(?,?,?)", staged)

    def finish(self, issuer_key: Secret, progress: Progress | None = None) -> Header:
        """Writes, signs and puts in force. Raises ListError, or OSError with the old list still in force."""
        try:
            count = self._write(progress or (lambda _done, _total: None))
        except sqlite3.IntegrityError as error:
            raise ListError(f"The list cannot be made: two rows under one key ({error}).") from error
        self._connection.close()
        made = Header(self._origin, self._version, self._made_at, count, self._path.stat().st_size, _digest(self._path))
        _put_in_force(self._folder, self._path, made, Signer(self._origin, issuer_key).sign_text(made.text))
        return made

    def _write(self, progress: Progress) -> int:
        (cards,) = self._connection.execute("SELECT count(*) FROM s_credentials").fetchone()
        (people,) = self._connection.execute("SELECT count(*) FROM s_people").fetchone()
        self._insert("credentials", 7, _told(self._sealed_credentials(), progress, 0, cards + people))
        self._insert("people", 6, _told(self._sealed_people(), progress, cards, cards + people))
        self._refuse_strays()
        self._insert("approvals", 13, self._sealed_approvals())
        self._insert("codes", 5, self._sealed_codes())
        self._insert("meta", 4, [(self._origin, self._version, self._made_at, cards)])
        self._connection.execute("COMMIT")
        progress(cards + people, cards + people)
        return int(cards)

    def _refuse_strays(self) -> None:
        """A credential of nobody would look like a damaged list at the door."""
        strays = "SELECT person FROM s_credentials WHERE person NOT IN (SELECT id FROM people) LIMIT 1"
        for (person,) in self._connection.execute(strays):
            raise ListError(f"A card belongs to person {person}, who is not in the list: add that person.")

    def _insert(self, table: str, columns: int, rows: Iterable[Row]) -> None:
        places = ",".join("?" * columns)
        self._connection.executemany(f"INSERT INTO {table} VALUES({places})", rows)

    def _sealed_credentials(self) -> Iterator[Row]:
        before, seal = LOWEST, self._sealer.credential
        for mac, *rest in self._connection.execute("SELECT * FROM s_credentials ORDER BY mac"):
            yield mac, before, *rest, seal(mac, before, *rest)
            before = mac
        yield HIGHEST, before, 0, 0, 0, 0, seal(HIGHEST, before, 0, 0, 0, 0)

    def _sealed_people(self) -> Iterator[Row]:
        having: dict[int | None, int] = {}
        for approval in self._approvals:
            having[approval.person] = having.get(approval.person, 0) + 1
        for number, *texts in self._connection.execute("SELECT * FROM s_people ORDER BY id"):
            _refuse_nul(*texts)
            fields = (number, *texts, having.get(number, 0))
            yield *fields, self._sealer.person(fields)

    def _sealed_approvals(self) -> Iterator[Row]:
        decoy = Approval("", "", "", "", "", 0, 0)
        for number, row in enumerate((decoy, *self._approvals)):
            fields = (
                number,
                row.id,
                row.room,
                row.name,
                row.approver,
                row.reason,
                row.not_before,
                row.not_after,
                row.headcount,
                row.openings,
                row.person,
                int(row.withdrawn),
            )
            _refuse_nul(row.id, row.room, row.name, row.approver, row.reason)
            yield *fields, self._sealer.approval(fields)

    def _sealed_codes(self) -> Iterator[Row]:
        before, seal = LOWEST, self._sealer.code
        for mac, approval, duress in self._connection.execute("SELECT * FROM s_codes ORDER BY mac"):
            yield mac, before, approval, duress, seal(mac, before, approval, duress)
            before = mac
        yield HIGHEST, before, 0, 0, seal(HIGHEST, before, 0, 0)


def install(folder: Path, fetched: Path, note: bytes, issuer_key: str) -> Header:
    """Puts a list that was fetched in force: a file that lies in `folder`, and the note that came with it.

    `issuer_key` is the verifier key of whoever may sign lists. Raises RosterError, with the old list still in force,
    for one that is not signed, not whole, or not newer than what is in force; ListError while another list is made;
    OSError. The very list that is in force may come again: that mends a damaged file.
    """
    lock = _alone(folder)
    try:
        stated = read_note(note, issuer_key)
        if fetched.stat().st_size != stated.size or _digest(fetched) != stated.digest:
            raise RosterError(f"The access list {fetched} is not what its note says: fetch it again.")
        old = _in_force(folder, issuer_key)
        if old and stated.version <= old.version and stated != old:
            raise RosterError(f"The access list {stated.version} is not newer than {old.version}, which is in force.")
        _put_in_force(folder, fetched, stated, note)
    finally:
        os.close(lock)
    return stated


def next_version(folder: Path) -> int:
    """A version that no list here has had, whether in force or left by an attempt that failed."""
    notes = b"".join((folder / name).read_bytes() for name in (CURRENT, PREVIOUS) if (folder / name).exists())
    versions = [int(version) for version in _VERSION.findall(notes)]
    versions += [int(name) for path in folder.glob("access-*.db") if (name := path.stem.partition("-")[2]).isdigit()]
    return max(versions, default=0) + 1


def _in_force(folder: Path, issuer_key: str) -> Header | None:
    try:
        return header(folder, issuer_key)
    except RosterError:  # none, or one that nobody can believe: any that is signed is better
        return None


def _put_in_force(folder: Path, made: Path, header: Header, note: bytes) -> None:
    _sync(made)
    made.replace(folder / header.file_name)
    _sync(folder)
    current = folder / CURRENT
    if current.exists():
        _replace(folder / PREVIOUS, current.read_bytes())
    _replace(current, note)
    _sync(folder)
    _sweep(folder)


def _alone(folder: Path) -> int:
    """Holds the folder for this process until the descriptor is closed. Raises ListError if another holds it."""
    descriptor = os.open(folder / "access.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ListError(f"Another list is being made in {folder}: wait until it is done.") from error
    return descriptor


def issuer(origin: str, issuer_key: Secret) -> VerifierKey:
    """What a door must be told to believe this issuer's lists; `str` of it goes into its settings."""
    return Signer(origin, issuer_key).key


def _replace(path: Path, content: bytes) -> None:
    passing = path.with_name(f"{path.name}.new")
    passing.write_bytes(content)
    _sync(passing)
    passing.replace(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Removes the files of versions that are neither in force nor the one before."""
    kept = b"".join((folder / name).read_bytes() for name in (CURRENT, PREVIOUS) if (folder / name).exists())
    for path in folder.glob("access-*.db"):
        if f"\nversion {path.stem.removeprefix('access-')}\n".encode() not in kept:
            path.unlink(missing_ok=True)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _refuse_nul(*texts: str) -> None:
    if "\0" in "".join(texts):
        raise ListError(f"A NUL character stands in {' '.join(texts)!r}: take it out.")


def _told(rows: Iterable[Row], progress: Progress, done: int, total: int) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % _STEP == 0:
            progress(done + number, total)
        yield row
