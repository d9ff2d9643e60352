"""Approval codes and offline codes: how they are made, normalised and checked. Chance and time are arguments.

**Approval code**: decimal digits, drawn evenly; what it opens stands in the access list. Its *duress twin* is the
code with the last digit one higher (9 becomes 0): it opens alike and raises the silent alarm. Where n codes are in
force, one random try of 8 digits is accepted with probability 2n / 10^8, twins included.

**Offline code**: 12 characters that a door checks with nothing but its own key, for an approval made while the door
was out of reach. Crockford's base 32 (https://www.crockford.com/base32.html): no U; O is read as 0, I and L as 1,
and case, spaces, hyphens and full-width forms do not count. Its 60 bits, most significant first:

    10  serial    which code of its slot, so that the register line can be completed later
    13  slot      the quarter hour in which its window begins, counted from 1970 in UTC, modulo 8192 (85 days)
     3  duration  index into DURATIONS
    34  mac       the first bits of HMAC-SHA256 under the door's key over the door, the whole slot, serial, duration

A door takes the slot for the last such quarter hour that has begun. The MAC covers the slot without its modulus, so
a code does not come back after 85 days. One random try is accepted with probability below 2^-34: it must name a
window that covers now, and then there is one MAC that fits. A second MAC is tried against the coming window, only to
tell a person who is early from a wrong code. Single use is the door's memory of `OfflineGrant.id`.
An offline code has no duress twin: there are no bits to spare for one.
"""

import hmac
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from struct import Struct as Packing
from typing import Final

from msgspec import Struct

from kiosk.rules.credentials import Approval

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 12
SLOT_S: Final = 900
SLOTS: Final = 2**13
SERIALS: Final = 2**10
DURATIONS: Final = (900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400)  # seconds
MAC_BITS: Final = 34
CHANCE_BYTES: Final = 16  # so many that the last digits' bias is below 2^-100
LONGEST: Final = 64  # characters that are looked at, as typed

_PLAIN: Final = {ord("\u3000"): " ", **{0xFF01 + at: chr(0x21 + at) for at in range(94)}}  # full-width forms
_GAPS: Final = re.compile(r"[\s\-\u2010-\u2015\u2212]+")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"  # what Python's int() reads in base 32
_READ: Final = str.maketrans(
    dict.fromkeys("UuOoIiLl", "!")
    | {read: digit for digit, letter in zip(_DIGITS, ALPHABET, strict=True) for read in (letter, letter.lower())}
    | dict(zip("OoIiLl", "001111", strict=True))
)
_WELL_FORMED: Final = re.compile(r"[0-9a-v]{12}", re.ASCII)
_MESSAGE: Final = Packing(">qHB").pack
_MAC_MASK: Final = 2**MAC_BITS - 1


class Refusal(StrEnum):
    """Why an offline code does not open."""

    MALFORMED = "malformed"
    WRONG = "wrong"  # made for another door, with another key, too long ago, or guessed
    EARLY = "early"
    LATE = "late"


class OfflineGrant(Struct, frozen=True):
    """A genuine code in its window. `id` is what may be used once; times are Unix seconds UTC, half-open."""

    door: str
    serial: int
    not_before: int
    not_after: int

    @property
    def id(self) -> str:
        return f"offline-{self.door}-{self.not_before // SLOT_S}-{self.serial}"


def normal(typed: str) -> str:
    """A code without spaces, hyphens and full-width forms; at most LONGEST characters of it."""
    return _GAPS.sub("", typed[:LONGEST].translate(_PLAIN))


def twin(code: str) -> str:
    """The duress twin of an approval code."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def draw(chances: Iterable[bytes], taken: Callable[[str], bool], digits: int = 8) -> str:
    """The first approval code of these chances such that neither it nor its twin is taken.

    Each chance is CHANCE_BYTES from a random source. Raises ValueError if one is shorter, or none is left.
    """
    for chance in chances:
        if len(chance) < CHANCE_BYTES:
            raise ValueError(f"a code wants {CHANCE_BYTES} bytes of chance")
        code = f"{int.from_bytes(chance, 'big') % 10**digits:0{digits}d}"
        if not taken(code) and not taken(twin(code)):
            return code
    raise ValueError("no code is free: too many are in force for their length")


def offline_code(key: bytes, door: str, serial: int, begins: int, duration_s: int) -> str:
    """A code for `door` that opens from the quarter hour in which `begins` lies; `duration_s` one of DURATIONS.

    The issuer gives a serial once per quarter hour. Raises ValueError.
    """
    if not 0 <= serial < SERIALS or duration_s not in DURATIONS:
        raise ValueError(f"an offline code wants a serial below {SERIALS} and one of the durations {DURATIONS}")
    slot, duration = begins // SLOT_S, DURATIONS.index(duration_s)
    bits = (serial << 16 | (slot % SLOTS) << 3 | duration) << MAC_BITS | _mac(key, door, slot, serial, duration)
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def printed(code: str) -> str:
    """In groups of four, as it is told to people."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def is_offline(typed: str) -> bool:
    """Has this the form of an offline code? An approval code of 12 digits has it too: look that up first."""
    return _WELL_FORMED.fullmatch(normal(typed).translate(_READ)) is not None


def verify_offline(code: str, key: bytes, door: str, now_s: int) -> OfflineGrant | Refusal:
    """What a code typed at `door` is worth at `now_s`, Unix seconds UTC. Single use is the caller's to hold.

    The same two MACs are computed for every well-formed code.
    """
    read = normal(code).translate(_READ)
    if not _WELL_FORMED.fullmatch(read):
        return Refusal.MALFORMED
    bits = int(read, 32)
    mac, head = bits & _MAC_MASK, bits >> MAC_BITS
    serial, residue, duration = head >> 16, head >> 3 & SLOTS - 1, head & 7
    now_slot = now_s // SLOT_S
    begun = now_slot - (now_slot - residue) % SLOTS
    genuine = _same(mac, _mac(key, door, begun, serial, duration))
    coming = _same(mac, _mac(key, door, begun + SLOTS, serial, duration))
    if not genuine:
        return Refusal.EARLY if coming else Refusal.WRONG
    not_before = begun * SLOT_S
    not_after = not_before + DURATIONS[duration]
    return OfflineGrant(door, serial, not_before, not_after) if now_s < not_after else Refusal.LATE


def as_approval(grant: OfflineGrant, room: str) -> Approval:
    """What the door decides by and the register shows until the centre completes the line by the serial (R3)."""
    told = f"offline code {grant.serial} of {grant.door}"
    return Approval(grant.id, room, told, told, told, grant.not_before, grant.not_after)


def _mac(key: bytes, door: str, slot: int, serial: int, duration: int) -> int:
    message = b"doorward offline code 1\0" + _MESSAGE(slot, serial, duration) + door.encode()
    return int.from_bytes(hmac.digest(key, message, "sha256")[:5], "big") >> (40 - MAC_BITS)


def _same(one: int, other: int) -> bool:
    return hmac.compare_digest(one.to_bytes(5, "big"), other.to_bytes(5, "big"))
