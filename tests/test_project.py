"""Facts about the project itself: the lock, the wheel, what the rules may not say, what starting the door loads."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("build", "run", "dev")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>.*?))? \\$", re.MULTILINE)


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def pins(name: str) -> dict[str, str]:
    """Version by normal name."""
    return {canonicalize_name(pin["name"]): pin["version"] for pin in PIN.finditer(lock(name))}


def required(name: str) -> list[Requirement]:
    groups = PROJECT["dependency-groups"]
    build = [text for text in groups["build"] if isinstance(text, str)]
    run = list(PROJECT["project"]["dependencies"])
    dev = [text for text in groups["dev"] if isinstance(text, str)]
    return [Requirement(text) for text in {"build": build, "run": run, "dev": build + run + dev}[name]]


def committed(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).exists()]


# ---------------------------------------------------------------- the lock


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_what_pyproject_asks_for(name: str) -> None:
    locked = pins(name)
    assert [
        str(wanted)
        for wanted in required(name)
        if not wanted.specifier.contains(locked.get(canonicalize_name(wanted.name), ""), prereleases=True)
    ] == []


@pytest.mark.parametrize("name", ["build", "run"])
def test_every_lock_is_a_part_of_the_developers_lock(name: str) -> None:
    assert pins(name).items() <= pins("dev").items()


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_checks_every_package_by_its_hash(name: str) -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", lock(name), flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_host(name: str) -> None:
    assert re.findall(r"\w+://|--\w*(?:index|links|host)\S*", lock(name)) == []


# ---------------------------------------------------------------- the text


def test_every_debian_package_says_its_lane_and_what_it_is_for() -> None:
    lines = [line.split(maxsplit=2) for line in (ROOT / "packages.apt").read_text().splitlines() if line[:1] != "#"]
    assert [line for line in lines if len(line) != 3 or line[0] not in {"run", "dev", "bench", "peers"}] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")
    files = committed("*.py", "*.kv", "*.html", "*.css", "*.js", "*.toml", "*.md", "*.c", "Makefile", ".ci", "deploy")
    assert [str(path.relative_to(ROOT)) for path in files if later.search(path.read_text())] == []


def impurities(source: str) -> list[str]:
    """Calls that read a clock, open a file or speak to a terminal, which no import gives away."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [call.id for call in calls if isinstance(call, ast.Name)]
    members = [call.attr for call in calls if isinstance(call, ast.Attribute)]
    impure_names = {"open", "print", "input", "exec", "eval", "__import__"}
    return sorted(impure_names & set(names)) + sorted({"now", "utcnow", "today"} & set(members))


def test_the_rules_read_no_clock_and_no_file_and_say_nothing() -> None:
    found = {path.name: impurities(path.read_text()) for path in (ROOT / "kiosk/rules").glob("*.py")}
    assert {name: impure for name, impure in found.items() if impure} == {}


def test_an_impurity_in_the_rules_would_be_found() -> None:
    assert impurities("datetime.now(); date.today(); open('x'); print()") == ["open", "print", "now", "today"]


# ---------------------------------------------------------------- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files beside those of the run lock, and of nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    for name in pins("run"):
        try:
            files = metadata.distribution(name).files or []
        except metadata.PackageNotFoundError:  # a pin for another platform
            continue
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            target = folder / top
            if not target.exists():
                target.symlink_to(str(metadata.distribution(name).locate_file(top)))
    return folder


def in_the_wheel(installed: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run `program` with the standard library and `installed`, and nothing else that is on this machine."""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(installed)!r})\n{program}"]
    return subprocess.run(command, cwd=installed, capture_output=True, text=True, timeout=60, check=False)


def test_the_wheel_holds_every_committed_file_of_its_packages(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {path.relative_to(ROOT).as_posix() for path in committed("kiosk", "hardware", "sync", "ui")}
    assert wanted - held == set()


def test_the_wheel_imports_with_nothing_but_the_run_lock(installed: Path, wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        modules = [
            name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for name in archive.namelist()
            if name.endswith(".py") and not name.endswith("__main__.py")
        ]
    answer = in_the_wheel(installed, f"import importlib\nfor name in {modules!r}: importlib.import_module(name)")
    assert (answer.returncode, answer.stderr.splitlines()[-1:]) == (0, [])


def test_the_door_process_starts_without_the_libraries_of_the_others(installed: Path) -> None:
    others = {"asyncio", "cv2", "kivy", "reportlab", "requests", "rich", "sqlalchemy", "starlette", "typer", "uvicorn"}
    answer = in_the_wheel(installed, f"import kiosk.door_process\nprint(sorted({others!r} & set(sys.modules)))")
    assert (answer.returncode, answer.stdout) == (0, "[]\n")


def test_the_wheels_command_answers_with_nothing_but_the_run_lock(installed: Path) -> None:
    program = "sys.argv = ['doorward', '--help']\nfrom kiosk.__main__ import main\nmain()"
    answer = in_the_wheel(installed, program)
    assert (answer.returncode, "doorward" in answer.stdout, answer.stderr) == (0, True, "")


# ---------------------------------------------------------------- the appliance


def test_the_units_exposure_stays_within_its_bound() -> None:
    unit = ROOT / "deploy/image/doorward-door.service"
    answer = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=10", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
