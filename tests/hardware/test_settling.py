from hardware.settling import Settling
from kiosk.rules.messages import Sense


def play(settle_s: float, *heard: tuple[float, Sense]) -> list[tuple[float, Sense]]:
    """What is said when the loop asks after every reading and at every time that is due."""
    settling, said = Settling(settle_s), []

    def ask(now: float) -> None:
        sense = settling.settled(now)
        if sense is not None:
            said.append((now, sense))

    for at, sense in heard:
        while (due := settling.due()) is not None and due < at:
            ask(due)
        settling.hear(sense, at)
        ask(at)
    while (due := settling.due()) is not None:
        ask(due)
    return said


def test_the_first_reading_counts_at_once() -> None:
    assert play(0.02, (0.0, Sense.NORMAL)) == [(0.0, Sense.NORMAL)]


def test_a_bounce_is_one_change() -> None:
    bouncing = [(1 + at * 0.001, Sense.ACTIVE if at % 2 == 0 else Sense.NORMAL) for at in range(11)]
    assert play(0.02, (0.0, Sense.NORMAL), *bouncing) == [(0.0, Sense.NORMAL), (1.03, Sense.ACTIVE)]


def test_a_spike_is_nothing() -> None:
    assert play(0.02, (0.0, Sense.NORMAL), (1.0, Sense.ACTIVE), (1.01, Sense.NORMAL)) == [(0.0, Sense.NORMAL)]


def test_a_contact_that_never_stands_still_is_unknown_once() -> None:
    rattling = [(1 + at * 0.01, Sense.ACTIVE if at % 2 == 0 else Sense.NORMAL) for at in range(401)]
    assert play(0.02, (0.0, Sense.NORMAL), *rattling) == [
        (0.0, Sense.NORMAL),
        (2.0, Sense.UNKNOWN),
        (5.02, Sense.ACTIVE),
    ]


def test_without_a_time_to_settle_every_change_counts() -> None:
    assert play(0, (0.0, Sense.NORMAL), (1.0, Sense.ACTIVE), (1.0, Sense.CUT)) == [
        (0.0, Sense.NORMAL),
        (1.0, Sense.ACTIVE),
        (1.0, Sense.CUT),
    ]
