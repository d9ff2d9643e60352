"""The catalogues hold every sentence that the source has, with the same places, and are compiled."""

import ast
import gettext
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import kiosk
import ui.words
from kiosk.rules.access import Grounds, How, Reason, Wants
from kiosk.rules.messages import Clock, Input, Kind, Order, Sense
from kiosk.rules.view import Say
from ui.words import UnknownLanguageError, load, printable
from ui.words.terms import CLOCKS, GROUNDS, HOWS, INPUTS, KINDS, ORDERS, REASONS, SENSES, WANTS

ROOT = Path(kiosk.__file__).parents[1]
PLACES = [ROOT / name for name in ("kiosk", "hardware", "sync", "ui")]
FOLDER = Path(ui.words.__file__).parent / "zh" / "LC_MESSAGES"
KEYWORDS = {"Say": None, "N_": None, "text": None}


@cache
def sentences() -> frozenset[str]:
    """Every msgid of the source, found as `make words` finds it."""
    found = (
        extract_from_dir(place, [("**.py", "python")], options_map={"**.py": {"encoding": "utf-8"}}, keywords=KEYWORDS)
        for place in PLACES
    )
    return frozenset(str(message) for one in found for _, _, message, _, _ in one if message)


@cache
def catalogue() -> Catalog:
    with (FOLDER / "doorward.po").open("rb") as file:
        return read_po(file, locale="zh")


def translated() -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue() if message.id}


def places(sentence: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", sentence))


def test_every_sentence_of_the_source_is_translated() -> None:
    known = translated()
    assert sorted(sentence for sentence in sentences() if not known.get(sentence)) == []


def test_no_translation_is_of_a_sentence_that_is_gone() -> None:
    assert sorted(translated().keys() - sentences()) == []


def test_every_translation_has_the_places_of_its_sentence() -> None:
    assert [msgid for msgid, said in translated().items() if said and places(msgid) != places(said)] == []


def test_no_translation_is_left_in_doubt() -> None:
    assert [message.id for message in catalogue() if message.fuzzy and message.id] == []


def test_the_compiled_catalogue_is_of_the_written_one() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue())
    assert (FOLDER / "doorward.mo").read_bytes() == compiled.getvalue()


def _says() -> Iterator[tuple[str, ast.Call]]:
    for place in PLACES:
        for path in place.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Say":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_no_sentence_is_put_together_where_nobody_can_collect_it() -> None:
    assert [where for where, say in _says() if say.args and isinstance(say.args[0], ast.JoinedStr | ast.BinOp)] == []


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (INPUTS, Input),
        (SENSES, Sense),
        (CLOCKS, Clock),
        (ORDERS, Order),
        (REASONS, Reason),
        (KINDS, Kind),
        (GROUNDS, Grounds),
        (WANTS, Wants),
    ],
)
def test_every_value_has_its_word(words: dict[str, str], values: type[Kind]) -> None:
    assert set(words) == set(values)


def test_every_way_to_come_has_its_word() -> None:
    assert set(How) <= set(HOWS)


def test_a_sentence_is_filled_in_chinese() -> None:
    assert load("zh").tr(Say("You have {tries} more tries.", {"tries": 4})) == "还可再试 4 次。"


def test_a_sentence_is_filled_in_english() -> None:
    assert load("en").tr(Say("You have {tries} more tries.", {"tries": 4})) == "You have 4 more tries."


def test_a_value_in_its_place_becomes_its_word() -> None:
    wiring = Say("The wiring of {input} is broken: {sense}.", {"input": "door_position", "sense": "cut"})
    assert load("zh").tr(wiring) == "门磁线路故障：断线。"


def test_a_device_of_the_settings_keeps_its_name() -> None:
    assert load("en").tr(Say("{device} does not answer.", {"device": "osdp-1"})) == "osdp-1 does not answer."


def test_a_missing_argument_stays_visible() -> None:
    assert load("en").tr(Say("Welcome, {name}.")) == "Welcome, {name}."


def test_an_argument_is_not_read_as_a_format() -> None:
    assert load("en").text("Welcome, {name}.", name="{name.__class__}{") == "Welcome, {name.__class__}{."


def test_no_sentence_is_no_sentence() -> None:
    assert load("zh").text("") == ""


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UnknownLanguageError, match="'fr'; use one of: zh, en"):
        load("fr")


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800"])
def test_what_could_turn_or_hide_a_line_is_shown(character: str) -> None:
    assert printable(f"王{character}明") == "王\ufffd明"


def test_a_line_break_becomes_a_space() -> None:
    assert printable("one\r\n\ttwo") == "one two"


@given(st.text(), st.dictionaries(st.text(max_size=9), st.text() | st.integers(), max_size=3))
def test_no_sentence_and_no_argument_raises(text: str, args: dict[str, str | int]) -> None:
    assert isinstance(load("en").tr(Say(text, args)), str)


def test_the_compiled_catalogue_is_read_by_gettext() -> None:
    assert gettext.translation("doorward", FOLDER.parents[1], ["zh"]).gettext("Come in") == "请进"
