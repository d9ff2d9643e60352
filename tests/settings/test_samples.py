"""The files to begin with: the regulation's school, a second school, a door, an access list."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from kiosk.roster import draft
from kiosk.rules.credentials import Trust
from kiosk.rules.policy import Chain, Interlock, Policy, Right, TwoPerson
from kiosk.rules.schedules import open_at
from kiosk.samples import FOLDER
from kiosk.settings import Checks, problems
from kiosk.settings.page import SettingsFile
from kiosk.settings.policy_checks import CHAINS
from kiosk.settings.policy_file import examine, read_policy

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def taishan() -> Policy:
    return read_policy(FOLDER / "taishan.toml")


@pytest.fixture(scope="module")
def northfield() -> Policy:
    return read_policy(FOLDER / "northfield.toml")


def may(policy: Policy, right: Right) -> set[str]:
    return {name for name, role in policy.roles.items() if right in role.may}


# ---------------------------------------------------------------- the regulation, rule by rule


def test_taishan_has_the_regulations_ten_roles(taishan: Policy) -> None:
    assert {name: role.name.zh for name, role in taishan.roles.items()} == {
        "principal": "校长",
        "vice_principal": "分管校长",
        "student_affairs_director": "学工处主任",
        "security_chief": "保卫科科长",
        "grade_director": "级部主任",
        "homeroom_teacher": "班主任",
        "duty_officer": "值班员",
        "maintainer": "维护人员",
        "staff": "教职工",
        "visitor": "来访人员",
    }


def test_r1_r2_each_room_has_its_custodians_and_its_approver(taishan: Policy) -> None:
    assert {name: (set(room.custodians), room.approvers) for name, room in taishan.rooms.items()} == {
        "main": ({"student_affairs_director", "vice_principal"}, ("principal",)),
        "south_gate": ({"security_chief"}, ("vice_principal",)),
    }


def test_r2_entry_takes_the_rooms_own_approver(taishan: Policy) -> None:
    assert taishan.chains["entry"] == Chain(("approver",))


def test_r4_recordings_reach_back_15_days(taishan: Policy) -> None:
    assert taishan.retention.recordings_days == 15


def test_r5_a_fault_is_reported_within_2_hours(taishan: Policy) -> None:
    assert taishan.deadlines.fault_report_hours == 2


def test_r6_r7_r8_footage_takes_three_consents_and_more_for_students_and_sensitive_matters(taishan: Policy) -> None:
    assert taishan.chains["footage"] == Chain(
        steps=("security_chief", "student_affairs_director", "vice_principal"),
        filed_by=("staff",),
        student_filed_by=("homeroom_teacher",),
        student_first=("grade_director",),
        sensitive_marked_by=("vice_principal",),
        sensitive_adds=("principal",),
    )


def test_r8_the_vice_principal_alone_marks_a_request_sensitive(taishan: Policy) -> None:
    assert may(taishan, Right.MARK_SENSITIVE) == {"vice_principal"}


def test_r10_the_duty_officer_signs_the_retrieval_register(taishan: Policy) -> None:
    assert may(taishan, Right.SIGN_FOOTAGE) == {"duty_officer"}


def test_r11_a_zone_takes_two_consents(taishan: Policy) -> None:
    assert taishan.chains["zone_grant"].steps == ("student_affairs_director", "vice_principal")


def test_r11_annex_1_is_the_starting_table(taishan: Policy) -> None:
    assert [(zone.department, zone.zone) for zone in taishan.zones] == [
        ("党政办公室", "办公楼"),
        ("教务处", "实验楼一、二楼；崇武馆、操场、阅览室"),
        ("总务处", "餐厅、操作间"),
        ("高一级部", "教学楼一、二楼"),
        ("高二级部", "教学楼四、五楼"),
        ("高三级部", "教学楼三、四楼"),
        ("高四级部", "实验楼三、四楼"),
        ("学工处", "校内外所有公共区域、所有楼宇内监控覆盖区域"),
    ]


def test_r12_work_takes_the_principals_consent(taishan: Policy) -> None:
    assert taishan.chains["work_permit"].steps == ("principal",)


def test_r13_two_departments_sign_an_inspection(taishan: Policy) -> None:
    assert taishan.inspection is not None
    assert taishan.inspection.departments == ("学工处", "总务处")


def test_r14_records_are_kept_for_ever(taishan: Policy) -> None:
    assert taishan.retention.records_days == 0


def test_r16_every_kind_of_incident_tells_somebody(taishan: Policy) -> None:
    assert {name for name, incident in taishan.incidents.items() if incident.notify} == {
        "suspicious",
        "obstructed",
        "damaged",
    }


def test_r19_every_room_and_zone_names_who_is_responsible(taishan: Policy) -> None:
    rooms, zones = taishan.rooms.values(), taishan.zones
    assert all([*(room.responsible for room in rooms), *(zone.responsible for zone in zones)])


def test_the_security_chief_downloads_registers(taishan: Policy) -> None:
    assert "security_chief" in may(taishan, Right.DOWNLOAD_REGISTERS)


def test_whoever_approves_has_somebody_higher_but_for_the_principal(taishan: Policy) -> None:
    steps = {step for chain in taishan.chains.values() for step in chain.steps} - {"approver"}
    approvers = {role for room in taishan.rooms.values() for role in room.approvers}
    assert {role for role in steps | approvers if taishan.roles[role].higher is None} == {"principal"}


@pytest.mark.parametrize("name", ["taishan", "northfield"])
def test_every_chain_can_be_asked_for_in_both_schools(name: str) -> None:
    assert set(read_policy(FOLDER / f"{name}.toml").chains) == set(CHAINS)


# ---------------------------------------------------------------- another school, the same program


def test_northfield_shares_no_role_with_taishan(taishan: Policy, northfield: Policy) -> None:
    assert not taishan.roles.keys() & northfield.roles.keys()


def test_northfields_recorder_room_wants_two_people_and_an_interlock(northfield: Policy) -> None:
    room = northfield.rooms["server_room"]
    assert (room.trust, room.two_person, room.interlock) == (
        Trust.PROVED,
        TwoPerson(15),
        Interlock(("server-lobby",)),
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (1_774_850_400_000, True),  # Monday 2026-03-30 08:00 in Berlin, the day after the clocks went forward
        (1_774_850_399_999, False),
        (1_798_185_600_000, False),  # 2026-12-25 09:00: a holiday
        (1_800_253_800_000, True),  # Monday 2027-01-18 07:30: exams begin early
    ],
)
def test_northfields_office_opens_by_berlins_clock(northfield: Policy, at: int, *, expected: bool) -> None:
    assert open_at(northfield.schedules["office"], northfield.special_days, at, northfield.zone) is expected


def test_northfields_holidays_are_days(northfield: Policy) -> None:
    assert northfield.zone == ZoneInfo("Europe/Berlin")
    assert northfield.special_days[date(2027, 1, 3)] == "holiday"


# ---------------------------------------------------------------- a door and a list


def test_the_sample_door_is_wrong_only_in_what_this_machine_lacks() -> None:
    found = {problem.where.partition("[")[0] for problem in problems(FOLDER / "door.toml", Checks())}
    assert found <= {"", "door.data", "link.screen", "link.camera", "link.sync"}


def test_the_sample_list_fits_the_sample_policy(taishan: Policy) -> None:
    made = draft.read(FOLDER / "access.toml", taishan)
    assert (made.problems, len(made.people), len(made.cards)) == ([], 8, 7)


def test_the_sample_list_has_somebody_for_every_ground_of_entry(taishan: Policy) -> None:
    made = draft.read(FOLDER / "access.toml", taishan)
    held = {role for person in made.people.values() for role in person.roles}
    assert held >= {role for room in taishan.rooms.values() for role in (*room.custodians, *room.approvers)}
    assert {(approval.headcount, approval.person) for approval in made.approvals} >= {(1, 6), (3, None)}


# ---------------------------------------------------------------- the reference


def keys_of(hint: Any) -> set[str]:
    """Every key below a type that a person can write."""
    if isinstance(hint, type) and issubclass(hint, Struct) and get_origin(hint) is None:
        own = hint.__annotations__
        return set(own).union(*map(keys_of, own.values()))
    return set().union(*map(keys_of, get_args(hint))) if get_args(hint) else set()


@pytest.mark.parametrize(("page", "hint"), [("policy.md", Policy), ("settings.md", SettingsFile)])
def test_the_reference_explains_every_key(page: str, hint: type[Struct]) -> None:
    text = (DOCS / page).read_text()
    written = keys_of(hint) - {"week", "from_minute", "to_minute"}  # hours and weeks have a form of their own
    assert {key for key in written if f"`{key}`" not in text and f"[{key}]" not in text} == set()


def examples(page: str) -> list[str]:
    return [block.partition("```")[0] for block in (DOCS / page).read_text().split("```toml\n")[1:]]


@pytest.mark.parametrize("page", ["policy.md", "settings.md"])
def test_the_examples_of_the_reference_are_toml(page: str) -> None:
    assert all(tomllib.loads(example) for example in examples(page))


def test_the_first_example_of_the_policy_reference_is_a_whole_policy(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(examples("policy.md")[0])
    assert examine(path)[1] == []
