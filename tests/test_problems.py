"""Problems for people: one line, safe to print."""

import pytest

from kiosk.problems import Problem, SettingsError, masked, near, related, shown
from kiosk.rules.view import Say

PROBLEM = Problem(
    "lock.kind", Say("is none of: {choices}.", {"choices": "a, b"}), Say("Write one."), '"c"', "door.toml"
)


def test_a_problem_is_one_line_of_place_value_reason_and_remedy() -> None:
    assert PROBLEM.line() == 'door.toml: lock.kind = "c": is none of: a, b. Write one.'


def test_a_problem_is_told_in_the_readers_language() -> None:
    words = {"is none of: {choices}.": "应为：{choices}。", "Write one.": "请改写。"}
    assert PROBLEM.line(words.__getitem__) == 'door.toml: lock.kind = "c": 应为：a, b。 请改写。'


def test_a_sentence_with_braces_of_its_own_is_told_as_it_stands() -> None:
    assert Problem("a", Say("{x} is odd."), Say("")).line() == "a: {x} is odd."


def test_control_characters_of_a_file_never_reach_the_terminal() -> None:
    line = Problem("a", Say("is {it}.", {"it": "\x1b[2J\u202e\nb"}), Say("")).line()
    assert line == "a: is \\u001b[2J\\u202e\\u000ab."


def test_an_error_of_several_problems_prints_them_all() -> None:
    assert str(SettingsError([PROBLEM, PROBLEM])).count("\n") == 1


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("rtsp://admin:hunter2@10.0.0.8/1", "rtsp://admin:****@10.0.0.8/1"),
        ("rtsp://admin:p@ss/w?rd@10.0.0.8/1", "rtsp://admin:****@10.0.0.8/1"),
        ("osdp:///dev/ttyS0?key=00112233&address=0", "osdp:///dev/ttyS0?key=****&address=0"),
        ("osdp:///dev/ttyS0?address=0&key=/etc/r.key", "osdp:///dev/ttyS0?address=0&key=/etc/r.key"),
        ("serial:rfc2217://h:1?logging?api_token=abc&x=1", "serial:rfc2217://h:1?logging?api_token=****&x=1"),
        ("gpio:17?active=high", "gpio:17?active=high"),
        ("http://10.0.0.8:8080/stream", "http://10.0.0.8:8080/stream"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, safe: str) -> None:
    assert masked(url) == safe


@pytest.mark.parametrize("key", ["password", "api_key", "Token", "pin"])
def test_a_value_whose_key_names_a_secret_is_not_shown(key: str) -> None:
    assert shown("hunter2", key) == '"****"'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3, "3"),
        ('a"b', '"a\\"b"'),
        (["甲", 1], '["甲", 1]'),
        ({"a": 1, "password": "x"}, '{a = 1, password = "****"}'),
        ("x" * 99, '"' + "x" * 58 + "…"),
    ],
)
def test_a_value_is_shown_as_toml_writes_it_and_short(value: object, text: str) -> None:
    assert shown(value) == text


def test_the_near_miss_is_found() -> None:
    assert near("princpal", ["staff", "principal"]) == "principal"


def test_nothing_near_is_said_to_be_near() -> None:
    assert near("zzz", ["staff", "principal"]) is None


@pytest.mark.parametrize("place", ["a.b", "a.b.c", "a.b[2]", "a"])
def test_a_place_is_related_to_itself_and_what_is_above_and_below(place: str) -> None:
    assert related("a.b", {place})


@pytest.mark.parametrize("place", ["a.bc", "b", "a.c"])
def test_a_place_is_not_related_to_its_neighbours(place: str) -> None:
    assert not related("a.b", {place})
