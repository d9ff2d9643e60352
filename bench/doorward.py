"""Doorward as a contestant: its reader and relay on two terminals, its door contact on a socket.

After a release the leaf is opened and closed, as a person would, and the lock is seen to lock again. Doorward writes
what it remembers of a passage, and signs it, at most 100 ms later; the turn ends after that, so that the next
decision, ours or another's, waits for none of it. In the end every card shown must stand in the ledger.
"""

import socket
import time
from collections import Counter

from bench.product import Process
from bench.sites import Site
from bench.wires import WrongAnswerError
from bench.yardsticks import patience
from kiosk.ledger.reader import LedgerReader
from kiosk.rules.messages import Kind

CALM_S = 0.13
LOCK_WITHIN_S = 5.0


class Doorward:
    def __init__(self, name: str, known: int, process: Process, site: Site) -> None:
        self.name, self.known = name, known
        self.pid = process.pid
        self.site = site
        self._process = process
        self._leaf = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._leaf.connect(str(site.leaf))
        self._released = False
        self._answers: Counter[Kind] = Counter()
        process.await_children()
        time.sleep(CALM_S)
        site.wires.drain()  # the lock is driven safe as the door starts
        with LedgerReader.open(site.places.ledger) as reader:
            self._records_before = reader.size

    def decide(self, index: int) -> int | None:
        took = self.site.wires.present(index, patience(index))
        self._released = took is not None
        self._answers[Kind.GRANTED if self._released else Kind.DENIED] += 1
        return took

    def pass_through(self) -> None:
        """Open the leaf, wait for the lock, close the leaf."""
        if self._released:
            self._leaf.send(b"active")
            self.site.wires.await_secure(LOCK_WITHIN_S)
            self._leaf.send(b"normal")
            self._released = False

    def settle(self) -> None:
        self.pass_through()
        time.sleep(CALM_S)

    def close(self) -> None:
        """Raises WrongAnswerError if what was answered is not what was recorded."""
        self._leaf.close()
        self._process.stop()
        self.site.close()
        with LedgerReader.open(self.site.places.ledger) as reader:
            recorded = Counter(record.kind for record in reader.tail(self._records_before))
        stand = {kind: recorded[kind] for kind in self._answers}
        if stand != self._answers:
            raise WrongAnswerError(f"{self.name} answered {dict(self._answers)} and recorded {stand}.")
