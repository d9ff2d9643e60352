"""The ledger: what the door wrote down, in the order in which it wrote it, so that nobody can change it unnoticed.

The order of writes:
1. `append` composes the records and their tree nodes in memory, then commits them in one transaction with one
   fdatasync. When it returns they are durable; only then may the caller release the lock.
2. `sign=True` (and `checkpoint`) puts the signed checkpoint over all of them into the same transaction.
3. `snapshot` puts the door's folded memory beside the records together with a checkpoint that states its digest, so
   that a start reads what came after it and nothing else.
4. `tidy` copies the log back into the database while the door is idle, and begins the next log; never `append`.

When a write fails nobody knows whether it happened: after EIO on a sync the "failed" commit can be there at the next
look. The connection is closed at once and never used again. The caller then calls `reopen`, in the same process, so
that exit button and fire input go on being served without a gap. It writes the doubtful log out again until a sync
says yes, moves it into the database, and compares what stands there with what was being written: a batch stands as a
whole or not at all. Only after that something new is written.

A start trusts nothing that it has not checked (`kiosk.ledger.start`), and has little to check: the tail is short
because `append` signs by itself once 1,024 records are unsigned. What lies further back is `kiosk.ledger.verify`'s to
check, at leisure. The keeper, a second and reading connection, is closed last: SQLite would otherwise delete the log
that was grown at such pains.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NoReturn, Self, TypeAlias

from kiosk.keys import Secret
from kiosk.ledger import disk
from kiosk.ledger.disk import Connect, LedgerError, connect
from kiosk.ledger.reader import LedgerReader, Row
from kiosk.ledger.start import Standing, check_bodies, check_kept, check_start
from kiosk.notes import Signer
from kiosk.rules import tree
from kiosk.rules.checkpoint import Checkpoint, VerifierKey, is_name
from kiosk.rules.messages import Append
from kiosk.rules.record import SALT_BYTES, Record, RecordError, compose

__all__ = ["Ledger", "LedgerError", "LedgerReader", "Row"]

MOST_STATE_BYTES = 4 * 1024 * 1024
SALTS_DRAWN = 64
TIDY_AFTER = 200  # commits; each takes about two pages of the log

_Statement: TypeAlias = tuple[str, tuple[int | bytes | None, ...]]


class Ledger:
    """The one writer of the ledger of one door. Made by `Ledger.open`; for one thread.

    After a LedgerError from a writing call, `reopen` comes next; every other call says so.
    """

    def __init__(self, path: Path, door: str, signer: Signer, lock: int, connector: Connect) -> None:
        self.path = path
        self.door = door
        self.boot = 0
        self._salts: list[bytes] = []
        self._signer = signer
        self._lock = lock
        self._connector = connector
        self._connection: sqlite3.Connection | None = None
        self._keeper: sqlite3.Connection | None = None
        self._standing = Standing()
        self._extensions: tuple[str, ...] = ()
        self._doubtful: tuple[Row, ...] = ()
        self._commits = 0

    @classmethod
    def open(cls, path: Path, *, door: str, origin: str, key: Secret, connector: Connect = connect) -> Self:
        """The ledger at `path`, made where there is none. `key` is the door's Ed25519 seed. Raises LedgerError."""
        if not door or not is_name(origin):
            raise LedgerError(f"No ledger can be kept for door {door!r} under the origin {origin!r}: a name is wrong.")
        lock = -1
        try:
            lock = disk.lock(path)
            ledger = cls(path, door, Signer(origin, key), lock, connector)
            if not path.exists():
                ledger._create()
            ledger._connect()
        except (OSError, sqlite3.Error) as error:
            _release(lock)
            raise disk.unreadable(path, error) from error
        except BaseException:
            _release(lock)
            raise
        ledger.boot = ledger._standing.last[0] + 1
        return ledger

    @property
    def size(self) -> int:
        return self._standing.peaks.size

    @property
    def signed_size(self) -> int:
        """How many records the newest signed checkpoint covers."""
        return self._standing.signed.size

    @property
    def key(self) -> VerifierKey:
        """What others check this ledger's notes with; `str` of it is the verifier-key string."""
        return self._signer.key

    @property
    def note(self) -> bytes:
        """The newest signed checkpoint."""
        return self._standing.note

    def root_of_all(self) -> bytes:
        """The tree's root over all records there are."""
        return tree.root_of(self._standing.peaks)

    def append(self, entries: Sequence[Append], *, sign: bool = False) -> None:
        """Write these records: durable, all of them, when it returns. One transaction, one sync.

        Raises RecordError for an entry that is no record, before anything is written: our bug. Raises LedgerError
        when the disk does not take them; whether they stand is then for `reopen` to find out.
        """
        rows, peaks, last = self._compose(entries)
        if rows:
            self._commit(rows, peaks, last, sign=sign or peaks.size - self.signed_size > disk.MOST_UNSIGNED)
        elif sign:
            self.checkpoint()

    def rehearse(self, entries: Sequence[Append]) -> None:
        """All that `append` does short of writing. Raises as `append` does, LedgerError included."""
        rows, _, _ = self._compose(entries)
        connection = self._live()
        try:
            connection.execute(disk.BEGIN)
            for row in rows:
                connection.execute(disk.INSERT_RECORD, (row.seq, row.body, row.hashes))
            connection.execute(disk.ROLLBACK)
        except sqlite3.Error as error:
            self._fail(error)

    def checkpoint(self) -> bytes:
        """The note over all records there are, signed now unless the newest covers them. Raises LedgerError."""
        self._live()
        if self.signed_size != self.size or self._standing.signed.extensions != self._extensions:
            self._commit((), self._standing.peaks, self._standing.last, sign=True)
        return self._standing.note

    def snapshot(self, state: bytes) -> None:
        """Keep the door's memory, folded from all records so far, and sign its digest. Raises LedgerError."""
        if len(state) > MOST_STATE_BYTES:
            raise ValueError(f"The door's memory takes {len(state)} bytes; {MOST_STATE_BYTES} are allowed.")
        line = f"state {self.size} {sha256(state).hexdigest()}"
        extensions = (line, *(old for old in self._extensions if not old.startswith("state ")))
        self._commit(
            (),
            self._standing.peaks,
            self._standing.last,
            sign=True,
            extensions=extensions,
            more=[(disk.PUT_STATE, (self.size, state))],
        )

    def recall(self) -> tuple[bytes | None, Iterator[Record]]:
        """The memory kept last, or None, and the records after it, all checked against the signed checkpoint.

        Without a memory the records come from the first one that still has its body. Raises LedgerError, also while
        the records are being read.
        """
        reader = self._reader()
        kept = reader.state()
        seq, state = kept or (0, None)
        check_bodies(reader, seq, self._standing.peaks)
        return state, reader.tail(seq)

    def tail(self, start: int = 0) -> Iterator[Record]:
        """Records from `start` on, as they stand."""
        return self._reader().tail(start)

    def erase(self, before: int, most: int = 1000) -> int:
        """Erase bodies, salt included, of records before `before`: at most `most` of them; how many are still left.

        Retention's act (the policy says when; never while the clock is unset, and a record of it is the caller's).
        Their leaves stay and the tree still verifies. The limit is told in every checkpoint from now on. Refused
        (ValueError) for records that the door's memory does not hold yet. Raises LedgerError.
        """
        kept = self._reader().state()
        if before > min(kept[0] if kept else 0, self.size - 1):
            raise ValueError(f"Records before {before} are still needed to start from; keep a newer memory first.")
        raised, done = self._reader().retention()
        before = max(before, raised)
        end = min(before, done + most)
        extensions = (*(old for old in self._extensions if not old.startswith("erased ")), f"erased {before}")
        changes: list[_Statement] = [(disk.RAISE_RETENTION, (before, end)), (disk.ERASE, (done, end))]
        self._commit((), self._standing.peaks, self._standing.last, sign=True, extensions=extensions, more=changes)
        return before - end

    def tidy(self) -> None:
        """Copy the log back into the database if there is enough of it, and keep space aside. For idle moments.

        Returns at once when there is little to do; else a few syncs. Raises LedgerError.
        """
        connection = self._live()
        if self._commits < TIDY_AFTER:
            return
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            disk.begin_log(connection)
        except sqlite3.Error as error:
            self._fail(error)
        self._commits = 0
        disk.make_ballast(self.path)

    def free_ballast(self) -> bool:
        """Give the space kept aside to a full disk; False if it is spent already. `tidy` keeps it again later."""
        return disk.free_ballast(self.path)

    def reopen(self) -> int:
        """After a failed write: find out what stands, make it durable. How many of the doubtful entries stand.

        Raises LedgerError while the disk still fails; call again later.
        """
        self._let_go()
        before = self._standing
        try:
            self._connect(settle=True)
            check_kept(self._reader(), before.peaks)
        except LedgerError as error:
            self._let_go()
            self._standing = before
            if error.full:
                disk.free_ballast(self.path)
            raise
        doubtful, self._doubtful = self._doubtful, ()
        return len(doubtful) if self._stands(doubtful) else 0

    def close(self) -> None:
        """Let go of the file; another process may write it then. Safe to call twice."""
        self._let_go()
        _release(self._lock)
        self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ writing

    def _compose(self, entries: Sequence[Append]) -> tuple[tuple[Row, ...], tree.Peaks, tuple[int, int]]:
        peaks, last, rows = self._standing.peaks, self._standing.last, []
        for entry in entries:
            body = compose(peaks.size, entry, self.door, self._salt())
            now = (entry.at.boot, entry.at.mono)
            if now < last:
                raise RecordError(f"Record {peaks.size} is refused: {now} lies before {last}, the last record's time.")
            last = now
            seq = peaks.size
            peaks, hashes = tree.extend(peaks, tree.leaf_hash(body))
            rows.append(Row(seq, body, hashes))
        return tuple(rows), peaks, last

    def _salt(self) -> bytes:
        """A fresh one. The kernel is asked for many at a time: between a card and the lock it is one call less."""
        if not self._salts:
            drawn = secrets.token_bytes(SALT_BYTES * SALTS_DRAWN)
            self._salts = [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]
        return self._salts.pop()

    def _commit(
        self,
        rows: tuple[Row, ...],
        peaks: tree.Peaks,
        last: tuple[int, int],
        *,
        sign: bool,
        extensions: tuple[str, ...] | None = None,
        more: Sequence[_Statement] = (),
    ) -> None:
        connection = self._live()
        extensions = self._extensions if extensions is None else extensions
        was = self._standing
        signed, note = self._sign(peaks, extensions) if sign else (was.signed, was.note)
        work: list[_Statement] = [(disk.INSERT_RECORD, (row.seq, row.body, row.hashes)) for row in rows]
        work.extend(more)
        if sign:
            work.append((disk.PUT_NOTE, (signed.size // disk.NOTE_BLOCK, signed.size, note)))
        if len(work) > 1:  # one statement is a transaction by itself
            work = [(disk.BEGIN, ()), *work, (disk.COMMIT, ())]
        self._doubtful = rows
        try:
            for statement, values in work:
                connection.execute(statement, values)
        except sqlite3.Error as error:
            self._fail(error)
        except BaseException:
            self._let_go()
            raise
        self._doubtful = ()
        self._standing, self._extensions = Standing(peaks, note, signed, last), extensions
        self._commits += 1

    def _sign(self, peaks: tree.Peaks, extensions: tuple[str, ...]) -> tuple[Checkpoint, bytes]:
        signed = Checkpoint(self._signer.key.name, peaks.size, tree.root_of(peaks), extensions)
        return signed, self._signer.sign(signed)

    def _fail(self, error: sqlite3.Error) -> NoReturn:
        self._let_go()
        full = disk.is_full(error)
        if full:
            disk.free_ballast(self.path)
        raise LedgerError(f"The ledger {self.path} took no record: {disk.why(error)}.", full=full) from error

    # ------------------------------------------------------------ opening

    def _create(self) -> None:
        left = [beside for beside in (disk.wal_path(self.path), disk.ballast_path(self.path)) if beside.exists()]
        if left:
            self._damaged(f"it is gone while {left[0]} is still there")
        _, note = self._sign(tree.Peaks(), ())
        disk.create(self.path, self.door, self._signer.key.name, note, self._connector)
        disk.make_ballast(self.path)

    def _connect(self, *, settle: bool = False) -> None:
        try:
            if settle:
                disk.force_log(self.path)
            begun = disk.log_has_begun(self.path)
            self._connection = disk.open_writer(self.path, self._connector)
            reader = LedgerReader(self.path, self._connection)
            self._standing = check_start(reader, self.door, self._signer.key)
            self._extensions = self._standing.signed.extensions
            if disk.lost_commits(self.path) > disk.MOST_LEFT_BY_CUTS:
                self._damaged(f"its log is broken behind record {self.size - 1}, and records that followed are lost")
            if settle:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            disk.grow_log(self.path)
            if settle or not begun:
                disk.begin_log(self._connection)
            self._keeper = disk.open_reader(self.path, self._connector)
            self._keeper.execute("SELECT one FROM meta").fetchall()
        except (OSError, sqlite3.Error) as error:
            self._let_go()
            raise disk.unreadable(self.path, error) from error
        except BaseException:
            self._let_go()
            raise

    def _stands(self, doubtful: tuple[Row, ...]) -> bool:
        if not doubtful:
            return False
        found = tuple(self._reader().rows(doubtful[0].seq))
        if found and found != doubtful:
            self._let_go()
            self._damaged(f"after record {doubtful[0].seq - 1} there are records that this door did not write")
        return bool(found)

    def _damaged(self, what: str) -> NoReturn:
        raise disk.damaged(self.path, what)

    def _reader(self) -> LedgerReader:
        return LedgerReader(self.path, self._live())

    def _live(self) -> sqlite3.Connection:
        if self._connection is None:
            raise LedgerError(f"The ledger {self.path} is closed after a failure; it must be reopened first.")
        return self._connection

    def _let_go(self) -> None:
        connections, self._connection, self._keeper = (self._connection, self._keeper), None, None
        for connection in connections:
            if connection is not None:
                connection.close()


def _release(lock: int) -> None:
    if lock >= 0:
        os.close(lock)
