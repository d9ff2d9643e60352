"""One presentation out of a reader's repeats of a tag that stays.

A tag counts again once it was silent for `again_s`. Silence is judged by when frames *arrived*: frames that waited
together while the door was busy came at least `repeat_s` apart, or a tag that never left would count twice after
every slow write. Several tags before one reader alternate; each has a silence of its own.
"""

from collections.abc import Iterable

from kiosk.rules.credentials import Card

_TAGS = 16  # remembered at once; a reader sees one or two


class Presentations:
    def __init__(self, again_s: float, repeat_s: float) -> None:
        self._again_s = again_s
        self._repeat_s = repeat_s
        self._heard: dict[Card, float] = {}  # oldest first

    def fresh(self, cards: list[Card], now: float) -> Iterable[Card]:
        """Those of the cards read together by `now` that begin a presentation, in order."""
        if not self._again_s:
            return cards
        waited = self._repeat_s * len(cards)
        return [card for at, card in enumerate(cards, 1) if self._begins(card, now - waited + at * self._repeat_s)]

    def _begins(self, card: Card, now: float) -> bool:
        last = self._heard.pop(card, None)
        self._heard[card] = now if last is None else max(last, now)
        if len(self._heard) > _TAGS:
            del self._heard[next(iter(self._heard))]
        return last is None or now - last > self._again_s
