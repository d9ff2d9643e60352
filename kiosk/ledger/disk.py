"""The ledger's file: its tables, its settings of SQLite, and the space that is kept for it.

Decisions, with what each is for:
- Two triggers make the table append-only for everyone who means well; the tree proves it to everyone else. A body
  goes to NULL only below `retention.before`, and that limit is told in every signed checkpoint.
- WAL with synchronous=FULL: one fdatasync a commit. `psow=0`: the rest of a flash block is padded, never shared
  between two commits, so a cut that ruins the block being written ruins nothing acknowledged.
- No automatic checkpoint: copying the WAL back costs two syncs and belongs in the writer's idle time.
- The WAL is written through to 4 MB once and never shrinks: a commit then changes data blocks only, no file length
  and no extent, which is what makes its sync as cheap as a bare one.
- The first commit of a fresh WAL syncs its header too. `begin_log` spends that sync outside every decision.
- A ballast file holds 4 MB that a full disk gives back to the records.
- SQLite before 3.51.3 can corrupt a WAL database under two writers, so there is one: a lock file says who.
"""

import errno
import fcntl
import os
import sqlite3
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

FORMAT = 1
PAGE_BYTES = 4096
FRAMES_LOOKED_AT = 64
MOST_LEFT_BY_CUTS = 8
WAL_BYTES = 4 * 1024 * 1024
BALLAST_BYTES = 4 * 1024 * 1024
NOTE_BLOCK = 1024  # of the notes over this many records, the newest is kept
MOST_UNSIGNED = 1024  # records after the newest note
BUSY_S = 1.0  # only recovery by another process of ours can hold a lock, for milliseconds

SCHEMA = (
    """CREATE TABLE meta (
        one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER NOT NULL, door TEXT NOT NULL, origin TEXT NOT NULL,
        logs INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    """CREATE TABLE records (
        seq INTEGER PRIMARY KEY, body BLOB CHECK (length(body) <= 4096), hashes BLOB NOT NULL
    ) STRICT""",
    # `block` is size / NOTE_BLOCK: a newer note takes the place of an older one over nearly the same records.
    "CREATE TABLE notes (block INTEGER PRIMARY KEY, size INTEGER NOT NULL, note BLOB NOT NULL) STRICT",
    "CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, state BLOB NOT NULL) STRICT",
    """CREATE TABLE retention (
        one INTEGER PRIMARY KEY CHECK (one = 1), before INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    """CREATE TRIGGER records_follow BEFORE INSERT ON records
        WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM records)
        BEGIN SELECT RAISE(ABORT, 'records follow each other without a gap'); END""",
    """CREATE TRIGGER records_stay BEFORE DELETE ON records
        BEGIN SELECT RAISE(ABORT, 'records are never deleted'); END""",
    """CREATE TRIGGER records_stand BEFORE UPDATE ON records
        WHEN NOT (NEW.seq IS OLD.seq AND NEW.hashes IS OLD.hashes AND NEW.body IS NULL
                  AND OLD.seq < (SELECT before FROM retention))
        BEGIN SELECT RAISE(ABORT, 'records are never changed'); END""",
    """CREATE TRIGGER retention_rises BEFORE UPDATE ON retention WHEN NEW.before < OLD.before
        BEGIN SELECT RAISE(ABORT, 'what was erased stays erased'); END""",
)
TRIGGERS = frozenset({"records_follow", "records_stay", "records_stand", "retention_rises"})

# What is asked for, and what SQLite answers when it has understood.
PRAGMAS = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("wal_autocheckpoint", "0", 0),
    ("journal_size_limit", "-1", -1),
    ("mmap_size", "0", 0),
    ("secure_delete", "ON", 1),
    ("cell_size_check", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("temp_store", "MEMORY", 2),
    ("cache_size", "-1024", -1024),
)

BEGIN = "BEGIN IMMEDIATE"
COMMIT = "COMMIT"
ROLLBACK = "ROLLBACK"
INSERT_RECORD = "INSERT INTO records (seq, body, hashes) VALUES (?, ?, ?)"
PUT_NOTE = "REPLACE INTO notes (block, size, note) VALUES (?, ?, ?)"
PUT_STATE = "REPLACE INTO state (one, seq, state) VALUES (1, ?, ?)"
RAISE_RETENTION = "UPDATE retention SET before = ?, done = ?"
ERASE = "UPDATE records SET body = NULL WHERE seq >= ? AND seq < ? AND body IS NOT NULL"
BEGIN_LOG = "UPDATE meta SET logs = logs + 1"

Connect: TypeAlias = Callable[[str], sqlite3.Connection]
"""A `file:` URI -> a connection that begins no transaction by itself. Tests give one over a disk that fails."""


class LedgerError(Exception):
    """One clear sentence: what about the ledger failed, and what to do. `full`: for want of space."""

    def __init__(self, sentence: str, *, full: bool = False) -> None:
        super().__init__(sentence)
        self.full = full


def damaged(path: Path, what: str) -> LedgerError:
    return LedgerError(
        f"The ledger {path} is damaged or was changed: {what.rstrip('.')}. Keep a copy of it, run "
        f"`doorward verify {path}` to see where, and restore it from the centre's mirror."
    )


def unreadable(path: Path, error: Exception) -> LedgerError:
    """What the file itself made SQLite say: damage, or a disk that fails."""
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return damaged(path, why(error))
    return LedgerError(f"The ledger {path} cannot be read or written: {why(error)}.", full=is_full(error))


def is_full(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(error, "errno", 0) == errno.ENOSPC


def why(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    name = getattr(error, "sqlite_errorname", None)
    return f"{text} ({name})" if name else str(text)


def connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_S)


def wal_path(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def ballast_path(path: Path) -> Path:
    return path.with_suffix(".ballast")


def lock(path: Path) -> int:
    """The descriptor that makes this process the one writer until it is closed. Raises LedgerError, OSError."""
    beside = path.with_suffix(".lock")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise LedgerError(
            f"The ledger {path} is being written by another process, which holds {beside}; "
            "only one door process may run: stop the other one first."
        ) from error
    return descriptor


def create(path: Path, door: str, origin: str, note: bytes, connector: Connect) -> None:
    """Make the ledger whole under another name, then give it its own: a ledger without tables is always damage.

    `note` is signed over no records, so that a ledger without a note is always damage too.
    """
    made = path.with_name(path.name + ".new")
    made.unlink(missing_ok=True)
    os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = connector(made.absolute().as_uri() + "?psow=0")
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(BEGIN)
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute("INSERT INTO meta (one, format, door, origin) VALUES (1, ?, ?, ?)", (FORMAT, door, origin))
        connection.execute("INSERT INTO retention (one) VALUES (1)")
        connection.execute(PUT_NOTE, (0, 0, note))
        connection.execute(COMMIT)
    finally:
        connection.close()
    made.rename(path)
    _sync_folder(path.parent)


def open_writer(path: Path, connector: Connect) -> sqlite3.Connection:
    """The read-write connection, every setting of it read back. Raises LedgerError, sqlite3.Error."""
    connection = connector(path.absolute().as_uri() + "?mode=rw&psow=0")
    try:
        _set_pragmas(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_pragmas(path: Path, connection: sqlite3.Connection) -> None:
    for name, asked, answer in PRAGMAS:
        connection.execute(f"PRAGMA {name} = {asked}").fetchall()
        got = connection.execute(f"PRAGMA {name}").fetchone()
        if got is None or got[0] != answer:
            raise LedgerError(f"SQLite does not take {name} = {asked} for {path}: it answers {got}.")


def open_reader(path: Path, connector: Connect, *, still: bool = False) -> sqlite3.Connection:
    return connector(path.absolute().as_uri() + "?mode=ro" + ("&immutable=1" if still else ""))


def begin_log(connection: sqlite3.Connection) -> None:
    connection.execute(BEGIN_LOG)


def log_has_begun(path: Path) -> bool:
    """Does the WAL hold a header, so that the next commit costs one sync?"""
    try:
        with wal_path(path).open("rb") as log:
            return any(log.read(32))
    except FileNotFoundError:
        return False


def lost_commits(path: Path) -> int:
    """Marks of commits that stand in the log behind where SQLite saw its end; call it before anything is written.

    A frame that was damaged ends the log there, and SQLite takes all that follows for the leavings of a cut. A cut
    leaves one commit, padded, behind the padding of the one before (3 marks); a cut after a crash could leave a few
    more. `MOST_LEFT_BY_CUTS` and more are records that were acknowledged and are gone. Damage to the very last
    commits looks like a cut, and only a witness can tell. (SQLite file format, sections 4.1 and 4.4: WAL header,
    frame headers; walformat.html section 2: the index header's mxFrame.)
    """
    index = _index_descriptor(path)
    if index is None:
        return 0
    (last,) = struct.unpack_from("=I", os.pread(index, 20, 0), 16)
    with wal_path(path).open("rb") as log:
        salts = log.read(32)[16:24]
        marks = 0
        for frame in range(last, last + FRAMES_LOOKED_AT):
            log.seek(32 + frame * (24 + PAGE_BYTES))
            head = log.read(16)
            marks += head[8:] == salts and any(head[4:8])
    return marks


def _index_descriptor(path: Path) -> int | None:
    """SQLite's own descriptor of the log's index.

    The file is not opened a second time: closing that would drop every POSIX lock that SQLite holds on it.
    """
    index = path.resolve().with_name(path.name + "-shm")
    for descriptor in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # the one that lists the folder is gone again
            if descriptor.readlink() == index:
                return int(descriptor.name)
    return None


def grow_log(path: Path) -> None:
    """Write the WAL through to its size. What follows the last commit is noise to SQLite: its frames carry checksums.

    A disk too full for it is no reason to stop: commits grow it as they go.
    """
    descriptor = os.open(wal_path(path), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size < WAL_BYTES:
            os.pwrite(descriptor, bytes(WAL_BYTES - size), size)
            os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
    finally:
        os.close(descriptor)


def force_log(path: Path) -> None:
    """Make durable what the page cache holds of the WAL, after a sync of it has failed.

    Linux marks pages clean once their write has failed, and the next fsync says nothing about them; written again
    they are dirty again, and a sync that succeeds then means what it says. Raises OSError.
    """
    try:
        descriptor = os.open(wal_path(path), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        offset = 0
        while piece := os.pread(descriptor, 1 << 20, offset):
            offset += os.pwrite(descriptor, piece, offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_ballast(path: Path) -> None:
    """Keep space aside where there is plenty; a disk with little left is left alone."""
    ballast = ballast_path(path)
    try:
        if ballast.exists():
            return
        disk = os.statvfs(path.parent)
        if disk.f_bavail * disk.f_frsize < 3 * BALLAST_BYTES:
            return
        descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, BALLAST_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        ballast.unlink(missing_ok=True)


def free_ballast(path: Path) -> bool:
    """Was there ballast to give back?"""
    try:
        ballast_path(path).unlink()
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
