"""The access list on disk: its shape, its seals, and the signed statement of what is in force.

In the list's folder stand:

    access.current          a signed note (C2SP signed-note) that names one version and its digest: what is in force
    access-<version>.db     that version, whole: a SQLite file that is never written again once it has this name
    access.previous         the note before; its file is removed when the list after next comes into force

The note is the pointer, so a note and a file that do not belong together cannot be left behind by a power cut: the
file is durable under its name before the one rename that puts its note in force.

Whoever opens a list checks the note's signature at once and the digest of the whole file later, in a thread. What
makes a list usable before that are **seals**: every row carries 8 bytes of keyed BLAKE2b over all of its fields. In
the two tables that are searched by a MAC each row also names the MAC of the row `before` it. A search lands on the
row at or after what is asked for, so that one row, read once, proves either answer: "this is it" and "there is none
between these two". A flipped bit is therefore never an unknown card. The seal key is derived from the card key, the
origin and the version: whoever may write files but has no card key can neither make a row nor bring one from an older
list.

No card number and no code stands here in clear. A million credentials of a million people take 98 MB.
"""

import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import blake2b
from struct import Struct as Packing
from typing import Final, TypeAlias

from msgspec import Struct

from kiosk.keys import Secret
from kiosk.rules.credentials import Card, Credential, Trust

CURRENT: Final = "access.current"
PREVIOUS: Final = "access.previous"
FOREVER: Final = 2**53

Row: TypeAlias = tuple[int | str | None, ...]

# A sentinel closes each of the two searched tables; approval 0 is the one that the codes' sentinel points to.
LOWEST: Final = -(2**63)
HIGHEST: Final = 2**63 - 1

_TABLES: Final = {
    "meta": "origin TEXT NOT NULL, version INTEGER NOT NULL, made_at INTEGER NOT NULL, credentials INTEGER NOT NULL",
    "credentials": "mac INTEGER PRIMARY KEY, before INTEGER NOT NULL, person INTEGER NOT NULL,"
    " valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, flags INTEGER NOT NULL, seal INTEGER NOT NULL",
    "people": "id INTEGER PRIMARY KEY, name TEXT NOT NULL, roles TEXT NOT NULL, department TEXT NOT NULL,"
    " approvals INTEGER NOT NULL, seal INTEGER NOT NULL",
    "approvals": "n INTEGER PRIMARY KEY, id TEXT NOT NULL, room TEXT NOT NULL, name TEXT NOT NULL,"
    " approver TEXT NOT NULL, reason TEXT NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,"
    " headcount INTEGER NOT NULL, openings INTEGER NOT NULL, person INTEGER, withdrawn INTEGER NOT NULL,"
    " seal INTEGER NOT NULL",
    "codes": "mac INTEGER PRIMARY KEY, before INTEGER NOT NULL, approval INTEGER NOT NULL, duress INTEGER NOT NULL,"
    " seal INTEGER NOT NULL",
}
_INDEX: Final = "CREATE INDEX approvals_of ON approvals(person) WHERE person IS NOT NULL"
SCHEMA: Final = (*(f"CREATE TABLE {name}({columns}) STRICT" for name, columns in _TABLES.items()), _INDEX)

_HEADER: Final = re.compile(
    r"(?P<origin>[^\s+]{1,200})\n"
    r"version (?P<version>[1-9]\d{0,15})\n"
    r"made_at (?P<made_at>\d{1,15})\n"
    r"credentials (?P<count>\d{1,12})\n"
    r"size (?P<size>\d{1,15})\n"
    r"sha256 (?P<digest>[A-Za-z0-9+/]{43}=)\n",
    re.ASCII,
)
_CREDENTIAL: Final = Packing("<c6q").pack
_CODE: Final = Packing("<c4q").pack


class Header(Struct, frozen=True):
    """What the issuer states of a list. `made_at`: Unix seconds UTC; `size`: bytes; `digest`: SHA-256 of the file."""

    origin: str
    version: int
    made_at: int
    count: int
    size: int
    digest: bytes

    @property
    def file_name(self) -> str:
        return f"access-{self.version}.db"

    @property
    def text(self) -> str:
        """What is signed."""
        digest = b64encode(self.digest).decode()
        return (
            f"{self.origin}\nversion {self.version}\nmade_at {self.made_at}\ncredentials {self.count}\n"
            f"size {self.size}\nsha256 {digest}\n"
        )


class Code(Struct, frozen=True):
    """`mac` is `code_mac` of a code or of its duress twin; `approval` the approval's id."""

    mac: int
    approval: str
    duress: bool = False


def parse_header(text: str) -> Header:
    """The header that a note's text states. Raises ValueError."""
    match = _HEADER.fullmatch(text)
    if not match:
        raise ValueError("the note is not an access list's")
    try:
        digest = b64decode(match["digest"], validate=True)
    except Base64Error as error:
        raise ValueError("the note's digest is not base64") from error
    return Header(
        origin=match["origin"],
        version=int(match["version"]),
        made_at=int(match["made_at"]),
        count=int(match["count"]),
        size=int(match["size"]),
        digest=digest,
    )


def card_mac(card_key: Secret, card: Card) -> int:
    """What stands in the list for a card."""
    return int.from_bytes(blake2b(card.canonical, digest_size=8, key=card_key.reveal()).digest(), "big", signed=True)


def code_mac(code_key: Secret, code: str) -> int:
    """What stands in the list for an approval code."""
    return int.from_bytes(hmac.digest(code_key.reveal(), code.encode(), "sha256")[:8], "big", signed=True)


def stored(credential: Credential) -> tuple[int, int, int, int, int]:
    """A credential's fields as they stand in its row: mac, person, valid_from, valid_to, flags.

    "For ever" is 0, which costs SQLite no byte, so what ended by 1970 ends at 1; flags are trust + 4 disabled +
    8 duress.
    """
    until = 0 if credential.valid_to >= FOREVER else max(credential.valid_to, 1)
    bits = credential.trust | credential.disabled << 2 | credential.duress << 3
    return credential.mac, credential.person, credential.valid_from, until, bits


def restored(mac: int, person: int, valid_from: int, valid_to: int, bits: int) -> Credential:
    """The inverse of `stored`, of a row whose seal was checked."""
    return Credential(mac, person, Trust(bits & 3), valid_from, valid_to or FOREVER, bits & 4 != 0, bits & 8 != 0)


class Sealer:
    """Makes the seals of one list: signed 64-bit integers over a row's fields, as they stand in the row."""

    def __init__(self, card_key: Secret, origin: str, version: int) -> None:
        about = f"{origin}\n{version}".encode()
        key = blake2b(about, digest_size=32, key=card_key.reveal(), person=b"doorward seal").digest()
        self._keyed = blake2b(digest_size=8, key=key)

    def credential(self, mac: int, before: int, *rest: int) -> int:
        """`before` is the MAC of the row before; `rest` as in `stored`."""
        return self._seal(_CREDENTIAL(b"c", mac, before, *rest))

    def code(self, mac: int, before: int, approval: int, duress: int) -> int:
        return self._seal(_CODE(b"k", mac, before, approval, duress))

    def person(self, row: Row) -> int:
        return self._seal(b"p%b" % _text(row))

    def approval(self, row: Row) -> int:
        return self._seal(b"a%b" % _text(row))

    def _seal(self, message: bytes) -> int:
        keyed = self._keyed.copy()
        keyed.update(message)
        return int.from_bytes(keyed.digest(), "big", signed=True)


def _text(row: Row) -> bytes:
    # Unambiguous: no field holds a NUL (the writer refuses one), and none of them changes its type.
    return "\0".join(map(str, row)).encode()
