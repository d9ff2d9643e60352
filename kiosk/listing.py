"""The access list in force, as the door asks it; a new one is checked in a thread and swapped in between two events.

at start      the list's signature is checked, and the seals of every row that is read; the whole file is hashed
              behind the start, and a fault found there takes the list out of force
a new list    hashed whole in the thread first, then opened beside the old one, then the old one is closed
a fault       is never "unknown card": the door is told `ListFailed`, and everybody is refused with that reason
"""

import os
import threading
from pathlib import Path

from kiosk.keys import Secret
from kiosk.loop import Loop
from kiosk.roster.access_list import Header, card_mac
from kiosk.roster.roster import Roster, RosterError, check
from kiosk.rules.credentials import Card, CodeMatch, Found
from kiosk.rules.messages import ListChanged, ListFailed


class Listing:
    """Watched by the loop's poll: readable when the thread has an answer, which `settle` then carries out."""

    def __init__(self, folder: Path, issuer: str, card_key: Secret, code_key: Secret) -> None:
        self._folder, self._issuer = folder, issuer
        self._card_key, self._code_key = card_key, code_key
        self._roster: Roster | None = None
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._answers: list[Header | RosterError] = []
        self._thread: threading.Thread | None = None
        self._again = False
        self._loop: Loop | None = None

    # ------------------------------------------------------------ asked by the door

    def find(self, card: Card) -> Found:
        if self._roster is not None:
            try:
                return self._roster.find(card)
            except RosterError as error:
                self._fail(error)
        return Found(card_mac(self._card_key, card))

    def match(self, code: str) -> CodeMatch:
        if self._roster is not None:
            try:
                return self._roster.match(code)
            except RosterError as error:
                self._fail(error)
        return CodeMatch()

    # ------------------------------------------------------------ which list is in force

    def open(self, loop: Loop) -> None:
        """The list that lies there, believed by its signature; then its whole check, in the thread. `loop` is told."""
        self._loop = loop
        try:
            self._roster = Roster.open(
                self._folder, card_key=self._card_key, code_key=self._code_key, issuer=self._issuer
            )
        except RosterError as error:
            self._fail(error)
            return
        self._announce(self._roster)
        self.renew()

    def renew(self) -> None:
        """Check what lies in the folder, and put it in force if it is newer."""
        if self._thread is not None:
            self._again = True
            return
        self._thread = threading.Thread(target=self._check, name="list check", daemon=True)
        self._thread.start()

    def settle(self) -> None:
        """Carry out what the thread found."""
        os.eventfd_read(self._wake)
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        while self._answers:
            answer = self._answers.pop(0)
            if isinstance(answer, RosterError):
                self._fail(answer, in_force=self._newer_lies_there())
            else:
                self._swap(answer)
        if self._again:
            self._again = False
            self.renew()

    def fileno(self) -> int:
        return self._wake

    @staticmethod
    def due() -> float | None:
        return None

    def close(self) -> None:
        if self._thread is not None:
            self._thread.join()
        if self._roster is not None:
            self._roster.close()
        os.close(self._wake)

    def _check(self) -> None:
        try:
            self._answers.append(check(self._folder, issuer=self._issuer))
        except RosterError as error:
            self._answers.append(error)
        os.eventfd_write(self._wake, 1)

    def _newer_lies_there(self) -> bool:
        """Whether it was a list not yet in force that failed its check."""
        if self._roster is None:
            return False
        try:
            stated = Roster.open(self._folder, card_key=self._card_key, code_key=self._code_key, issuer=self._issuer)
        except RosterError:
            return True
        stated.close()
        return stated.version != self._roster.version

    def _swap(self, checked: Header) -> None:
        if self._roster is not None and checked.version == self._roster.version:
            return
        try:
            if self._roster is None:
                self._roster = Roster(
                    self._folder, checked, card_key=self._card_key, code_key=self._code_key, issuer=self._issuer
                )
            else:
                self._roster = self._roster.swap(checked)
        except RosterError as error:
            self._fail(error, in_force=self._roster is not None)
            return
        self._announce(self._roster)

    def _announce(self, roster: Roster) -> None:
        if self._loop is not None:
            at = self._loop.clock.moment()
            self._loop.happen(ListChanged(at, roster.version, roster.made_at, roster.count))

    def _fail(self, error: RosterError, *, in_force: bool = False) -> None:
        if not in_force and self._roster is not None:
            self._roster.close()
            self._roster = None
        if self._loop is not None:
            self._loop.happen(ListFailed(self._loop.clock.moment(), str(error), in_force))
