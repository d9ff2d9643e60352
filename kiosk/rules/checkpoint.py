"""The signed statement of what the ledger holds: C2SP tlog-checkpoint in a C2SP signed-note, as text.

A checkpoint's text is three lines and any extension lines: the origin, the size, the root in base64. A note is that
text, an empty line, and signature lines `— <name> <base64(key id || signature)>`. Doorward's extension lines:

    state <seq> <sha256, hex>   the door's memory after the first `seq` records, kept beside them, has this digest
    erased <seq>                bodies of records before `seq` may have been erased under retention

The witness's cosignature (C2SP tlog-cosignature, algorithm 0x04) signs `cosigned_message`. Making and checking
Ed25519 signatures is the work of whoever holds a key; everything here is text in, values out. Go's
golang.org/x/mod/sumdb/note reads and writes the same.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from enum import IntEnum
from hashlib import sha256

from msgspec import Struct

from kiosk.rules.tree import HASH_BYTES

MOST_BYTES = 16_384
MOST_SIGNATURES = 32
MOST_SIZE = 2**53 - 1

_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,256}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_KEY = re.compile(r"([^\s+\x00-\x1f\x7f]{1,256})\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")


class NoteError(ValueError):
    """One clear sentence: what about a note, a checkpoint or a key string is not as the format wants it."""


class Algorithm(IntEnum):
    ED25519 = 0x01
    COSIGNATURE = 0x04


class Checkpoint(Struct, frozen=True):
    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed: every line ends with a newline."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    def extension(self, word: str) -> tuple[str, ...] | None:
        """What follows `word` on its extension line, or None where there is no such line."""
        return next((tuple(line.split(" ")[1:]) for line in self.extensions if line.split(" ")[0] == word), None)


class Signature(Struct, frozen=True):
    """`key_id` is 4 bytes; `value` is 64 for Ed25519, 8 (time) + 64 for a cosignature."""

    name: str
    key_id: bytes
    value: bytes


class Note(Struct, frozen=True):
    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        return (self.text + "\n" + "".join(map(_signature_line, self.signatures))).encode()


class VerifierKey(Struct, frozen=True):
    """A public key with the name that it signs under; for a ledger the name is the checkpoint's origin."""

    name: str
    public: bytes
    algorithm: Algorithm = Algorithm.ED25519

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self._typed).digest()[:4]

    @property
    def _typed(self) -> bytes:
        return bytes([self.algorithm]) + self.public

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._typed).decode()}"


def is_name(name: str) -> bool:
    """May this be an origin or a key's name? No spaces, no plus, nothing that does not print."""
    return _NAME.fullmatch(name) is not None


def parse_checkpoint(text: str) -> Checkpoint:
    """Raises NoteError."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise NoteError("A checkpoint is three lines or more, none empty, each ended by a newline.")
    origin, size, root, *extensions = lines
    if not is_name(origin):
        raise NoteError(f"{origin!r} is no origin of a checkpoint.")
    if not _SIZE.fullmatch(size) or int(size) > MOST_SIZE:
        raise NoteError(f"{size!r} is no size of a checkpoint.")
    return Checkpoint(origin, int(size), _base64(root, HASH_BYTES), tuple(extensions))


def parse_note(written: bytes) -> Note:
    """Raises NoteError."""
    if len(written) > MOST_BYTES:
        raise NoteError(f"A note takes {len(written)} bytes; {MOST_BYTES} are allowed.")
    try:
        whole = written.decode()
    except UnicodeDecodeError as error:
        raise NoteError("A note is not UTF-8 text.") from error
    if any((character < " " and character != "\n") or character == "\x7f" for character in whole):
        raise NoteError("A note holds control characters.")
    text, gap, signed = whole.rpartition("\n\n")
    if not gap or not signed.endswith("\n"):
        raise NoteError("A note is text, an empty line, and signature lines, each ended by a newline.")
    lines = signed[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteError(f"A note carries {len(lines)} signatures; {MOST_SIGNATURES} are allowed.")
    return Note(text + "\n", tuple(map(_parse_signature, lines)))


def parse_verifier_key(written: str) -> VerifierKey:
    """The key in a string of the form `<name>+<key id, 8 hex digits>+<base64>`. Raises NoteError."""
    parts = _KEY.fullmatch(written.strip())
    typed = _base64(parts[3], 1 + 32) if parts else b""
    if not parts or typed[0] not in tuple(Algorithm):
        raise NoteError(f"{written.strip()[:80]!r} is no verifier key; it must read <name>+<8 hex digits>+<base64>.")
    key = VerifierKey(parts[1], typed[1:], Algorithm(typed[0]))
    if key.id.hex() != parts[2]:
        raise NoteError(f"The verifier key of {key.name} is damaged: its id does not fit its key; copy it again.")
    return key


def parse_verifier_keys(written: str) -> list[VerifierKey]:
    """One key a line; empty lines and lines that begin with # say nothing. Raises NoteError."""
    lines: Iterable[str] = (line.strip() for line in written.splitlines())
    return [parse_verifier_key(line) for line in lines if line and not line.startswith("#")]


def cosigned_message(time: int, text: str) -> bytes:
    """What a witness signs at `time`, Unix seconds (C2SP tlog-cosignature v1)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _signature_line(signature: Signature) -> str:
    return f"\u2014 {signature.name} {base64.b64encode(signature.key_id + signature.value).decode()}\n"


def _parse_signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or not is_name(parts[1]):
        raise NoteError(f"{line[:80]!r} is no signature line.")
    value = _base64(parts[2])
    if len(value) < 5:
        raise NoteError(f"The signature of {parts[1]} is cut short.")
    return Signature(parts[1], value[:4], value[4:])


def _base64(written: str, size: int | None = None) -> bytes:
    """Strict: one way to write one value, so that a flipped bit in the padding does not pass."""
    try:
        value = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"{written[:80]!r} is not base64.") from error
    if base64.b64encode(value).decode() != written or (size is not None and len(value) != size):
        raise NoteError(f"{written[:80]!r} is not base64 of the length wanted.")
    return value
