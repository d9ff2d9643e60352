"""The command line: what each command says, in which language, and its exit status."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol, cast

import pytest
from typer.testing import CliRunner, Result

from kiosk.cli import app
from kiosk.ledger import LedgerReader
from kiosk.places import Places
from tests.faults.test_ledger_changed import FIRST, change
from tests.house import CHIEF, House, until
from ui.bench import site
from ui.bench.tour import Tour

NEW = "AB12CD34EF"


class Run(Protocol):
    def __call__(self, *arguments: object) -> Result: ...


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """`doorward ARGUMENTS`, in English."""
    monkeypatch.setenv("DOORWARD_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site's folder after a short day: one entry by card, one by code, a refusal, a clean end."""
    with House(tmp_path_factory.mktemp("day")) as house:
        process = house.start()
        house.badge(CHIEF)
        house.goes_in()
        house.type(house.code)
        house.goes_in()
        house.badge(site.STRANGER)
        until("the refusal is recorded", lambda: any(one.kind == "denied" for one in house.records))
        assert process.stop() == 0
        return house.folder


@pytest.fixture
def places(day: Path, tmp_path: Path) -> Places:
    """A copy of that day's data, for whoever wants to spoil it."""
    return Places(Path(shutil.copytree(day / "data", tmp_path / "data")))


# ---------------------------------------------------------------- settings

TEN_MISTAKES = """
[door]
site = "x.example"
id = "South Gate"
room = "attic"
policy = "policy.toml"
data = "data"
language = "fr"
[lock]
driver = "lkus:///dev/ttyUSB0?channel=1"
kind = "fail-sometimes"
[inputs]
fire = "gpio17"
exit_buton = "simulated:/run/x"
[[reader]]
side = "outside"
driver = "serial:ttyUSB1?format=rdm6300"
[link]
screen = ["nobody-of-that-name"]
"""


def test_ten_mistakes_are_ten_lines(day: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "door.toml").write_text(TEN_MISTAKES)
    shutil.copy(day / "policy.toml", tmp_path)
    result = run("check-settings", tmp_path / "door.toml")
    places = [line.split(":")[1].split("=")[0].strip() for line in result.stderr.splitlines()]
    assert result.exit_code == 1
    assert sorted(places) == [
        "door.id",
        "door.language",
        "door.room",
        "inputs.exit_buton",
        "inputs.fire",
        "link.screen[1]",
        "lock.driver",
        "lock.kind",
        "reader[1].driver",
    ]


def test_settings_in_order_are_said_to_be(day: Path, run: Run) -> None:
    result = run("check-settings", day / "door.toml")
    assert (result.exit_code, result.stdout) == (0, f"{day}/door.toml is in order.\n")


def test_the_terminals_language_is_spoken(day: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORWARD_LANGUAGE", "zh_CN.UTF-8")
    assert run("check-settings", day / "door.toml").stdout == f"{day}/door.toml 完好无误。\n"


def test_a_door_with_mistakes_does_not_start(tmp_path: Path, run: Run) -> None:
    assert run("door", tmp_path / "absent.toml").exit_code == 1


# ---------------------------------------------------------------- the access list


def people(folder: Path, extra: str = "") -> Path:
    path = folder / "people.toml"
    path.write_text((folder / "access.toml").read_text() + extra)
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A site without a door process, its settings naming no device that is there."""
    site.make(
        tmp_path,
        f"simulated:{tmp_path}/lock",
        f"simulated:{tmp_path}/siren",
        {name: f"simulated:{tmp_path}/{name}" for name in site.READERS},
        {},
    )
    return tmp_path


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in Places(folder / "data").lists.iterdir())


def test_a_dry_run_reads_everything_and_changes_nothing(place: Path, run: Run) -> None:
    before = listed(place)
    result = run("access", "import", people(place), "--settings", place / "door.toml", "--dry-run")
    assert (result.exit_code, listed(place)) == (0, before)
    assert "Read: 8 people, 7 cards, " in result.stdout
    assert "Nothing was changed." in result.stdout


def test_bad_rows_are_all_told_and_nothing_is_changed(place: Path, run: Run) -> None:
    extra = '[[card]]\nperson = 99\nnumber = "67003BA86D"\n[[card]]\nperson = 2\nnumber = "XYZ"\n'
    before = listed(place)
    result = run("access", "import", people(place, extra), "--settings", place / "door.toml")
    assert (result.exit_code, listed(place)) == (1, before)
    assert ["card[8].person" in result.stderr, "card[9].number" in result.stderr] == [True, True]


def test_a_new_list_is_in_force_and_an_absent_door_is_told_of(place: Path, run: Run) -> None:
    extra = f'[[card]]\nperson = 2\nnumber = "{NEW}"\n'
    result = run("access", "import", people(place, extra), "--settings", place / "door.toml")
    assert result.exit_code == 0
    assert "Access list 2 is in force." in result.stdout
    assert result.stderr == "The door does not run; it reads the list when it starts.\n"


def test_a_new_approvals_code_is_shown_once(place: Path, run: Run) -> None:
    extra = """
[[approval]]
id = "V-9"
room = "south_gate"
name = "访客 甲"
approver = "林慧"
reason = "参观"
from = "2026-01-01"
until = "2035-12-31"
"""
    file = people(place, extra)
    first = run("access", "import", file, "--settings", place / "door.toml")
    again = run("access", "import", file, "--settings", place / "door.toml")
    assert ("V-9" in first.stdout, "V-9" in again.stdout) == (True, False)


def test_a_running_door_takes_the_list_over(house: House, run: Run) -> None:
    house.start()
    extra = f'[[card]]\nperson = 4\nnumber = "{NEW}"\n'
    result = run("access", "import", people(house.folder, extra), "--settings", house.site.settings)
    assert (result.exit_code, result.stderr) == (0, "")
    until("the list is in force", lambda: sum(one.kind == "list" for one in house.records) == 2)
    house.badge(NEW)
    house.released()


# ---------------------------------------------------------------- proof


def test_a_sound_ledger_is_proved(places: Places, run: Run) -> None:
    result = run("verify", places.data)
    assert (result.exit_code, result.stdout) == (0, "Every record is in its place, unchanged and signed for.\n")


def test_a_ledger_is_proved_by_its_file_too(places: Places, run: Run) -> None:
    assert run("verify", places.ledger, "--key", places.verifier_key).exit_code == 0


def test_an_edited_ledger_is_not_proved_and_the_place_is_told(places: Places, run: Run) -> None:
    change(places.ledger, FIRST)
    result = run("verify", places.data)
    assert result.exit_code == 1
    assert "record 0: " in result.stderr
    assert result.stderr.endswith("faults were found. Keep a copy of the file as it is.\n")


def test_a_ledger_without_its_tail_is_not_proved(places: Places, run: Run) -> None:
    change(places.ledger, "DELETE FROM records WHERE seq > 5")
    result = run("verify", places.data)
    assert (result.exit_code, "the tail was cut" in result.stderr) == (1, True)


def test_a_ledger_put_back_to_yesterday_shows_against_a_witness(house: House, run: Run) -> None:
    house.start().stop()
    yesterday = [(path, path.read_bytes()) for path in house.places.data.glob("ledger.db*")]
    house.start().stop()
    with LedgerReader.open(house.places.ledger) as reader:
        (house.folder / "witnessed").write_bytes(reader.note)
    for path, data in yesterday:
        path.write_bytes(data)
    assert run("verify", house.places.data).exit_code == 0
    result = run("verify", house.places.data, "--witnessed", house.folder / "witnessed")
    assert (result.exit_code, "the tail was cut" in result.stderr) == (1, True)


def test_a_key_that_is_none_is_told(places: Places, run: Run) -> None:
    result = run("verify", places.ledger, "--key", "nonsense")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_a_file_that_is_not_there_is_told(tmp_path: Path, run: Run) -> None:
    result = run("verify", tmp_path / "absent.db")
    told = f"{tmp_path}/absent.db: cannot be read: No such file or directory.\n"
    assert (result.exit_code, result.stderr) == (1, told)


# ---------------------------------------------------------------- looking, taking along


def test_records_are_told_in_words(day: Path, run: Run) -> None:
    result = run("records", "--settings", day / "door.toml", "--last", 100)
    assert result.exit_code == 0
    assert "赵国强" in result.stdout


def test_the_last_so_many_records_are_told(day: Path, run: Run) -> None:
    result = run("records", "--settings", day / "door.toml", "--last", 3)
    assert len(result.stdout.splitlines()) == 3


def test_a_door_without_records_is_told(place: Path, run: Run) -> None:
    result = run("records", "--settings", place / "door.toml")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_following_goes_on_as_the_door_writes_and_ends_on_ctrl_c(house: House) -> None:
    house.start()
    out = house.folder / "followed"
    command = [sys.executable, "-m", "kiosk", "records", "-f", "--settings", str(house.site.settings)]
    with out.open("wb") as file:
        child = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, "DOORWARD_LANGUAGE": "en"}
        )
        try:
            until("it tells of the start", lambda: len(out.read_text().splitlines()) >= 2)
            house.badge(CHIEF)
            until("it tells of the entry", lambda: "赵国强" in out.read_text(), said=out.read_text)
            child.send_signal(signal.SIGINT)
            assert child.wait(20) == 0
        finally:
            child.kill()
            child.wait()
    assert "Traceback" not in out.read_text()


BEGINNINGS = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF"}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "pdf"])
def test_the_register_is_taken_along(day: Path, tmp_path: Path, run: Run, kind: str) -> None:
    out = tmp_path / f"register.{kind}"
    arguments = ("--settings", day / "door.toml", "--format", kind, "--out", out, "--for", "检查")
    result = run("export", "register", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert out.read_bytes().startswith(BEGINNINGS[kind])


def test_records_taken_along_can_be_proved_anywhere(day: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "records.jsonl"
    assert run("export", "records", "--settings", day / "door.toml", "--out", out).exit_code == 0
    assert run("verify", out, "--key", day / "data" / "ledger.vkey").exit_code == 0


def test_records_taken_along_and_edited_are_not_proved(day: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "records.jsonl"
    run("export", "records", "--settings", day / "door.toml", "--out", out)
    out.write_text(out.read_text().replace("赵国强", "赵国弱"))
    assert run("verify", out, "--key", day / "data" / "ledger.vkey").exit_code == 1


def test_every_line_of_the_records_taken_along_is_json(day: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "records.jsonl"
    run("export", "records", "--settings", day / "door.toml", "--out", out)
    assert all(json.loads(line) for line in out.read_text().splitlines())


# ---------------------------------------------------------------- the demo


_NOBODY = cast("Any", None)
TITLES = [act.title.text for act in Tour(_NOBODY, _NOBODY, _NOBODY).acts()]


def demo(folder: Path, sabotage: str = "") -> subprocess.CompletedProcess[str]:
    """The tour in a process of its own, with something broken on purpose."""
    wanted = "import sys; from kiosk.__main__ import main; sys.argv = ['doorward', 'demo', '--tour']"
    program = f"{wanted}\n{sabotage}\nmain()"
    surroundings = {**os.environ, "DOORWARD_LANGUAGE": "en", "TMPDIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120, env=surroundings
    )


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name leaves room for a socket's: 108 bytes in all (unix(7))."""
    return tmp_path_factory.mktemp("t")


def test_the_tour_of_a_school_day_ends_well_and_leaves_nothing_behind(short: Path) -> None:
    done = demo(short)
    assert (done.returncode, done.stderr, list(short.iterdir())) == (0, "", [])
    assert [title for title in TITLES if title not in done.stdout.splitlines()] == []


BREAKS = {
    "nobody is a custodian": """
from pathlib import Path
written = Path.write_text
def write_text(self, text, *rest, **more):
    return written(self, text.replace('custodians = ["security_chief"]', 'custodians = ["principal"]'), *rest, **more)
Path.write_text = write_text
""",
    "the lock never gives": """
from hardware.twin import Doorway
Doorway.energise = lambda self, on, now: None
""",
}


@pytest.mark.parametrize("broken", BREAKS)
def test_a_tour_that_must_fail_fails(short: Path, broken: str) -> None:
    done = demo(short, f"from ui.bench import tour\ntour.PATIENCE_S = 1.0\n{BREAKS[broken]}")
    assert (done.returncode, done.stderr[:2]) == (1, "✗ ")
    assert [title for title in TITLES if title in done.stdout.splitlines()] == TITLES[:1]
