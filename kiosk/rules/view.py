"""What the face at the door should show: a pure function of the door.

A sentence travels as its English msgid with its arguments, so that faces translate and the door holds no language.
"""

from enum import StrEnum

from msgspec import Struct


class Tone(StrEnum):
    """Colour, icon and sound go by this; never colour alone."""

    CALM = "calm"
    WELCOME = "welcome"
    WAIT = "wait"
    REFUSED = "refused"
    ALARM = "alarm"


class Say(Struct, frozen=True):
    """`text` is an English msgid with {named} places; `args` fill them."""

    text: str
    args: dict[str, str | int] = {}


class Screen(Struct, frozen=True):
    """The whole screen. Times are mono ms of the door's boot, for countdowns."""

    word: Say  # the one state word, read from 2 m
    tone: Tone
    lines: tuple[Say, ...] = ()  # what happened and what to do now
    keypad: bool = True
    until: int | None = None
    faults: tuple[Say, ...] = ()  # what is broken, what still works, whom to call
    mode: str = "normal"
    lock: str = "locked"
    leaf: str = "closed"
    unwitnessed: int = 0
    list_age_hours: int | None = None
