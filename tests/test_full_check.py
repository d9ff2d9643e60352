"""The check behind the start: what it says of a ledger, of one that was changed, and when it cannot answer."""

import select
import sys
from pathlib import Path

import pytest

from kiosk.full_check import FullCheck
from tests.faults.test_ledger_changed import FIRST, change
from tests.ledgers import VERIFIER, entry, open_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.append([entry(mono) for mono in range(20)], sign=True)
    return path


def wait(check: FullCheck) -> FullCheck:
    descriptor = check.fileno()
    assert descriptor is not None
    assert select.select([descriptor], [], [], 30)[0]
    return check


def stands_in(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Another program in the interpreter's place."""
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))


def test_a_sound_ledger_has_no_fault(ledger: Path) -> None:
    check = wait(FullCheck(ledger, str(VERIFIER)))
    assert (check.result(), check.fault, check.fileno()) == ("", "", None)


def test_a_ledger_that_was_changed_is_told_with_the_place(ledger: Path) -> None:
    change(ledger, FIRST)
    check = wait(FullCheck(ledger, str(VERIFIER)))
    assert check.result() == check.fault
    assert check.fault.startswith("record 0: ")


def test_a_ledger_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    check = wait(FullCheck(tmp_path / "absent.db", str(VERIFIER)))
    assert "absent.db" in check.result()


def test_ever_so_many_faults_do_not_keep_it_from_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in(monkeypatch, tmp_path, "yes 'record 1: it was changed' | head -c 1000000; exit 1")
    check = wait(FullCheck(tmp_path, ""))
    assert len(check.result()) <= 600


def test_a_fault_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in(monkeypatch, tmp_path, "printf 'record 1: changed\\nrecord 2: changed\\n'; exit 1")
    assert wait(FullCheck(tmp_path, "")).result() == "record 1: changed record 2: changed"


def test_a_check_that_fails_without_a_word_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in(monkeypatch, tmp_path, "exit 2")
    assert wait(FullCheck(tmp_path, "")).result() == "its check ended without a word"


def test_a_check_that_was_killed_has_found_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in(monkeypatch, tmp_path, "kill -9 $$")
    assert wait(FullCheck(tmp_path, "")).result() == ""


def test_closing_ends_a_check_that_still_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in(monkeypatch, tmp_path, "exec sleep 1000")
    check = FullCheck(tmp_path, "")
    check.close()
    check.close()
    assert check._child.returncode is not None


def test_a_check_that_cannot_be_started_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("kiosk.full_check.subprocess.Popen", fails)
    with pytest.raises(OSError, match="Cannot allocate memory"):
        FullCheck(tmp_path, "")
