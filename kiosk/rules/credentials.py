"""Who may be at the door and with what: cards, credentials, people, approvals.

A card's number never stands in the access list in clear. What stands there is `Card.canonical` under a keyed
8-byte MAC (`kiosk.roster` holds the key); two technologies can therefore never alias each other.
"""

from enum import IntEnum

from msgspec import Struct


class Trust(IntEnum):
    """What presenting a credential proves, from least to most; a room's policy names the least it accepts."""

    NUMBER = 1  # a number anyone can copy (EM4100, a bare UID)
    SECRET = 2  # something only told to its owner (an approval code, a signed pass)
    PROVED = 3  # the card answered a fresh challenge (DESFire, PKOC)


class Card(Struct, frozen=True):
    """What a reader heard.

    `technology` names the number space ("em4100", "gwiot", "line", …), `number` is every bit the reader gave
    (EM4100: 5 bytes, since shorter printed forms alias each other), `trust` is what the exchange proved.
    """

    technology: str
    number: bytes
    trust: Trust = Trust.NUMBER

    @property
    def canonical(self) -> bytes:
        """The bytes that are MACed: unambiguous, since a technology's name holds no NUL."""
        return self.technology.encode() + b"\0" + self.number


class Credential(Struct, frozen=True):
    """One line of the access list. Times are Unix seconds UTC, half-open [valid_from, valid_to)."""

    mac: int  # the keyed 8-byte MAC of the card as a signed 64-bit integer
    person: int
    trust: Trust  # what this credential was issued to prove; a weaker presentation is a clone
    valid_from: int = 0
    valid_to: int = 2**53
    disabled: bool = False
    duress: bool = False  # opens like its twin, and raises the silent alarm


class Person(Struct, frozen=True):
    """Someone on the list. `roles` are the policy's role names; one person may hold several."""

    id: int
    name: str
    roles: tuple[str, ...] = ()
    department: str = ""


class Approval(Struct, frozen=True):
    """A consent given for one room and one window [not_before, not_after), Unix seconds UTC.

    It carries everything the entry-exit register wants (R3), so that the line is complete before the release.
    `person` is None for a visitor who comes by code. `headcount` people enter in one opening; `openings` is how
    often it may be used.
    """

    id: str
    room: str
    name: str
    approver: str
    reason: str
    not_before: int
    not_after: int
    headcount: int = 1
    openings: int = 1
    person: int | None = None
    withdrawn: bool = False


class Found(Struct, frozen=True):
    """What the access list knew of a card that was presented; nothing but its `mac` for an unknown one.

    A person who cannot be found for a credential is a damaged list, not an unknown card: `kiosk.roster` raises.
    """

    mac: int
    credential: Credential | None = None
    person: Person | None = None
    approvals: tuple[Approval, ...] = ()


class CodeMatch(Struct, frozen=True):
    """What the access list knew of a code that was entered. `duress`: the code's silent-alarm twin was used."""

    approval: Approval | None = None
    duress: bool = False
