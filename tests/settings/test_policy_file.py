"""The policy file: the forms people write, and everything wrong with them at once."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.problems import SettingsError
from kiosk.rules.credentials import Trust
from kiosk.rules.policy import AntiPassback, AntiPassbackKind, FirstIn, Hours, Policy, Role, Room, Schedule, Words
from kiosk.settings.policy_checks import CHAINS
from kiosk.settings.policy_file import examine, read_policy

HEAD = 'school = { zh = "甲", en = "A" }\nzone = "Asia/Shanghai"\n'
ROLES = '[roles.chief]\nname = { zh = "长", en = "Chief" }\n'
ROOM = """[rooms.main]
name = { zh = "室", en = "Room" }
place = { zh = "楼", en = "Floor" }
watches = { zh = "校", en = "School" }
custodians = ["chief"]
approvers = ["chief"]
"""
SMALL = HEAD + ROLES + ROOM
CIRCLE = """[roles.a]
name = { zh = "批", en = "B" }
higher = "b"
[roles.b]
name = { zh = "批", en = "B" }
higher = "a"
"""
Told = Callable[[str], list[str]]
Read = Callable[[str], Policy]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    def lines(text: str) -> list[str]:
        path = tmp_path / "p.toml"
        path.write_text(text)
        return [str(problem) for problem in examine(path)[1]]

    return lines


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def policy(text: str) -> Policy:
        path = tmp_path / "p.toml"
        path.write_text(text)
        return read_policy(path)

    return policy


def test_the_smallest_policy_has_everything_else_off(read: Read) -> None:
    role = Role(Words("长", "Chief"))
    room = Room(Words("室", "Room"), Words("楼", "Floor"), Words("校", "School"), ("chief",), ("chief",))
    zone = ZoneInfo("Asia/Shanghai")
    assert read(SMALL) == Policy(Words("甲", "A"), zone, {"chief": role}, {"main": room})


def test_hours_days_and_special_days_are_read_as_people_write_them(read: Read) -> None:
    policy = read(
        SMALL
        + """
[schedules.office]
mon = ["08:00-12:00", "13:00-24:00"]
special = { exam = ["07:30 - 08:00"] }
[special_days]
holiday = [2026-10-01, "2026-12-31..2027-01-01"]
exam = ["2026-11-02"]
"""
    )
    schedule = Schedule(((Hours(480, 720), Hours(780, 1440)), (), (), (), (), (), ()), {"exam": (Hours(450, 480),)})
    days = {
        date(2026, 10, 1): "holiday",
        date(2026, 12, 31): "holiday",
        date(2027, 1, 1): "holiday",
        date(2026, 11, 2): "exam",
    }
    assert (policy.schedules, policy.special_days) == ({"office": schedule}, days)


def test_a_rooms_rules_are_read(read: Read) -> None:
    room = read(SMALL + 'trust = "proved"\nfirst_in = {}\nanti_passback = { kind = "hard" }\n').rooms["main"]
    assert (room.trust, room.first_in, room.anti_passback) == (
        Trust.PROVED,
        FirstIn(),
        AntiPassback(AntiPassbackKind.HARD),
    )


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            'custodian_schedule = "ofice"',
            'rooms.main.custodian_schedule = "ofice": is none of: office. Did you mean office?',
        ),
        (
            'lockdown_admits = ["chif"]',
            'rooms.main.lockdown_admits[1] = "chif": is none of: chief. Did you mean chief?',
        ),
        (
            'anti_passback = { kind = "soft", exempt_roles = ["x"] }',
            'rooms.main.anti_passback.exempt_roles[1] = "x": is none of: chief. Write one of them.',
        ),
        (
            "codes = { wrong_tries = 6 }",
            "rooms.main.codes.wrong_tries = 6: is out of range. Write a number from 1 to 5.",
        ),
        (
            "timing = { open_s = 10 }",
            "rooms.main.timing: pre_alarm_s does not come before open_s (10). Warn fewer seconds ahead.",
        ),
        (
            "codes = { lockout_s = [60, 60] }",
            "rooms.main.codes.lockout_s: does not grow. Write each longer than the one before.",
        ),
        ("interlock = { doors = [] }", "rooms.main.interlock.doors = []: is empty. Write something here."),
        (
            '[chains.entri]\nsteps = ["approver"]',
            f'chains.entri = "entri": is none of: {", ".join(CHAINS)}. Did you mean entry?',
        ),
        (
            '[chains.entry]\nsteps = ["aprover"]',
            'chains.entry.steps[1] = "aprover": is none of: chief, approver. Did you mean approver?',
        ),
        (
            '[chains.footage]\nsteps = ["chief"]\nstudent_first = ["approver"]',
            'chains.footage.student_first[1] = "approver": is none of: chief. Write one of them.',
        ),
        ('[notify]\nforced = ["x"]', 'notify.forced[1] = "x": is none of: chief. Write one of them.'),
        (
            '[roles.Boss]\nname = { zh = "板", en = "Boss" }',
            'roles.Boss = "Boss": is not written as a name must be, from its first letter on. Keep to a-z 0-9 _',
        ),
        (
            '[roles.approver]\nname = { zh = "批", en = "B" }',
            "roles.approver: is kept for a room's own approver. Choose another name.",
        ),
        (
            CIRCLE,
            "roles.a.higher: comes back to this role: nobody is higher. Leave it out for the highest role.",
        ),
    ],
)
def test_what_does_not_agree_is_told(told: Told, more: str, line: str) -> None:
    lines = told(SMALL + more + ("\n[schedules.office]\nmon = []\n" if "schedule" in more else ""))
    assert lines[0] == f"p.toml: {line}"


def test_an_unknown_occasion_is_told_with_the_near_miss(told: Told) -> None:
    assert told(SMALL + "[notify]\nforcd = []")[0].endswith("Did you mean forced?")


@pytest.mark.parametrize("hours", ["8:00-18:00", "08:00", "08:00-25:00", "08:60-09:00", "24:01-24:02", "０8:00-09:00"])
def test_what_is_no_span_of_hours_is_told(told: Told, hours: str) -> None:
    expected = f'p.toml: schedules.s.mon[1] = "{hours}": is not a span of hours. Write it as "08:00-18:00".'
    assert told(f'{SMALL}[schedules.s]\nmon = ["{hours}"]') == [expected]


@pytest.mark.parametrize("hours", ["22:00-06:00", "08:00-08:00"])
def test_hours_past_midnight_are_told_to_be_two_entries(told: Told, hours: str) -> None:
    expected = (
        f'p.toml: schedules.s.mon[1] = "{hours}": does not end after it begins.'
        " Past midnight: end at 24:00, and begin the next day at 00:00."
    )
    assert told(f'{SMALL}[schedules.s]\nmon = ["{hours}"]') == [expected]


def test_hours_that_overlap_are_told(told: Told) -> None:
    expected = (
        'p.toml: schedules.s.mon = ["08:00-12:00", "11:59-13:00"]: has hours that overlap or are out of order.'
        " Write them from morning to night."
    )
    assert told(f'{SMALL}[schedules.s]\nmon = ["08:00-12:00", "11:59-13:00"]') == [expected]


def test_a_weekday_that_is_misspelt_is_told(told: Told) -> None:
    expected = "p.toml: schedules.s.tues = []: is not a key that is known here. Did you mean tue?"
    assert told(f"{SMALL}[schedules.s]\ntues = []") == [expected]


@pytest.mark.parametrize("day", ['"2026-02-30"', '"tomorrow"', '"2026-01-01..2026-01-02..2026-01-03"', "5"])
def test_what_is_no_day_is_told(told: Told, day: str) -> None:
    (line,) = told(f"{SMALL}[special_days]\nholiday = [{day}]")
    assert line.endswith('is neither a day nor a span of days. Write 2026-10-01, or "2026-10-01..2026-10-07".')


def test_a_day_with_a_time_is_no_day(told: Told) -> None:
    assert "is neither a day" in told(f"{SMALL}[special_days]\nholiday = [2026-10-01T08:00:00]")[0]


@pytest.mark.parametrize("span", ["2026-10-07..2026-10-01", "2026-01-01..2027-01-02"])
def test_a_span_that_runs_backwards_or_too_long_is_told(told: Told, span: str) -> None:
    assert "runs backwards, or is longer" in told(f'{SMALL}[special_days]\nholiday = ["{span}"]')[0]


def test_a_day_of_two_kinds_is_told(told: Told) -> None:
    lines = told(f"{SMALL}[special_days]\nholiday = [2026-10-01]\nexam = [2026-10-01]")
    assert "names 2026-10-01 as holiday and as exam. Keep one of them." in lines[0]


def test_a_kind_of_day_that_nobody_declared_is_told(told: Told) -> None:
    text = f"{SMALL}[schedules.s]\nspecial = {{ holiday = [] }}\n[special_days]\nholidy = []"
    assert told(text) == ['p.toml: schedules.s.special.holiday = "holiday": is none of: holidy. Did you mean holidy?']


@pytest.mark.parametrize("zone", ["Asia/Shangha", "../etc/passwd", "Asia", "", "/etc/localtime"])
def test_what_is_no_time_zone_is_told(told: Told, zone: str) -> None:
    (line,) = told(SMALL.replace("Asia/Shanghai", zone))
    assert "is no time zone. Write a name like" in line


def test_mistakes_of_shape_and_of_agreement_are_told_together(told: Told) -> None:
    text = SMALL.replace('["chief"]', '["chif"]', 1) + "timing = { open_s = 0 }\nlanguage = 1\n"
    assert told(text) == [
        "p.toml: rooms.main.language = 1: is not a key that is known here. Take it out.",
        "p.toml: rooms.main.timing.open_s = 0: is out of range. Write a number from 5 to 3600.",
        'p.toml: rooms.main.custodians[1] = "chif": is none of: chief. Did you mean chief?',
    ]


def test_what_only_follows_from_a_mistake_is_not_told(told: Told) -> None:
    assert told(HEAD + ROOM) == ["p.toml: roles: is missing. Add it: roles = { … }"]


def test_reading_raises_with_every_problem(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(HEAD)
    with pytest.raises(SettingsError) as caught:
        read_policy(path)
    assert [problem.where for problem in caught.value.problems] == ["roles", "rooms"]
