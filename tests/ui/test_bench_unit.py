"""The unit of the demo: started, watched, relocked after a death, started again, and ended whatever it does."""

import os
import signal
from pathlib import Path

import pytest

from kiosk.rules.messages import Kind
from tests.house import CHIEF, House, until
from ui.bench import unit as module
from ui.bench.unit import Unit, UnitError


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "unit.log"


def child(unit: Unit) -> int:
    assert unit._child is not None
    return unit._child.pid


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_unit_is_ready_when_it_is_made(house: House, log: Path) -> None:
    unit = Unit(house.site.settings, log)
    assert house.screen.lock == "locked"
    assert unit.close() == 0


def test_a_door_that_was_killed_is_started_again(house: House, log: Path) -> None:
    unit = Unit(house.site.settings, log)
    unit.kill()
    unit.wait_ready()
    assert unit.starts == 2
    assert unit.close() == 0


def test_a_door_that_was_killed_while_released_is_relocked_before_it_starts_again(house: House, log: Path) -> None:
    unit = Unit(house.site.settings, log)
    house.badge(CHIEF)
    house.released()
    unit.kill()
    house.locked()
    unit.wait_ready()
    assert house.relay[-1] is False
    unit.close()


def test_a_door_that_ends_by_itself_is_started_again(house: House, log: Path) -> None:
    unit = Unit(house.site.settings, log)
    os.kill(child(unit), signal.SIGTERM)
    until("it was started again", lambda: unit.starts == 2)
    unit.wait_ready()
    assert len(house.of(Kind.STARTED)) == 2
    unit.close()


def test_a_door_that_cannot_start_is_told_with_what_it_said(
    house: House, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READY_S", 0.5)
    house.site.settings.write_text("nonsense")
    with pytest.raises(UnitError, match=r"did not become ready in 0 s\. door\.toml"):
        Unit(house.site.settings, log)


def test_nothing_runs_after_the_end(house: House, log: Path) -> None:
    unit = Unit(house.site.settings, log)
    pid = child(unit)
    unit.close()
    unit.close()
    assert is_gone(pid)
    unit.kill()


def test_an_end_right_behind_a_death_leaves_nothing_running(house: House, log: Path) -> None:
    unit = Unit(house.site.settings, log)
    unit.kill()
    unit.close()
    assert unit._child is None
    house.locked()


def test_a_door_that_does_not_end_when_it_is_told_is_ended(
    house: House, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "END_S", 0.1)
    unit = Unit(house.site.settings, log)
    os.kill(child(unit), signal.SIGSTOP)
    assert unit.close() == -signal.SIGKILL


def test_the_doors_own_words_are_kept(house: House, log: Path, tmp_path: Path) -> None:
    unit = Unit(house.site.settings, log)
    unit.close()
    assert log.read_text() == ""
