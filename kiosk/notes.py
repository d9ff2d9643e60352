"""Signing and checking notes (C2SP signed-note, Ed25519); what they say is `kiosk.rules.checkpoint`."""

from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.keys import Secret
from kiosk.rules.checkpoint import (
    Algorithm,
    Checkpoint,
    Note,
    NoteError,
    Signature,
    VerifierKey,
    cosigned_message,
    parse_checkpoint,
    parse_note,
)


class Signer:
    """A ledger's or a list issuer's key under its name, its origin. `secret` is an Ed25519 seed of 32 bytes."""

    def __init__(self, name: str, secret: Secret) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(secret.reveal())
        self.key = VerifierKey(name, self._private.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """The note, as stored and sent."""
        return self.sign_text(checkpoint.text)

    def sign_text(self, text: str) -> bytes:
        """The note of any text whose lines each end with a newline."""
        return Note(text, (Signature(self.key.name, self.key.id, self._private.sign(text.encode())),)).encode()


def signed_text(written: bytes, key: VerifierKey) -> str:
    """What this note says, once `key` has signed it. Raises NoteError."""
    note = parse_note(written)
    line = next((line for line in note.signatures if (line.name, line.key_id) == (key.name, key.id)), None)
    if line is None:
        raise NoteError(f"{key.name} did not sign it with the key that is known here.")
    if not _verifies(note.text, line, key):
        raise NoteError(f"The signature of {key.name} is wrong.")
    return note.text


def check(written: bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
    """The checkpoint in this note, once a key of its origin has signed it and no key given is contradicted.

    Lines of keys not given say nothing (C2SP signed-note). Raises NoteError.
    """
    note = parse_note(written)
    checkpoint = parse_checkpoint(note.text)
    signed_by_origin = False
    for key in keys:
        for line in note.signatures:
            if (line.name, line.key_id) != (key.name, key.id):
                continue
            if not _verifies(note.text, line, key):
                raise NoteError(f"The signature of {key.name} under the checkpoint at {checkpoint.size} is wrong.")
            signed_by_origin |= key.algorithm is Algorithm.ED25519 and key.name == checkpoint.origin
    if not signed_by_origin:
        raise NoteError(
            f"The checkpoint of {checkpoint.origin} at {checkpoint.size} carries no signature by a key of that name "
            "that was given."
        )
    return checkpoint


def _verifies(text: str, line: Signature, key: VerifierKey) -> bool:
    message, value = text.encode(), line.value
    if key.algorithm is Algorithm.COSIGNATURE:
        message, value = cosigned_message(int.from_bytes(value[:8]), text), value[8:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(value, message)
    except (InvalidSignature, ValueError):
        return False
    return True
