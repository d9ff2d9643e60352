"""A ledger in memory that can be told to fail, and how: refused, or taken and the answer lost."""

from kiosk.rules.messages import Append


class BooksError(Exception):
    pass


class Books:
    def __init__(self) -> None:
        self.written: list[Append] = []
        self.signed = 0
        self.refuses = False
        self.rehearsed: list[Append] = []
        self.loses_answer = False
        self.refuses_after_reopening = 0  # appends
        self._doubtful: list[Append] = []
        self._refusals = 0

    def append(self, entries: list[Append], *, sign: bool = False) -> None:
        if self.loses_answer:
            self.written += entries
            self._doubtful = list(entries)
            raise BooksError("The answer was lost.")
        if self.refuses or self._refuse_once():
            self._doubtful = []
            raise BooksError("The disk takes nothing.")
        self.written += entries
        self.signed += sign

    def rehearse(self, entries: list[Append]) -> None:
        self.rehearsed = list(entries)
        if self.refuses:
            raise BooksError("The disk takes nothing.")

    def reopen(self) -> int:
        if self.refuses:
            raise BooksError("The disk still takes nothing.")
        stands, self._doubtful = len(self._doubtful), []
        self._refusals, self.refuses_after_reopening = self.refuses_after_reopening, 0
        self.loses_answer = False
        return stands

    def _refuse_once(self) -> bool:
        self._refusals -= 1
        return self._refusals >= 0
