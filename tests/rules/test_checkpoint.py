"""The key and the note "from the Go package's documentation" are golang.org/x/mod/sumdb/note's published example."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

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
    parse_verifier_key,
    parse_verifier_keys,
)

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ROOT = bytes(range(32))
CHECKPOINT = Checkpoint("school.example/doorward/south-gate", 20_852_163, ROOT, ("state 12 " + "ab" * 32, "erased 4"))


def test_a_checkpoint_is_lines() -> None:
    assert CHECKPOINT.text == (
        "school.example/doorward/south-gate\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
        f"state 12 {'ab' * 32}\nerased 4\n"
    )


def test_a_checkpoint_read_back_is_what_was_written() -> None:
    assert parse_checkpoint(CHECKPOINT.text) == CHECKPOINT


def test_an_extension_is_found_by_its_first_word() -> None:
    assert CHECKPOINT.extension("erased") == ("4",)
    assert CHECKPOINT.extension("erase") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        "origin\n1\nAAAA\n",
        CHECKPOINT.text[:-1],
        CHECKPOINT.text.replace("20852163", "020852163"),
        CHECKPOINT.text.replace("20852163", "-1"),
        CHECKPOINT.text.replace("20852163", "9" * 17),
        CHECKPOINT.text.replace("school", "sch ool"),
        CHECKPOINT.text.replace("school", "sch+ool"),
        CHECKPOINT.text.replace("Hh8=", "Hh9="),
        CHECKPOINT.text.replace("Hh8=", "Hh8"),
        CHECKPOINT.text + "\n",
    ],
)
def test_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)


def test_a_published_key_is_read() -> None:
    key = parse_verifier_key(PETER)
    assert (key.name, key.algorithm, str(key)) == ("PeterNeumann", Algorithm.ED25519, PETER)


def test_a_published_note_is_read_and_written_the_same() -> None:
    assert parse_note(PETERS_NOTE.encode()).encode() == PETERS_NOTE.encode()


def test_a_published_signature_is_over_the_text_with_the_published_key() -> None:
    note, key = parse_note(PETERS_NOTE.encode()), parse_verifier_key(PETER)
    (line,) = note.signatures
    assert (line.name, line.key_id) == (key.name, key.id)
    Ed25519PublicKey.from_public_bytes(key.public).verify(line.value, note.text.encode())


@pytest.mark.parametrize(
    "key",
    ["", "a+b", PETER[:-4], PETER.replace("c74f20a3", "c74f20a4"), PETER.replace("+AR", "+AB"), "Peter " + PETER],
)
def test_a_string_that_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(NoteError):
        parse_verifier_key(key)


def test_a_file_of_keys_may_explain_itself() -> None:
    assert parse_verifier_keys(f"# the south gate\n\n{PETER}\n") == [parse_verifier_key(PETER)]


def test_a_cosigning_key_has_an_id_of_its_own() -> None:
    plain, cosigning = VerifierKey("w", ROOT), VerifierKey("w", ROOT, Algorithm.COSIGNATURE)
    assert plain.id != cosigning.id
    assert parse_verifier_key(str(cosigning)) == cosigning


def test_a_witness_signs_the_time_and_the_text() -> None:
    assert cosigned_message(1_700_000_000, "origin\n") == b"cosignature/v1\ntime 1700000000\norigin\n"


NOTE = Note(CHECKPOINT.text, (Signature("a", b"1234", b"x" * 64),)).encode()


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"\n\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + b"junk\n",
        NOTE.replace("\u2014".encode(), b"-"),
        NOTE.replace(b"\n\n", b"\n"),
        b"\xff" + NOTE,
        b"\x00" + NOTE,
        b"\x7f" + NOTE,
        NOTE + "\u2014 a YWI=\n".encode(),
        NOTE + ("\u2014 a " + base64.b64encode(b"x" * 68).decode() + "\n").encode() * 32,
        b"x" * 16_385,
    ],
)
def test_bytes_that_are_no_note_are_refused(written: bytes) -> None:
    with pytest.raises(NoteError):
        parse_note(written)


@given(
    st.binary(max_size=200)
    | st.text(max_size=60).map(lambda text: (text + "\n\n\u2014 a eHh4eHg=\n").encode("utf-8", "replace"))
)
@settings(max_examples=200, deadline=None)
def test_a_note_that_is_read_is_written_the_same(written: bytes) -> None:
    try:
        note: Any = parse_note(written)
    except NoteError:
        return
    assert note.encode() == written
