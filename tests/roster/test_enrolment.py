"""A clerk's tables into an access list: taken as clerks keep them, and refused with every reason at once."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.roster.access_list import CURRENT
from kiosk.roster.draft import MOST_PROBLEMS, CardLine, read
from kiosk.roster.enrolment import Keys, Report, import_file
from kiosk.roster.writer import ListError
from kiosk.rules.codes import twin
from kiosk.rules.credentials import Approval, Card, CodeMatch, Person, Trust
from kiosk.rules.policy import Codes, Policy, Role, Room, Words
from kiosk.rules.view import Say
from tests import lists

ROLES = {"principal": "校长", "security_chief": "保卫科科长", "staff": "教职工"}
KEYS = Keys(lists.ORIGIN, lists.CARD_KEY, lists.CODE_KEY, lists.ISSUER_KEY)


def room(zh: str, en: str, digits: int) -> Room:
    return Room(
        Words(zh, en), Words("楼", "Hall"), Words("校园", "Campus"), ("principal",), ("principal",), codes=Codes(digits)
    )


POLICY = Policy(
    school=Words("学校", "School"),
    zone=ZoneInfo("Asia/Shanghai"),
    roles={role: Role(Words(zh, role.replace("_", " ").title())) for role, zh in ROLES.items()},
    rooms={"main": room("总监控室", "Main control room", 8), "south_gate": room("南大门监控室", "South gate room", 6)},
)
PEOPLE = "id,name,roles,department,card,valid_to\n1,张三,security_chief staff,保卫科,62E3086CED,\n7,李四,staff,,,\n"
APPROVALS = (
    "id,room,name,approver,reason,from,until,headcount,openings,person\n"
    "V-1,main,赵六,王校长,参观,2026-03-02 08:00,2026-03-02 10:00,4,,\n"
    "V-2,南大门监控室,李四,王校长,检修,2026-03-02,2026-03-03,,2,7\n"
    "V-3,main,张三,王校长,检修,2026-03-02,2026-03-03,,,1\n"
)
VISITORS = Approval("V-1", "main", "赵六", "王校长", "参观", 1_772_409_600, 1_772_416_800, headcount=4)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "approvals.csv").write_text(APPROVALS)
    return folder


@pytest.fixture
def door(tmp_path: Path) -> Path:
    folder = tmp_path / "door"
    folder.mkdir()
    return folder


def taken(folder: Path, door: Path) -> Report:
    return import_file(folder, door, POLICY, KEYS)


def written(tmp_path: Path, text: str | bytes, name: str = "people.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(path: Path) -> list[str]:
    return [problem.line() for problem in read(path, POLICY).problems]


def issued(report: Report) -> dict[str, str]:
    return {new.approval.id: new.code.reveal().decode() for new in report.issued}


# ---------------------------------------------------------------- from the tables to the door


def test_an_import_puts_people_cards_and_approvals_in_force(tables: Path, door: Path) -> None:
    report = taken(tables, door)
    with closing(lists.open_list(door)) as roster:
        chief = roster.find(lists.CHIEFS_CARD)
    assert (report.people, report.cards, report.approvals, report.version) == (2, 1, 3, 1)
    assert (chief.person, [approval.id for approval in chief.approvals]) == (lists.CHIEF, ["V-3"])


def test_who_has_no_card_gets_a_code_of_the_rooms_length(tables: Path, door: Path) -> None:
    codes = issued(taken(tables, door))
    assert {approval: len(code) for approval, code in codes.items()} == {"V-1": 8, "V-2": 6}


def test_a_code_opens_its_approval_and_its_twin_under_duress(tables: Path, door: Path) -> None:
    code = issued(taken(tables, door))["V-1"]
    with closing(lists.open_list(door)) as roster:
        assert [roster.match(code), roster.match(twin(code))] == [CodeMatch(VISITORS), CodeMatch(VISITORS, duress=True)]


def test_a_report_that_is_logged_shows_no_code(tables: Path, door: Path) -> None:
    report = taken(tables, door)
    assert not [code for code in issued(report).values() if code in repr(report)]


def test_an_approval_that_is_unchanged_keeps_its_code(tables: Path, door: Path) -> None:
    code = issued(taken(tables, door))["V-1"]
    again = taken(tables, door)
    with closing(lists.open_list(door)) as roster:
        assert (again.issued, again.version, roster.match(code)) == ((), 2, CodeMatch(VISITORS))


def test_an_approval_that_was_changed_gets_a_new_code_and_the_old_one_opens_nothing(tables: Path, door: Path) -> None:
    code = issued(taken(tables, door))["V-1"]
    (tables / "approvals.csv").write_text(APPROVALS.replace("2026-03-02 10:00", "2026-03-02 11:00"))
    again = issued(taken(tables, door))
    with closing(lists.open_list(door)) as roster:
        assert (list(again), roster.match(code)) == (["V-1"], CodeMatch())


def test_a_lost_print_is_made_again_with_a_new_code(tables: Path, door: Path) -> None:
    code = issued(taken(tables, door))["V-2"]
    again = issued(import_file(tables, door, POLICY, KEYS, reissue=["V-2"]))
    with closing(lists.open_list(door)) as roster:
        assert (list(again), roster.match(code)) == (["V-2"], CodeMatch())


def test_a_withdrawn_approval_stands_in_the_list_without_a_code(tables: Path, door: Path) -> None:
    lines = APPROVALS.splitlines()
    (tables / "approvals.csv").write_text(f"{lines[0]},withdrawn\n{lines[1]},yes\n")
    report = taken(tables, door)
    assert (report.approvals, report.issued) == (1, ())


def test_a_dry_run_says_what_it_would_do_and_does_nothing(tables: Path, door: Path) -> None:
    report = import_file(tables, door, POLICY, KEYS, dry_run=True)
    assert (report.people, report.version, list(door.iterdir())) == (2, None, [])


def test_a_table_with_a_problem_leaves_the_list_in_force(tables: Path, door: Path) -> None:
    taken(tables, door)
    (tables / "people.csv").write_text(PEOPLE.replace("staff", "staf"))
    report = taken(tables, door)
    assert (len(report.problems), report.version, report.before and report.before.version) == (2, None, 1)


def test_a_damaged_list_is_replaced_and_every_code_is_new(tables: Path, door: Path) -> None:
    first = issued(taken(tables, door))
    (door / "access-1.db").write_bytes(b"damaged")
    report = taken(tables, door)
    assert (report.version, issued(report).keys(), issued(report) == first) == (2, first.keys(), False)
    assert report.notes[0].text == "The list in force cannot be used, so every code is new. {why}"


def test_a_damaged_note_is_replaced(tables: Path, door: Path) -> None:
    taken(tables, door)
    (door / CURRENT).write_bytes(b"damaged")
    assert taken(tables, door).version == 2


def test_an_import_beside_another_is_refused(tables: Path, door: Path) -> None:
    with lists.writer(door), pytest.raises(ListError, match="Another list is being made"):
        taken(tables, door)


def test_progress_tells_of_reading_and_of_writing(tables: Path, door: Path) -> None:
    told: list[str] = []
    import_file(tables, door, POLICY, KEYS, progress=lambda stage, _done, _total: told.append(stage))
    assert list(dict.fromkeys(told)) == ["read", "write"]


# ---------------------------------------------------------------- tables as clerks keep them


def same(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("encode", "notes"),
    [
        (lambda text: text.encode(), ()),
        (lambda text: text.encode("utf-8-sig"), ()),
        (lambda text: text.encode("utf-16"), ()),
        (lambda text: text.encode("gbk"), (Say("{file} was read as GB18030 (GBK).", {"file": "people.csv"}),)),
        (lambda text: text.replace("\n", "\r\n").encode(), ()),
        (lambda text: text.replace(",", ";").encode(), ()),
        (lambda text: text.replace(",", "\t").encode("utf-16"), ()),
        (lambda text: (text + "\n,,,,,\n").encode(), ()),
    ],
    ids=["utf-8", "bom", "utf-16", "gbk", "crlf", "semicolons", "tabs", "empty lines"],
)
def test_a_csv_is_read_however_excel_saved_it(
    tmp_path: Path, encode: Callable[[str], bytes], notes: tuple[Say, ...]
) -> None:
    draft = read(written(tmp_path, encode(PEOPLE)), POLICY)
    assert (draft.people, draft.problems, draft.notes) == ({1: lists.CHIEF, 7: lists.TEACHER}, [], notes)


def test_columns_and_values_may_be_chinese_and_full_width(tmp_path: Path) -> None:
    text = "姓名,工号,角色,卡号,失效\n张三,１,保卫科科长、教职工,６２Ｅ３０８６ＣＥＤ,2026年7月1日\n"
    draft = read(written(tmp_path, text), POLICY)
    assert draft.people == {1: Person(1, "张三", ("security_chief", "staff"))}
    assert draft.cards == [CardLine(1, lists.CHIEFS_CARD, valid_to=1_782_921_600)]


def test_another_card_of_a_person_needs_no_more_than_the_number(tmp_path: Path) -> None:
    draft = read(written(tmp_path, PEOPLE + "1,,,,62E3086CEE,\n"), POLICY)
    assert ([line.person for line in draft.cards], draft.problems) == ([1, 1], [])


def test_a_toml_file_says_the_same(tmp_path: Path) -> None:
    text = """
        [[person]]
        id = 1
        name = "张三"
        roles = ["security_chief", "staff"]
        department = "保卫科"
        [[card]]
        person = 1
        technology = "desfire"
        number = "04A1B2C3D4E5F6"
        valid_to = 2026-07-01
        disabled = true
        [[approval]]
        id = "V-1"
        room = "main"
        name = "赵六"
        approver = "王校长"
        reason = "参观"
        from = 2026-03-02T08:00:00
        until = "2026-03-02 10:00"
        headcount = 4
    """
    draft = read(written(tmp_path, text, "list.toml"), POLICY)
    assert draft.problems == []
    assert (draft.people, draft.approvals) == ({1: lists.CHIEF}, [VISITORS])
    assert draft.cards == [
        CardLine(1, Card("desfire", bytes.fromhex("04a1b2c3d4e5f6"), Trust.PROVED), 0, 1_782_921_600, True)
    ]


# ---------------------------------------------------------------- what is refused, and how it is said


TOLD = """\
people.csv: line 2, 工号 = "x": is no number that fits here. Write a number from 1 to 9007199254740991.
people.csv: line 2, 角色 = "校长长": is none of: principal, security_chief, staff, 校长, 保卫科科长, 教职工. \
Did you mean 校长?
people.csv: line 2, 卡号 = "3808980205": is the short form printed on tags, which 256 cards share, or the 10 hex \
digits of one card. If these are the 10 hex digits that the reader shows, write 0x before them; if not, write those.
people.csv: line 2, 失效 = "2026-13-01": is a date or time that does not exist. Look at the calendar.
people.csv: line 3, 姓名: is missing. Write something here.
people.csv: line 3, 卡号 = "4.2E+9": was rounded by a spreadsheet. Format the column as text and enter the number \
again.
people.csv: line 5, 卡号 = "62:E3:08:6C:EE": stands in the list already: line 4. One card belongs to one person: take \
one of them out.
people.csv: line 6, 工号 = "2": is the number of a in a row above. One person has one number: correct it, or write the \
same name, roles and department.
people.csv: line 7: has more cells than the first line. Put a text that holds a comma between quotes.
"""


def test_every_mistake_is_told_at_once_with_line_column_value_and_remedy(tmp_path: Path) -> None:
    text = (
        "工号,姓名,角色,卡号,失效\nx,张三,校长长,3808980205,2026-13-01\n1,,staff,4.2E+9,\n2,a,staff,62E3086CEE,\n"
        "3,b,staff,62:E3:08:6C:EE,\n2,c,staff,,\n5,e,staff,,2026-01-01,extra\n"
    )
    assert problems(written(tmp_path, text)) == TOLD.splitlines()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("赵六", ""), "line 2, name: is missing."),
        (("王校长", ""), "line 2, approver: is missing."),
        (("参观", " "), "line 2, reason: is missing."),
        (("08:00", "12:00"), 'line 2, until = "2026-03-02 10:00": is not after the start.'),
        (("main", "gym"), 'line 2, room = "gym": is none of: main, south_gate,'),
        (("赵六", "王校长"), 'line 2, approver = "王校长": is the one who wants to enter.'),
        (("V-2", "V-1"), 'line 3, id = "V-1": stands in the list already: line 2.'),
        (("V-1", "offline-1"), 'line 2, id = "offline-1": is no approval'),
        ((",4,", ",0,"), 'line 2, headcount = "0": is no number that fits here.'),
        ((",,2,7", ",,2,8"), 'line 3, person = "8": is the number of nobody in the list.'),
    ],
)
def test_an_approval_that_the_register_could_not_hold_is_refused(
    tables: Path, changed: tuple[str, str], told: str
) -> None:
    (tables / "approvals.csv").write_text(APPROVALS.replace(*changed, 1))
    assert [line.partition(": ")[2][: len(told)] for line in problems(tables)][:1] == [told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no column id/工号/编号."),
        ("id,name,roles,roles\n", "line 1: has the column roles twice."),
        ("id,name,rolls\n", "line 1: has a column rolls that is not known here. Did you mean roles?"),
        ("id,name,roles\n", "holds no people: nobody could pass. Is it the right file?"),
        ('id,name,roles\n1,"张三,staff\n', "is no CSV from here on: unexpected end of data."),
        (b"id,name,roles\n1,\xff\xfe\xff\xff,staff\n", "is neither UTF-8 nor GB18030. Save it as"),
        ("id,name,roles\n1,张\x07三,staff\n", "holds a line break or a control character."),
    ],
)
def test_a_table_that_cannot_be_read_says_why(tmp_path: Path, text: str | bytes, told: str) -> None:
    assert [line for line in problems(written(tmp_path, text)) if told in line]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("person = 1", "person: is not a list of tables. Write [[person]]."),
        ("person = [1]", "person[1]: is not a table."),
        (
            "[[person]]\nid = 1\nname = 'a'\nrolls = ['staff']",
            "person[1].rolls: is not a key that is known here. Did you mean roles?",
        ),
        ("[[people]]\nid = 1", "people: is not a key that is known here."),
        ("[[card]]\nperson = 1\nnumber = '62E3086CED'", 'card[1].person = "1": is the number of nobody in the list.'),
        ("[[card]]\nnumber = 12", "card[1].person: is missing."),
        ("nonsense", "This is not TOML"),
    ],
)
def test_a_toml_file_that_cannot_be_read_says_why(tmp_path: Path, text: str, told: str) -> None:
    assert [line for line in problems(written(tmp_path, text, "list.toml")) if told in line]


def test_a_workbook_is_refused_with_what_to_do(tmp_path: Path) -> None:
    assert problems(written(tmp_path, b"PK\x03\x04", "people.xlsx")) == [
        "people.xlsx: is a workbook, not a CSV file. Save it as “CSV UTF-8”."
    ]


@pytest.mark.parametrize("name", ["absent.csv", "absent.toml", "."])
def test_a_file_that_is_not_there_says_so(tmp_path: Path, name: str) -> None:
    assert "cannot be read: No such file or directory. Check the path." in problems(tmp_path / name)[0]


def test_a_thousand_problems_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    draft = read(written(tmp_path, "id,name,roles\n" + "x,a,staff\n" * (MOST_PROBLEMS + 5)), POLICY)
    assert (len(draft.problems), draft.more) == (MOST_PROBLEMS, 5)


def test_a_quote_without_its_pair_does_not_swallow_the_memory(tmp_path: Path) -> None:
    told = problems(written(tmp_path, 'id,name,roles\n1,"' + "x" * 200_000 + "\n"))
    assert "is no CSV from here on: field larger than field limit" in told[0]
