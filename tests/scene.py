"""A loop over a simulated lock and siren, with books that can fail and a clock that a test moves."""

from pathlib import Path
from types import TracebackType
from typing import Self

from hardware.simulated import SimulatedOutput
from kiosk.clock import WallClock
from kiosk.loop import Loop
from kiosk.poll import Poll
from kiosk.rules.credentials import Card, Credential, Found, Person, Trust
from kiosk.rules.messages import (
    CardPresented,
    Input,
    InputChanged,
    Kind,
    ListChanged,
    Moment,
    Sense,
    Side,
    Started,
)
from kiosk.rules.turn import Door
from kiosk.settings import read_policy
from kiosk.writing import Writing
from tests.books import Books, BooksError

SAMPLE = Path(__file__).parent.parent / "kiosk" / "samples" / "taishan.toml"
CHIEF = Person(1, "王建国", ("security_chief",))
KNOWN = Found(1, Credential(1, 1, Trust.NUMBER), CHIEF)
CARD = Card("em4100", bytes(5))


class Scene:
    def __init__(self) -> None:
        self.books, self.now, self._away = Books(), 0.0, 0.0
        self.lock = SimulatedOutput(lambda: self.now)
        self.siren = SimulatedOutput(lambda: self.now)
        self.poll = Poll(lambda: self.now)
        clock = WallClock(
            1,
            None,
            wall_ns=lambda: 1_800_000_000_000_000_000 + int((self.now + self._away) * 1e9),
            mono_ns=lambda: int(self.now * 1e9),
            synced=lambda: True,
        )
        self.order: list[str] = []
        self.loop = Loop(
            Door(read_policy(SAMPLE), "south_gate", clock.moment()),
            self.lock,
            self.siren,
            Writing(self.books, BooksError),
            clock,
            self.poll,
            photo=lambda wanted: self.order.append("photo"),
            changed=lambda door: self.order.append("changed"),
            quiet=lambda door: self.order.append("quiet"),
        )
        self.loop.happen(Started(self.at))
        self.loop.happen(ListChanged(self.at, 1, 1_800_000_000, 1))
        self.loop.happen(InputChanged(self.at, Input.EXIT_BUTTON, Sense.NORMAL))

    @property
    def at(self) -> Moment:
        return self.loop.clock.moment()

    def present(self, found: Found = KNOWN) -> None:
        self.loop.happen(CardPresented(self.at, Side.OUTSIDE, "outside", CARD, found))

    def rehearse(self, found: Found = KNOWN) -> None:
        self.loop.rehearse(CardPresented(self.at, Side.OUTSIDE, "outside", CARD, found))

    def read(self, which: Input, sense: Sense) -> None:
        self.loop.happen(InputChanged(self.at, which, sense))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.loop._overdue(self.at)

    def kinds(self) -> list[Kind]:
        return [entry.kind for entry in self.books.written]

    def wall_steps(self, seconds: float) -> None:
        self._away += seconds

    def close(self) -> None:
        self.poll.close()
        self.lock.close()
        self.siren.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
