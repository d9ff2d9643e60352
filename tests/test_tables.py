"""Every mistake in a table is found in one reading, and no file can hang, flood or surprise the reader."""

import os
from datetime import date
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct

from kiosk.rules.view import Say
from kiosk.tables import DOTS, LIMIT, Form, FormError, convert, load, sketch


class Colour(StrEnum):
    RED = "red"
    DARK_BLUE = "dark-blue"


class Grade(IntEnum):
    LOW = 1
    HIGH = 2


class Leaf(Struct, frozen=True):
    name: str
    size: Annotated[int, Meta(ge=1, le=9)] = 3


class Root(Struct, frozen=True):
    leaf: Leaf
    colour: Colour = Colour.RED
    grade: Grade = Grade.LOW
    on: bool = False
    many: tuple[int, ...] = ()
    by_name: dict[str, Leaf] = {}
    perhaps: Leaf | None = None
    tag: Annotated[str, Meta(max_length=2)] | None = None
    day: date | None = None


def _day(value: object) -> date:
    if type(value) is date:
        return value
    raise FormError(Say("is not a day."), Say("Write a day."))


FORMS = {date: Form(object, _day)}


def lines(table: object) -> list[str]:
    return [problem.line() for problem in convert(table, Root, forms=FORMS)[1]]


def test_a_table_without_mistakes_becomes_its_value() -> None:
    table = {
        "leaf": {"name": "a", "size": 9},
        "colour": "dark-blue",
        "grade": "high",
        "on": True,
        "many": [1, 2],
        "by_name": {"x": {"name": "b"}},
        "perhaps": {"name": "c"},
        "tag": "t",
        "day": date(2026, 1, 2),
    }
    value = Root(
        Leaf("a", 9),
        Colour.DARK_BLUE,
        Grade.HIGH,
        True,
        (1, 2),
        {"x": Leaf("b")},
        Leaf("c"),
        "t",
        date(2026, 1, 2),
    )
    assert convert(table, Root, forms=FORMS) == (value, [])


def test_ten_mistakes_are_ten_lines() -> None:
    table = {
        "leaf": {"size": 10, "nmae": "a"},
        "colour": "reed",
        "grade": 2,
        "on": 1,
        "many": [1, True, "3"],
        "perhaps": "x",
        "day": "tomorrow",
    }
    assert lines(table) == [
        'leaf.nmae = "a": is not a key that is known here. Did you mean name?',
        "leaf.size = 10: is out of range. Write a number from 1 to 9.",
        'leaf.name: is missing. Add it: name = "…"',
        'colour = "reed": is none of: red, dark-blue. Did you mean red?',
        "grade = 2: is none of: low, high. Write one of them.",
        "on = 1: is neither true nor false. Write true or false, without quotes.",
        "many[2] = true: is not a whole number. Write digits, without quotes.",
        'many[3] = "3": is not a whole number. Write digits, without quotes.',
        'perhaps = "x": is not a table. Write a table of keys and values.',
        'day = "tomorrow": is not a day. Write a day.',
    ]


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ({}, "leaf: is missing. Add it: leaf = { … }"),
        ({"leaf": {"name": 5}}, "leaf.name = 5: is not text. Write it between quotes."),
        ({"leaf": {"name": "a\nb"}}, 'leaf.name = "a\\nb": holds a control character. Write it plainly, on one line.'),
        ({"leaf": {"name": "a"}, "many": 1}, "many = 1: is not a list. Write a list: [ … ]."),
        ({"leaf": {"name": "a"}, "by_name": []}, "by_name = []: is not a table. Write a table of keys and values."),
        ({"leaf": {"name": "a"}, "tag": "123"}, 'tag = "123": is too long. At most 2 characters.'),
        ({"leaf": {"name": "a"}, "zz z": 1}, '"zz z" = 1: is not a key that is known here. Take it out.'),
        ({"leaf": {"name": "a"}, "password": "x"}, 'password = "****": is not a key that is known here. Take it out.'),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(table: dict[str, object], line: str) -> None:
    assert lines(table) == [line]


def test_a_wide_space_of_chinese_text_is_no_control_character() -> None:
    assert lines({"leaf": {"name": "甲　乙"}}) == []


def test_a_sketch_stands_in_for_what_is_wrong() -> None:
    table = {"leaf": {}, "many": [1, "x"], "colour": 1, "day": 5}
    assert sketch(table, Root, forms=FORMS)[0] == Root(Leaf(""), many=(1, 0))


def test_a_type_that_cannot_be_walked_is_our_bug() -> None:
    class Odd(Struct):
        path: Path

    with pytest.raises(TypeError):
        convert({"path": "/"}, Odd)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("leaf", "colour", "grade", "on", "many", "by_name", "perhaps", "tag", "day")


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), values, max_size=6))
def test_any_table_gives_either_a_value_or_printable_problems(table: dict[str, Any]) -> None:
    value, problems = convert(table, Root, forms=FORMS)
    assert (value is None) == bool(problems)
    assert all("\n" not in problem.line() for problem in problems)


# ---------------------------------------------------------------- files


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.toml"


def why(path: Path) -> list[str]:
    return [problem.line() for problem in load(path)[1]]


def test_a_file_of_an_editor_that_marks_utf_8_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert load(file) == ({"a": 1}, [])


def test_invalid_toml_is_told_with_its_line_and_column(file: Path) -> None:
    file.write_text("a = 1\nb = \n")
    assert why(file) == ["a.toml: This is not TOML: Invalid value (at line 2, column 5). Mend that line."]


def test_a_file_that_is_not_utf_8_is_told_with_its_line(file: Path) -> None:
    file.write_bytes("a = 1\nb = '校长'".encode("gbk"))
    assert why(file) == ["a.toml: Line 2 is not UTF-8. Save the file as UTF-8."]


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "9" * 100_000])
def test_a_file_that_is_made_to_break_the_parser_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    assert len(why(file)) == 1


def test_a_key_of_endless_dots_is_refused_before_it_eats_the_memory(file: Path) -> None:
    file.write_text("b = 1\na" + ".a" * (DOTS + 1) + " = 1")
    assert why(file) == [f"a.toml: Line 2 has more than {DOTS} dots. Break it up."]


def test_a_file_over_the_limit_is_refused(file: Path) -> None:
    file.write_bytes(b"#" * (LIMIT + 1))
    assert why(file) == [f"{file}: is larger than {LIMIT} bytes. Is it the right file?"]


def test_a_file_of_just_the_limit_is_read(file: Path) -> None:
    file.write_bytes(b"#" * LIMIT)
    assert load(file) == ({}, [])


def test_a_missing_file_is_told(file: Path) -> None:
    assert why(file) == [f"{file}: cannot be read: No such file or directory. Check the path."]


def test_a_pipe_in_the_files_place_does_not_hang_the_door(file: Path) -> None:
    os.mkfifo(file)
    assert why(file) == [f"{file}: is not a regular file. Name a file."]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert why(tmp_path) == [f"{tmp_path}: is not a regular file. Name a file."]


def test_a_file_that_everybody_can_write_is_refused(file: Path) -> None:
    file.touch()
    file.chmod(0o646)
    assert why(file) == [f"{file}: can be written by others. Read it through, then: chmod go-w {file}"]


def test_a_file_that_another_group_can_write_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.touch()
    file.chmod(0o664)
    info = list(file.stat())
    info[5] = info[4] + 7  # the group's number
    monkeypatch.setattr(os, "fstat", lambda _: os.stat_result(info))
    assert why(file) == [f"{file}: can be written by others. Read it through, then: chmod go-w {file}"]
