"""The bench without its page: what a person plays, and everything there is to see, as values."""

import tomllib
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kiosk.ledger import LedgerError, LedgerReader
from kiosk.link.client import Client
from kiosk.link.listening import LinkError
from kiosk.link.wire import EnterCode, PlaceOrder, Role
from kiosk.rules.messages import Side
from kiosk.rules.policy import Policy
from kiosk.rules.record import Record
from kiosk.rules.register import lines
from kiosk.rules.view import Screen
from kiosk.settings import read_policy
from ui.bench import site
from ui.bench.labels import labels
from ui.bench.play import Stage
from ui.bench.unit import Unit
from ui.records import Teller, tone
from ui.registers import forms
from ui.words import Translations, load

if TYPE_CHECKING:
    from ui.bench.page import Act

LAST_RECORDS: Final = 60
LAST_LINES: Final = 30


class Bench:
    def __init__(self, stage: Stage, unit: Unit, place: site.Site) -> None:
        self._stage, self._unit, self._place = stage, unit, place
        self._policy: Policy = read_policy(place.policy)
        self._records: list[Record] = []
        self._cards = _cards(place)
        self._acts: dict[str, Callable[[Act], object]] = {
            "present": lambda act: stage.present(act.reader, act.card),
            "garble": lambda act: stage.garble(act.reader),
            "unplug": lambda act: stage.unplug(act.reader),
            "plug": lambda act: stage.plug(act.reader),
            "push": lambda _act: stage.push(),
            "leave": lambda _act: stage.leave(),
            "force": lambda _act: stage.force(),
            "hold": lambda _act: stage.hold(),
            "let_go": lambda _act: stage.let_go(),
            "shut": lambda _act: stage.shut(),
            "on": lambda act: stage.turn(act.input, active=True),
            "off": lambda act: stage.turn(act.input, active=False),
            "cut": lambda act: stage.cut(act.input),
            "mend": lambda act: stage.mend(act.input),
            "code": self._type,
            "order": self._order,
            "kill": lambda _act: unit.kill(),
        }

    def play(self, act: "Act") -> None:
        """Raises KeyError for what nobody can do here, LinkError while the door does not answer."""
        self._acts[act.what](act)

    def state(self, language: str) -> dict[str, Any]:
        """Everything that the page shows, as JSON values, in the language."""
        words = load(language)
        seen = self._stage.seen()
        self._read()
        return {
            "door": {
                "gives": seen.gives,
                "energised": seen.energised,
                "siren": seen.siren,
                "leaf_open": seen.leaf_open,
                "readers": seen.readers,
                "active": list(seen.active),
                "starts": self._unit.starts,
            },
            "screen": self._screen(words),
            "labels": labels(words),
            "cards": self._cards,
            "codes": [{"approval": approval, "code": code} for approval, code in self._place.codes.items()],
            "records": self._told(words),
            **self._register(words),
        }

    def _type(self, act: "Act") -> None:
        with Client(self._place.places.socket, Role.SCREEN) as screen:
            screen.ask(EnterCode(act.code, Side.OUTSIDE))

    def _order(self, act: "Act") -> None:
        with Client(self._place.places.socket, Role.SYNC) as centre:
            centre.ask(PlaceOrder(act.order, "赵国强"))

    def _read(self) -> None:
        """The records since the last look."""
        start = self._records[-1].seq + 1 if self._records else 0
        try:
            with LedgerReader.open(self._place.places.ledger) as reader:
                self._records += reader.tail(start)
        except LedgerError:
            return

    def _screen(self, words: Translations) -> dict[str, Any] | None:
        try:
            with Client(self._place.places.socket, Role.SCREEN, timeout_s=1.0) as client:
                return _shown(client.screen(), words)
        except LinkError:
            return None

    def _told(self, words: Translations) -> list[dict[str, str]]:
        teller = Teller(words, self._policy.zone)
        last = deque(((record, teller.tell(record)) for record in self._records), LAST_RECORDS)
        return [{"tone": tone(record), "text": text} for record, text in last]

    def _register(self, words: Translations) -> dict[str, Any]:
        kept = deque(lines(self._records, self._policy.zone), LAST_LINES)
        return {"register": [list(forms.cells(line, words)) for line in kept]}


def _shown(screen: Screen, words: Translations) -> dict[str, Any]:
    return {
        "word": words.tr(screen.word),
        "tone": screen.tone,
        "lines": [words.tr(line) for line in screen.lines],
        "faults": [words.tr(fault) for fault in screen.faults],
        "keypad": screen.keypad,
        "mode": screen.mode,
        "lock": screen.lock,
        "leaf": screen.leaf,
    }


def _cards(place: site.Site) -> list[dict[str, str]]:
    """Whose card is whose, from the file that the access list was made of."""
    table = tomllib.loads((place.folder / "access.toml").read_text())
    names = {person["id"]: person["name"] for person in table["person"]}
    cards = [
        {
            "card": card["number"],
            "name": names[card["person"]],
            "mark": "duress" if card.get("duress") else "disabled" if card.get("disabled") else "",
        }
        for card in table["card"]
    ]
    return [*cards, {"card": site.STRANGER, "name": "—", "mark": "unknown"}]
