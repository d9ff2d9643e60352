import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import msgspec
import pytest

from kiosk.ledger import LedgerError, LedgerReader
from kiosk.ledger import verify as verify_module
from kiosk.ledger.bundle import bundle
from kiosk.ledger.verify import Fault, main, verify
from kiosk.rules.checkpoint import NoteError, parse_verifier_key
from tests.ledgers import VERIFIER, entry, filled, open_ledger, rehash, tamper

KEY = parse_verifier_key(VERIFIER)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_module, "RANGE_LEVEL", 3)
    monkeypatch.setattr(verify_module, "RANGE", 8)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 64, 77])
@pytest.mark.usefixtures("small_ranges")
def test_a_sound_ledger_of_any_size_is_sound(path: Path, size: int) -> None:
    assert verify(filled(path, size), [VERIFIER], workers=1) == []


@pytest.mark.usefixtures("small_ranges")
def test_two_workers_find_what_one_does(path: Path) -> None:
    tamper(filled(path, 77), "DELETE FROM records WHERE seq = 40", "UPDATE records SET hashes = x'' WHERE seq = 8")
    alone = verify(path, [VERIFIER], workers=1)
    assert verify(path, [VERIFIER], workers=2) == alone
    assert [fault.place for fault in alone][:3] == ["record 8", "record 8", "record 40"]


@pytest.mark.usefixtures("small_ranges")
def test_a_node_above_the_ranges_is_checked(path: Path) -> None:
    filled(path, 77)
    tamper(path, "UPDATE records SET hashes = CAST(substr(hashes, 1, 160) || zeroblob(32) AS BLOB) WHERE seq = 31")
    assert [fault.place for fault in verify(path, [VERIFIER]) if "tables" not in fault.place] == ["record 31"]


@pytest.mark.usefixtures("small_ranges")
def test_time_that_runs_backwards_between_ranges_is_found(path: Path) -> None:
    filled(path, 16)
    tamper(path, "UPDATE records SET body = CAST(replace(body, 'ms\":7,', 'ms\":9999,') AS BLOB) WHERE seq = 7")
    rehash(path)
    assert Fault("record 8", "it lies before the record that it follows") in verify(path, [VERIFIER])


def test_a_ledger_is_checked_while_it_is_written(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(1)], sign=True)
        ledger.append([entry(2)])
        assert verify(path, [VERIFIER]) == []


def test_erased_bodies_that_a_checkpoint_allows_are_sound(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(mono) for mono in range(9)])
        ledger.snapshot(b"memory")
        ledger.erase(5)
    assert verify(path, [VERIFIER]) == []


def test_old_checkpoints_are_all_checked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.ledger.disk.NOTE_BLOCK", 4)
    with open_ledger(path) as ledger:
        for mono in range(10):
            ledger.append([entry(mono)], sign=True)
    tamper(path, "UPDATE notes SET note = (SELECT note FROM notes WHERE size = 3) WHERE size = 7")
    assert verify(path, [VERIFIER])[0].place == "the checkpoint at 7"


def test_without_the_right_key_nothing_is_taken_for_signed(path: Path) -> None:
    other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    (fault,) = verify(filled(path, 3), [other])
    assert "carries no signature by a key of that name" in fault.what


def test_keys_may_stand_in_a_file(path: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"# the south gate\n{VERIFIER}\n")
    assert verify(filled(path, 3), keys) == []


def test_a_key_that_is_none_is_refused(path: Path) -> None:
    with pytest.raises(NoteError, match="no verifier key"):
        verify(filled(path, 3), ["nonsense"])


def test_a_file_that_is_not_there_is_told(path: Path) -> None:
    for missing in (path, path.with_suffix(".jsonl")):
        with pytest.raises(LedgerError, match=r"no ledger|cannot be read"):
            verify(missing, [VERIFIER])


@pytest.mark.usefixtures("small_ranges")
def test_progress_is_told_from_nothing_to_everything(path: Path) -> None:
    told: list[tuple[int, int]] = []
    verify(filled(path, 20), [VERIFIER], lambda done, total: told.append((done, total)), workers=1)
    assert told == [(0, 20), (8, 20), (16, 20), (20, 20)]


# ---------------------------------------------------------------- exported records


def exported(path: Path, start: int, end: int) -> list[bytes]:
    with LedgerReader.open(path) as reader:
        return list(bundle(reader, KEY, start, end))


def written(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(lines))
    return path


@pytest.mark.parametrize(("start", "end"), [(0, 21), (5, 9), (20, 21), (4, 4)])
def test_exported_records_are_sound_by_themselves(path: Path, tmp_path: Path, start: int, end: int) -> None:
    lines = exported(filled(path, 21), start, end)
    assert len(lines) == 1 + end - start
    assert verify(written(tmp_path / "records.jsonl", lines), [VERIFIER]) == []


def test_an_export_says_what_it_is(path: Path) -> None:
    head = json.loads(exported(filled(path, 21), 5, 9)[0])
    assert {key: value for key, value in head.items() if key != "note"} == {
        "format": "doorward-records-1",
        "door": "south-gate",
        "origin": "school.example/doorward/south-gate",
        "key": VERIFIER,
        "from": 5,
        "to": 9,
    }


def test_erased_records_are_exported_by_their_leaf(path: Path, tmp_path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.append([entry(mono) for mono in range(9)])
        ledger.snapshot(b"memory")
        ledger.erase(5)
    lines = exported(path, 0, 9)
    assert json.loads(lines[1])["body"] is None
    assert verify(written(tmp_path / "records.jsonl", lines), [VERIFIER]) == []


def test_records_that_no_checkpoint_covers_are_not_exported(path: Path) -> None:
    with pytest.raises(ValueError, match="covers records 0 to 21"):
        exported(filled(path, 21), 5, 22)


def test_any_byte_of_an_export_that_is_changed_is_found(path: Path, tmp_path: Path) -> None:
    lines = exported(filled(path, 21), 5, 7)
    whole = b"".join(lines)
    copy = tmp_path / "records.jsonl"
    kept = []
    for at in range(1, len(whole), 3):
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        if verify(copy, [VERIFIER]) == []:
            kept.append(whole[at - 8 : at + 9])
    assert kept == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda lines: lines[:-1], "record 8"),
        (lambda lines: [lines[0], *lines[2:]], "record 5"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "record 5"),
        (lambda lines: [*lines, lines[-1]], "record 9"),
        (lambda lines: [], "the first line"),
        (lambda lines: [b"{}\n"], "the first line"),
        (lambda lines: [*lines[:2], b"{" * 70_000, *lines[2:]], "record 6"),
    ],
)
def test_an_export_that_is_not_whole_is_found(path: Path, tmp_path: Path, change: object, place: str) -> None:
    assert callable(change)
    lines = change(exported(filled(path, 21), 5, 9)) or [b"{"]
    assert verify(written(tmp_path / "records.jsonl", lines), [VERIFIER])[0].place == place


def test_a_record_of_another_door_does_not_pass_for_one_of_this(path: Path, tmp_path: Path) -> None:
    lines = exported(filled(path, 21), 5, 6)
    head = msgspec.json.decode(lines[0])
    lines[0] = msgspec.json.encode({**head, "door": "north-gate"}) + b"\n"
    assert verify(written(tmp_path / "records.jsonl", lines), [VERIFIER]) == [
        Fault("record 5", "it is not the record that its place asks for")
    ]


# ---------------------------------------------------------------- the command


def said(*arguments: object) -> tuple[int, str]:
    out = io.StringIO()
    with redirect_stdout(out):
        code = main([str(one) for one in arguments])
    return code, out.getvalue()


def test_the_command_says_nothing_of_a_sound_ledger(path: Path) -> None:
    assert said(filled(path, 3), "--key", VERIFIER) == (0, "")


def test_the_command_says_what_is_wrong(path: Path) -> None:
    tamper(filled(path, 3), "DELETE FROM records WHERE seq = 1")
    code, text = said(path, "--key", VERIFIER)
    assert (code, text.splitlines()[0]) == (1, "record 1: it is missing")


def test_the_command_says_what_it_cannot_read(path: Path) -> None:
    code, text = said(path, "--key", VERIFIER)
    assert (code, "no ledger" in text) == (2, True)


def test_the_command_runs_as_a_module(path: Path) -> None:
    arguments = [sys.executable, "-m", "kiosk.ledger.verify", str(filled(path, 3)), "--key", VERIFIER]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
