"""The simulated doorway kept going by a thread of its own, and safe to be played with from others.

What a person can do at a door, in the words of the page and of the tour; what they can see of it in `Seen`.
"""

import selectors
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from hardware.twin import Doorway, Happened
from hardware.wiring import Wiring
from kiosk.rules.credentials import Card
from kiosk.rules.messages import Input

T = TypeVar("T")
_TICK_S = 0.02  # what is done to the doorway by other threads is seen at the latest after this


class Seen(Struct, frozen=True):
    gives: bool  # the strike lets the leaf open from outside
    energised: bool  # the relay of the lock
    siren: bool
    leaf_open: bool
    readers: dict[str, bool]  # plugged in
    active: tuple[Input, ...]


class Stage:
    """`readers` is name → format."""

    def __init__(self, folder: Path, readers: Mapping[str, str], closer_s: float) -> None:
        self._doorway = Doorway(closer_s)
        self.wiring = Wiring(folder, self._doorway, readers)
        self._guard = threading.RLock()
        self._ended = threading.Event()
        self._pulled: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="doorway", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ what people do

    def present(self, reader: str, number: str) -> None:
        """Hold an EM4100 tag (10 hex digits) to a reader."""
        with self._guard:
            self.wiring.readers[reader].present(Card("em4100", bytes.fromhex(number)))

    def garble(self, reader: str) -> None:
        """Bytes that are no card: a good frame with one digit changed."""
        with self._guard:
            self.wiring.readers[reader].send(b"\x0262E3086CED09\x03")

    def unplug(self, reader: str) -> None:
        with self._guard:
            self._pulled.add(reader)
            self.wiring.readers[reader].unplug()

    def plug(self, reader: str) -> None:
        with self._guard:
            self._pulled.discard(reader)
            self.wiring.readers[reader].plug()

    def push(self) -> bool:
        return self._with(Doorway.push)

    def leave(self) -> None:
        self._with(Doorway.leave)

    def force(self) -> None:
        self._with(Doorway.force)

    def hold(self) -> None:
        self._with(Doorway.hold)

    def let_go(self) -> None:
        self._with(Doorway.let_go)

    def shut(self) -> None:
        self._with(Doorway.shut)

    def turn(self, contact: Input, *, active: bool) -> None:
        self._with(lambda doorway, now: doorway.turn(contact, active, now))

    def cut(self, wire: Input) -> None:
        self._with(lambda doorway, now: doorway.cut(wire, now))

    def mend(self, wire: Input) -> None:
        self._with(lambda doorway, now: doorway.mend(wire, now))

    # ------------------------------------------------------------ what they see

    def seen(self) -> Seen:
        with self._guard:
            doorway = self._doorway
            return Seen(
                doorway.gives,
                doorway.energised,
                doorway.siren,
                doorway.leaf_open,
                {name: name not in self._pulled for name in self.wiring.readers},
                tuple(sorted(doorway.active)),
            )

    def history(self) -> list[Happened]:
        with self._guard:
            return list(self._doorway.history)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self.wiring.close()

    def _with(self, act: Callable[[Doorway, float], T]) -> T:
        with self._guard:
            now = time.monotonic()
            done = act(self._doorway, now)
            self.wiring.step(now)
            return done

    def _run(self) -> None:
        while not self._ended.is_set():
            with self._guard:
                filenos = self.wiring.filenos()
            with selectors.DefaultSelector() as waiting:
                for fileno in filenos:
                    waiting.register(fileno, selectors.EVENT_READ)
                waiting.select(_TICK_S)
            with self._guard:
                self.wiring.step(time.monotonic())
