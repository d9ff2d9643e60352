"""What waits to be written, and what becomes of it when the disk does not take it.

    order of writes   urgent records are durable before the command behind them; the others wait at most 100 ms for
                      company, and the signed checkpoint with them
    failed            the records stay here, in order, at most `MOST` of them, until the ledger takes them again
    doubtful          a batch whose commit failed may be on the disk all the same; reopening the ledger tells

Leaving and fire write here too, and go on when nothing can be written.
"""

import contextlib
from typing import Protocol

from kiosk.rules.messages import Append

MOST = 5000
LAST_MS = 100
RETRY_MS = 1000


class Books(Protocol):
    """What this file needs of `kiosk.ledger.ledger.Ledger`."""

    def append(self, entries: list[Append], *, sign: bool = False) -> None: ...
    def reopen(self) -> int: ...
    def rehearse(self, entries: list[Append]) -> None: ...


class Writing:
    def __init__(self, books: Books, failure: type[Exception]) -> None:
        self._books, self._failure = books, failure
        self._waiting: list[Append] = []
        self._doubtful: list[Append] = []
        self._given_up: list[Append] = []
        self._stood: tuple[Append, ...] = ()
        self.due: int | None = None  # mono ms of the next commit or retry
        self.failed = False
        self.why = ""  # the last failure, one clear sentence
        self._dropped = 0

    def add(self, entry: Append) -> None:
        """To be written within `LAST_MS`."""
        self._keep([entry])
        if self.due is None:
            self.due = entry.at.mono + LAST_MS

    def commit(self, entries: list[Append], now: int, *, binding: bool) -> str:
        """Everything that waits and then these, durable in one transaction. Why not, or nothing.

        On failure, `binding` entries are given up: what they tell did not happen, unless the disk says otherwise
        later. The others wait with the rest.
        """
        if self.failed:
            if not binding:
                self._keep(entries)
            return self.why
        batch = self._waiting + entries
        try:
            self._books.append(batch)
        except self._failure as error:
            self._doubt(batch, entries if binding else [], now, str(error))
            if not binding:
                self._keep(entries)
            return str(error)
        self._waiting.clear()
        self.due = now + LAST_MS if self.due is None else min(self.due, now + LAST_MS)
        return ""

    def rehearse(self, entries: list[Append]) -> None:
        """All of a commit but the commit. A failure is left to the real one to find."""
        if not self.failed:
            with contextlib.suppress(self._failure):
                self._books.rehearse(entries)

    def flush(self, now: int) -> str:
        """What waits, and the signature over what was written since the last one. Why not, or nothing."""
        batch = list(self._waiting)
        try:
            self._books.append(batch, sign=True)
        except self._failure as error:
            self._doubt(batch, [], now, str(error))
            return str(error)
        self._waiting.clear()
        self.due = None
        return ""

    def come_back(self, now: int) -> tuple[int, tuple[Append, ...]] | None:
        """Try the ledger again: how many records had waited, and which of the given-up ones stand after all."""
        self.due = now + RETRY_MS
        try:
            stands = self._books.reopen()
        except self._failure:
            return None
        if stands:
            self._stood += tuple(self._given_up)
            del self._waiting[: len(self._doubtful) - len(self._given_up)]
        self._doubtful, self._given_up = [], []
        queued = len(self._waiting)
        self.failed = False
        if self.flush(now):
            return None
        stood, self._stood = self._stood, ()
        return queued, stood

    def forget_dropped(self) -> int:
        """How many records found no room while nothing could be written, told once."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def _keep(self, entries: list[Append]) -> None:
        room = MOST - len(self._waiting)
        self._waiting += entries[:room]
        self._dropped += max(0, len(entries) - room)

    def _doubt(self, batch: list[Append], given_up: list[Append], now: int, why: str) -> None:
        self._doubtful, self._given_up = batch, given_up
        self.failed, self.why = True, why
        self.due = now  # the first try is at once: a full disk has its ballast to give
