"""All contestants alive at once, one card each in turn, the order shuffled every round.

The machine's noise falls on all alike, so that ratios are steady where microseconds are not. Each contestant settles
after its turn: what it still has to write about the last card is charged to nobody's decision. Everyone is shown the
same share of unknown cards; these must open nothing, and only releases count in the distribution.
"""

import gc
import random
from collections.abc import Callable, Sequence
from typing import Protocol

from bench.cards import UNKNOWN
from bench.wires import WrongAnswerError

UNKNOWN_SHARE = 0.05
WARM_UP = 40


class Contestant(Protocol):
    name: str
    known: int  # the numbered cards from 0 up to this stand in its list

    def decide(self, index: int) -> int | None:
        """Show it the n-th card: ns until it released, None if it did not within its time."""

    def settle(self) -> None:
        """Let it finish what it does after a decision; returns when it is at rest."""

    def close(self) -> None:
        """Stop it and let go of everything."""


def contest(
    contestants: Sequence[Contestant], rounds: int, advance: Callable[[int], None], seed: int = 20
) -> dict[str, list[int]]:
    """Nanoseconds of every release by contestant, after a warm-up. Raises WrongAnswerError at the first wrong one."""
    chance = random.Random(seed)  # noqa: S311 - a shuffle, not a secret
    taken: dict[str, list[int]] = {contestant.name: [] for contestant in contestants}
    order = list(contestants)
    gc.disable()
    try:
        for turn in range(WARM_UP + rounds):
            chance.shuffle(order)
            stranger = chance.random() < UNKNOWN_SHARE
            draw = chance.getrandbits(62)
            for contestant in order:
                took = _turn(contestant, draw, stranger=stranger)
                if took is not None and turn >= WARM_UP:
                    taken[contestant.name].append(took)
            advance(turn + 1)
    finally:
        gc.enable()
    return taken


def _turn(contestant: Contestant, draw: int, *, stranger: bool) -> int | None:
    index = UNKNOWN + draw % 1_000_000 if stranger else draw % contestant.known
    took = contestant.decide(index)
    contestant.settle()
    if stranger and took is not None:
        raise WrongAnswerError(f"{contestant.name} released for card {index}, which nobody knows.")
    if took is None and not stranger:
        raise WrongAnswerError(f"{contestant.name} did not release for card {index}, which is on its list.")
    return took
