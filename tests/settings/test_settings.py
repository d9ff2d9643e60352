"""A door's settings: one page, every mistake of both files at once, nothing guessed."""

import os
from collections.abc import Callable
from pathlib import Path
from pwd import getpwuid

import pytest

from kiosk.rules.messages import Input, Side
from kiosk.samples import FOLDER
from kiosk.settings import Checks, Settings, SettingsError, link_users, problems, read_lock, read_settings
from kiosk.settings.page import (
    Address,
    Camera,
    Central,
    Centre,
    Door,
    Inputs,
    Language,
    Link,
    Lock,
    LockKind,
    Reader,
    Siren,
)

DOOR = """[door]
id = "south-gate"
site = "taishan.example"
room = "south_gate"
policy = "policy.toml"
data = "data"
"""
LOCK = '[lock]\ndriver = "gpio:17?active=high"\n'
READER = '[[reader]]\nside = "outside"\ndriver = "serial:///dev/ttyUSB0?format=rdm6300"\n'
SMALL = DOOR + LOCK + READER
FREE = Checks()
ROLES = (
    "principal, vice_principal, student_affairs_director, security_chief, grade_director, homeroom_teacher,"
    " duty_officer, maintainer, staff, visitor"
)

UNWIRED = 'neighbours.lobby: is missing: the room\'s interlock names this door. Add it: lobby = "gpio:5?closed=low"'

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(text: str, policy: str | None = None) -> Path:
        taishan = (FOLDER / "taishan.toml").read_text()
        (tmp_path / "policy.toml").write_text(taishan if policy is None else policy)
        path = tmp_path / "door.toml"
        path.write_text(text)
        return path

    return file


def lines(path: Path, checks: Checks = FREE) -> list[str]:
    return [str(problem) for problem in problems(path, checks)]


def page(settings: Settings) -> dict[str, object]:
    return {key: getattr(settings, key) for key in settings.__struct_fields__ if key != "policy"}


def test_the_smallest_file_gives_a_door_with_a_lock_and_a_reader(write: Write, tmp_path: Path) -> None:
    settings = read_settings(write(SMALL), checks=FREE)
    assert page(settings) == {
        "door": Door("south-gate", "taishan.example", "south_gate", tmp_path / "policy.toml", tmp_path / "data"),
        "lock": Lock(Address("gpio:17?active=high")),
        "reader": (Reader(Side.OUTSIDE, Address("serial:///dev/ttyUSB0?format=rdm6300"), "outside"),),
        "inputs": Inputs(),
        "siren": None,
        "camera": None,
        "central": None,
        "link": Link(),
        "neighbours": {},
    }


def test_a_full_file_gives_all_that_it_names(write: Write) -> None:
    user = getpwuid(os.geteuid()).pw_name
    text = (
        DOOR
        + 'language = "en"\n'
        + LOCK
        + 'kind = "fail-safe"\n'
        + READER
        + '[[reader]]\nside = "inside"\ndriver = "pcsc:ACR"\nname = "exit-1"\n'
        + '[inputs]\nfire = "gpio:24?active=low"\n[siren]\ndriver = "gpio:25"\n'
        + '[camera]\nsource = "v4l2:/dev/video0"\n[central]\nurl = "https://c.example:8443"\n'
        + f'[link]\nscreen = ["{user}"]\n'
    )
    settings = read_settings(write(text), checks=FREE)
    assert (settings.door.language, settings.lock.kind) == (Language.EN, LockKind.FAIL_SAFE)
    assert settings.reader[1] == Reader(Side.INSIDE, Address("pcsc:ACR"), "exit-1")
    assert settings.inputs.wired() == {Input.FIRE: Address("gpio:24?active=low")}
    assert (settings.siren, settings.camera) == (Siren(Address("gpio:25")), Camera(Address("v4l2:/dev/video0")))
    assert (settings.central, settings.link) == (Central(Centre("https://c.example:8443")), Link(screen=(user,)))


def test_the_policy_comes_with_the_settings(write: Write) -> None:
    assert read_settings(write(SMALL), checks=FREE).room.custodians == ("security_chief",)


def test_the_origin_names_site_and_door(write: Write) -> None:
    assert read_settings(write(SMALL), checks=FREE).origin == "taishan.example/doorward/south-gate"


def test_inputs_that_are_not_wired_are_named() -> None:
    inputs = Inputs(door_position=Address("gpio:27"), fire=Address("gpio:24"))
    assert inputs.absent() == ("exit_button", "tamper", "lock_position", "presence")


def test_every_input_of_the_vocabulary_has_its_key() -> None:
    assert set(Inputs.__struct_fields__) == {each.value for each in Input}


def test_readers_without_a_name_are_numbered_by_side(write: Write) -> None:
    inner = READER.replace("outside", "inside")
    settings = read_settings(write(DOOR + LOCK + READER + inner + READER), checks=FREE)
    assert [reader.name for reader in settings.reader] == ["outside", "inside", "outside-2"]


def test_ten_mistakes_in_two_files_are_ten_lines(write: Write) -> None:
    text = (
        DOOR.replace('"south_gate"', '"south_gat"').replace("site", "sight")
        + LOCK
        + 'kind = "fail_secure"\n'
        + READER.replace("outside", "front")
        + '[inputs]\nfyre = "gpio:24"\ntamper = "23"\n[central]\nurl = "http://c.example"\n'
    )
    policy = (FOLDER / "taishan.toml").read_text().replace('["principal"]', '["princpal"]', 1)
    policy = policy.replace("inspection_days = 30", "inspection_days = 0")
    assert lines(write(text, policy)) == [
        'door.toml: door.sight = "taishan.example": is not a key that is known here. Did you mean site?',
        'door.toml: door.site: is missing. Add it: site = "…"',
        'door.toml: lock.kind = "fail_secure": is none of: fail-secure, fail-safe. Did you mean fail-secure?',
        'door.toml: reader[1].side = "front": is none of: outside, inside. Write one of them.',
        'door.toml: inputs.fyre = "gpio:24": is not a key that is known here. Did you mean fire?',
        'door.toml: inputs.tamper = "23": names no driver. Begin with a driver and a colon, as in gpio:17.',
        'door.toml: central.url = "http://c.example": is not encrypted. Write https://central.example:8443.',
        'door.toml: door.room = "south_gat": is none of: main, south_gate. Did you mean south_gate?',
        "policy.toml: deadlines.inspection_days = 0: is out of range. Write a number from 1 to 366.",
        f'policy.toml: rooms.main.approvers[1] = "princpal": is none of: {ROLES}. Did you mean principal?',
    ]


def test_reading_raises_with_every_problem(write: Write) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(write(LOCK), checks=FREE)
    assert [problem.where for problem in caught.value.problems] == ["door", "reader"]


def test_a_policy_that_is_not_there_is_told(write: Write, tmp_path: Path) -> None:
    path = write(SMALL)
    (tmp_path / "policy.toml").unlink()
    assert lines(path) == [f"{tmp_path}/policy.toml: cannot be read: No such file or directory. Check the path."]


def test_each_driver_is_asked_about_its_own_addresses(write: Write) -> None:
    text = SMALL + '[inputs]\nfire = "in:"\n[siren]\ndriver = "out:"\n'
    asked: list[tuple[str, str]] = []

    def ask(kind: str) -> Callable[[str], list[str]]:
        def check(address: str) -> list[str]:
            asked.append((kind, address))
            return []

        return check

    problems(write(text), Checks(ask("reader"), ask("output"), ask("input")))
    assert asked == [
        ("output", "gpio:17?active=high"),
        ("input", "in:"),
        ("reader", "serial:///dev/ttyUSB0?format=rdm6300"),
        ("output", "out:"),
    ]


def test_what_a_driver_finds_wrong_is_told_with_the_key(write: Write) -> None:
    checks = Checks(reader=lambda _: ["The option baud is missing; add it.", "Two is one too many."])
    place = 'door.toml: reader[1].driver = "serial:///dev/ttyUSB0?format=rdm6300"'
    told = [f"{place}: The option baud is missing; add it.", f"{place}: Two is one too many."]
    assert lines(write(SMALL), checks) == told


def test_a_driver_is_not_asked_about_an_address_that_is_missing_anyway(write: Write) -> None:
    checks = Checks(output=lambda _: ["No such driver."])
    assert lines(write(DOOR + READER), checks) == ["door.toml: lock: is missing. Add it: lock = { … }"]


def test_a_line_that_is_given_to_two_devices_is_told(write: Write) -> None:
    expected = (
        'door.toml: inputs.exit_button = "gpio:17?active=low": is the line of lock.driver already.'
        " Give each its own line."
    )
    assert lines(write(SMALL + '[inputs]\nexit_button = "gpio:17?active=low"\n')) == [expected]


def test_two_readers_of_one_name_are_told(write: Write) -> None:
    named = READER + 'name = "outside"\n'
    expected = 'door.toml: reader[2].name = "outside": is another reader\'s name already. Give each its own name.'
    assert lines(write(DOOR + LOCK + READER + named)) == [expected]


@pytest.mark.parametrize("name", ["South", "a b", "a+b", "-a", "a/b", ""])
def test_a_name_that_could_not_stand_on_a_checkpoint_is_refused(write: Write, name: str) -> None:
    assert lines(write(SMALL.replace('"south-gate"', f'"{name}"')))[0].startswith("door.toml: door.id = ")


@pytest.mark.parametrize(
    "url", ["https://c.example", "https://[::1]:1", "http://127.0.0.1:8443", "http://localhost:1/"]
)
def test_a_centre_is_reached_by_https_or_on_this_machine(write: Write, url: str) -> None:
    assert lines(write(f'{SMALL}[central]\nurl = "{url}"\n')) == []


@pytest.mark.parametrize(
    "url", ["https:", "https://u:p@c.example", "https://c/path", "https://c:99999", "https://[", "ftp://c"]
)
def test_a_centre_that_cannot_be_reached_is_refused(write: Write, url: str) -> None:
    (line,) = lines(write(f'{SMALL}[central]\nurl = "{url}"\n'))
    assert line.endswith("Write https://central.example:8443.")


def test_a_door_whose_data_folder_can_be_written_by_all_is_refused(write: Write, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    (line,) = lines(write(SMALL))
    assert line.endswith(f"can be written by others. Close it: chmod o-w {data}")


def test_a_data_folder_below_a_file_is_refused(write: Write) -> None:
    (line,) = lines(write(SMALL.replace('"data"', '"policy.toml/data"')))
    assert line.endswith("is not a folder. Name a folder.")


def test_a_data_folder_that_cannot_even_be_looked_for_is_refused(write: Write) -> None:
    (line,) = lines(write(SMALL.replace('"data"', f'"{"x" * 300}"')))
    assert line.endswith("cannot be read: File name too long. Check the path.")


def test_a_data_folder_that_this_user_cannot_write_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    (line,) = lines(write(SMALL))
    assert "cannot be written by this user. Make it: install -d -m 0700" in line


def test_a_user_who_is_none_is_told(write: Write) -> None:
    expected = 'door.toml: link.screen[1] = "nobody-here": is no user of this system. Make the user, or name another.'
    assert lines(write(SMALL + '[link]\nscreen = ["nobody-here"]\n')) == [expected]


def test_the_socket_is_the_doors_own_users_unless_others_are_named() -> None:
    own = frozenset({os.geteuid()})
    assert link_users(Link(screen=("root",))) == {"screen": frozenset({0}), "camera": own, "sync": own}


def test_anti_passback_wants_a_reader_on_the_inside(write: Write) -> None:
    policy = (FOLDER / "taishan.toml").read_text()
    policy = policy.replace("[rooms.south_gate]\n", '[rooms.south_gate]\nanti_passback = { kind = "hard" }\n')
    (line,) = lines(write(SMALL, policy))
    assert line.startswith("door.toml: reader: has no reader on the inside")


@pytest.mark.parametrize(
    ("neighbours", "expected"),
    [
        ('lobby = "gpio:5"', []),
        ("", [UNWIRED]),
        ('lobby = "gpio:5"\nhall = "gpio:6"', ["neighbours.hall: is in no interlock of this room. Take it out."]),
    ],
)
def test_an_interlock_has_an_input_for_each_of_its_doors(write: Write, neighbours: str, expected: list[str]) -> None:
    policy = (FOLDER / "taishan.toml").read_text()
    policy = policy.replace("[rooms.south_gate]\n", '[rooms.south_gate]\ninterlock = { doors = ["lobby"] }\n')
    assert lines(write(f"{SMALL}[neighbours]\n{neighbours}\n", policy)) == [f"door.toml: {line}" for line in expected]


def test_a_cameras_password_never_shows_in_a_repr(write: Write) -> None:
    text = SMALL + '[camera]\nsource = "rtsp://admin:hunter2@10.0.0.8/1"\n'
    settings = read_settings(write(text), checks=FREE)
    assert "hunter2" not in repr(settings)
    assert settings.camera is not None
    assert settings.camera.source.endswith("admin:hunter2@10.0.0.8/1")


def test_the_lock_can_be_read_from_a_file_that_is_wrong_elsewhere(write: Write) -> None:
    assert read_lock(write(LOCK + "[door]\nid = 5\n", policy=""), checks=FREE) == Lock(Address("gpio:17?active=high"))


def test_a_lock_that_cannot_be_read_is_told(write: Write) -> None:
    with pytest.raises(SettingsError) as caught:
        read_lock(write(READER), checks=FREE)
    assert [problem.where for problem in caught.value.problems] == ["lock.driver"]


def test_a_lock_whose_driver_is_refused_is_told(write: Write) -> None:
    with pytest.raises(SettingsError, match="No such pin"):
        read_lock(write(LOCK), checks=Checks(output=lambda _: ["No such pin."]))
