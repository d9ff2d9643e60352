"""F22: somebody else's code, Go's golang.org/x/mod/sumdb, takes our notes and proofs, and none with a byte flipped."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.ledger import LedgerReader
from tests.ledgers import VERIFIER, entry, open_ledger

GOPATH = Path("/usr/share/gocode")
SIZES = (1, 2, 3, 7, 8, 21, 64, 77)

pytestmark = pytest.mark.skipif(
    shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod").is_dir(),
    reason="needs the Debian packages golang-go and golang-golang-x-mod-dev",
)


class Checker:
    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def ask(self, **question: Any) -> str:
        for name in ("note", "older", "record"):
            if name in question:
                question[name] = base64.b64encode(question[name]).decode()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode({"key": VERIFIER, **question}) + b"\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().decode().strip()


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checker]:
    """The Go programme, compiled once."""
    folder = tmp_path_factory.mktemp("sumdb")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(folder), "GOFLAGS": ""}
    source = Path(__file__).parent / "sumdb" / "check.go"
    subprocess.run(["go", "build", "-o", folder / "check", source], env=environment, check=True)
    with subprocess.Popen([folder / "check"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Checker(process)


class Signed:
    """A ledger with a note at each of `SIZES`."""

    def __init__(self, path: Path) -> None:
        self.notes: dict[int, bytes] = {}
        with open_ledger(path) as ledger:
            for size in SIZES:
                ledger.append([entry(mono) for mono in range(ledger.size, size)], sign=True)
                self.notes[size] = ledger.note
        self.reader = LedgerReader.open(path)

    def inclusion(self, seq: int, size: int) -> dict[str, Any]:
        (row,) = self.reader.rows(seq, seq + 1)
        proof = [one.hex() for one in self.reader.inclusion(seq, size)]
        return {"ask": "inclusion", "note": self.notes[size], "seq": seq, "record": row.body, "proof": proof}

    def consistency(self, old: int, new: int) -> dict[str, Any]:
        proof = [one.hex() for one in self.reader.consistency(old, new)]
        return {"ask": "consistency", "note": self.notes[new], "older": self.notes[old], "proof": proof}


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    kept = Signed(tmp_path_factory.mktemp("ledger") / "ledger.db")
    yield kept
    kept.reader.close()


@pytest.mark.parametrize("size", SIZES)
def test_go_takes_our_notes(checker: Checker, signed: Signed, size: int) -> None:
    assert checker.ask(ask="note", note=signed.notes[size]) == "yes"


def test_go_takes_every_inclusion_proof(checker: Checker, signed: Signed) -> None:
    asked = [(seq, size) for size in SIZES for seq in range(size)]
    assert [one for one in asked if checker.ask(**signed.inclusion(*one)) != "yes"] == []


def test_go_takes_every_consistency_proof(checker: Checker, signed: Signed) -> None:
    asked = [(old, new) for new in SIZES for old in SIZES if old <= new]
    assert [one for one in asked if checker.ask(**signed.consistency(*one)) != "yes"] == []


def test_go_refuses_a_note_with_any_byte_flipped(checker: Checker, signed: Signed) -> None:
    note = signed.notes[21]
    taken = [at for at in range(len(note)) if checker.ask(ask="note", note=flipped(note, at)) == "yes"]
    assert taken == []


def test_go_refuses_a_record_with_any_byte_flipped(checker: Checker, signed: Signed) -> None:
    question = signed.inclusion(13, 21)
    record = question["record"]
    taken = [at for at in range(len(record)) if checker.ask(**{**question, "record": flipped(record, at)}) == "yes"]
    assert taken == []


@pytest.mark.parametrize("name", ["inclusion", "consistency"])
def test_go_refuses_a_proof_with_any_byte_flipped(checker: Checker, signed: Signed, name: str) -> None:
    question = signed.inclusion(13, 21) if name == "inclusion" else signed.consistency(7, 77)
    proof = b"".join(map(bytes.fromhex, question["proof"]))
    taken = [at for at in range(len(proof)) if checker.ask(**{**question, "proof": cut(flipped(proof, at))}) == "yes"]
    assert taken == []


def flipped(data: bytes, at: int) -> bytes:
    # Not the lowest bit: the last letter of base64 has bits that mean nothing, and Go does not look at them.
    return data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]


def cut(proof: bytes) -> list[str]:
    return [proof[at : at + 32].hex() for at in range(0, len(proof), 32)]
