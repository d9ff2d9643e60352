import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.rules.messages import Append, Clock, Kind, Moment
from kiosk.rules.record import (
    HEADER,
    MOST_INTEGER,
    Record,
    RecordError,
    compose,
    parse,
    read_header,
    read_headers,
)

SALT = bytes(range(16))
AT = Moment(3, 123_456, 1_790_000_000_123, Clock.SYNCED)

names = st.text(st.characters(max_codepoint=127), min_size=1, max_size=12).filter(lambda name: name not in HEADER)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.none() | st.booleans() | text | st.integers(-MOST_INTEGER, MOST_INTEGER)
facts = st.dictionaries(
    names, plain | st.lists(plain, max_size=3) | st.dictionaries(names, plain, max_size=3), max_size=6
)


def entry(body: dict[str, Any] | None = None, **changes: Any) -> Append:
    return Append(**{"at": AT, "kind": Kind.DENIED, "body": body or {}, **changes})


def written(body: dict[str, Any] | None = None, **changes: Any) -> bytes:
    return compose(7, entry(body, **changes), "south-gate", SALT)


def test_a_record_is_one_flat_object_in_order() -> None:
    assert written({"side": "outside", "reasons": ["unknown_card"]}, visit="v-1") == (
        b'{"at":"2026-09-21T14:13:20.123Z","boot":3,"clock":"synced","door":"south-gate","kind":"denied",'
        b'"mono_ms":123456,"reasons":["unknown_card"],"salt":"000102030405060708090a0b0c0d0e0f","seq":7,'
        b'"side":"outside","v":1,"visit":"v-1"}'
    )


def test_a_record_read_back_is_what_was_written() -> None:
    record = parse(written({"side": "outside", "person": None}, visit="v-1"))
    assert record == Record(
        seq=7,
        boot=3,
        mono_ms=123_456,
        at="2026-09-21T14:13:20.123Z",
        clock=Clock.SYNCED,
        door="south-gate",
        kind="denied",
        salt=SALT.hex(),
        visit="v-1",
        facts={"side": "outside", "person": None},
    )


def test_a_record_knows_its_moment() -> None:
    assert parse(written()).moment == AT


def test_a_visit_that_is_none_is_left_out() -> None:
    assert b"visit" not in written()


def test_a_clock_that_is_unset_tells_no_time() -> None:
    at = Moment(3, 5, None, Clock.UNSET)
    assert parse(written(at=at)).moment == at


@given(facts)
@settings(max_examples=300, deadline=None)
def test_the_bytes_are_those_of_rfc_8785(body: dict[str, Any]) -> None:
    assert written(body) == rfc8785.dumps(json.loads(written(body)))


@given(facts)
@settings(max_examples=200, deadline=None)
def test_facts_come_back_as_they_went(body: dict[str, Any]) -> None:
    assert parse(written(body)).facts == body


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
@settings(max_examples=100, deadline=None)
def test_every_time_of_the_years_1_to_9999_comes_back(wall: int) -> None:
    assert parse(written(at=Moment(1, 1, wall, Clock.RTC))).wall == wall


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"share": 0.5}, "only text, whole numbers"),
        ({"list": [1, {"share": 0.5}]}, "only text, whole numbers"),
        ({"photo": b"\xff"}, "only text, whole numbers"),
        ({"big": 2**53}, "2^53"),
        ({"big": -(2**53)}, "2^53"),
        ({"seq": 1}, "may not be called seq"),
        ({"visit": "x", "salt": "y"}, "may not be called salt, visit"),
        ({"名": 1}, "not all ASCII"),
        ({1: 1}, "not text"),
        ({"deep": [[[[[1]]]]]}, "nested"),
        ({"half": "\ud800"}, "surrogate"),
        ({"long": "x" * 4096}, "4096 are allowed"),
    ],
)
def test_facts_that_cannot_stand_are_refused(body: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RecordError, match="Record 7 is refused") as refused:
        written(body)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": Moment(-1, 0, None, Clock.UNSET)},
        {"at": Moment(1, 2**53, None, Clock.UNSET)},
        {"at": Moment(1, 1, 253_402_300_800_000, Clock.SYNCED)},
        {"visit": ""},
        {"visit": "v" * 129},
    ],
)
def test_a_header_that_cannot_stand_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="Record 7 is refused"):
        written(**changes)


GOOD = written({"n": 1}, visit="v")


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        GOOD + b"\n",
        GOOD + GOOD,
        GOOD.replace(b":", b": "),
        GOOD.replace(b'"n":1', b'"n":1.0'),
        GOOD.replace(b'"n":1', b'"n":1e2'),
        GOOD.replace(b'"n":1', b'"n":-0'),
        GOOD.replace(b'"n":1', b'"n":9007199254740992'),
        GOOD.replace(b'"n":1', b'"n":[[[[[1]]]]]'),
        GOOD.replace(b'"n":1', b'"n":1,"n":1'),
        GOOD.replace(b'"n":1', b'"\xc3\xa9":1'),
        GOOD.replace(b'"n":1', b'"n":{"\xc3\xa9":1}'),
        GOOD.replace(b'"n":1', b'"n":"\\u0041"'),
        GOOD.replace(b'"n":1', b'"n":"\xff"'),
        GOOD.replace(b'"v":1', b'"v":2'),
        GOOD.replace(b'"v":1', b'"v":true'),
        GOOD.replace(b'"visit":"v"', b'"visit":null'),
        GOOD.replace(b'"seq":7', b'"seq":-7'),
        GOOD.replace(b'"seq":7,', b""),
        GOOD.replace(b"20.123Z", b"20.12Z"),
        GOOD.replace(b"20.123Z", b"20,123Z"),
        GOOD.replace(b"2026-09", b"2026-13"),
        GOOD.replace(b"20.123Z", b"20.123z"),
        GOOD.replace(b"0e0f", b"0E0F"),
        GOOD.replace(b"0e0f", b"0e0"),
        GOOD.replace(b"synced", b"sunken"),
        GOOD.replace(b'"n":1', b'"n":"' + b"x" * 4096 + b'"'),
        b"[" * 4000,
    ],
)
def test_bytes_that_no_door_writes_are_refused(bad: bytes) -> None:
    with pytest.raises(RecordError):
        parse(bad)


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_noise_is_refused_and_nothing_else_happens(noise: bytes) -> None:
    with pytest.raises(RecordError):
        parse(noise)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_many_headers_at_once_are_those_one_by_one(place: int, flip: int) -> None:
    other = bytearray(GOOD)
    other[place] ^= flip
    try:
        parse(bytes(other))
    except RecordError:
        return
    assert read_headers([GOOD, bytes(other)]) == [read_header(GOOD), read_header(bytes(other))]


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b" " + GOOD,
        GOOD + GOOD,
        GOOD + b"\n" + GOOD,
        GOOD[:-1],
        GOOD.replace(b'"v":1', b'"v":2'),
        GOOD.replace(b'"visit":"v"', b'"visit":null'),
        GOOD.replace(b'"seq":7', b'"seq":-7'),
        GOOD.replace(b'"seq":7,', b""),
        GOOD.replace(b"0e0f", b"0e0"),
        GOOD.replace(b"synced", b"sunken"),
        GOOD.replace(b"south-gate", b"\xff"),
        GOOD.replace(b'"n":1', b'"n":"' + b"x" * 4096 + b'"'),
        b"[" * 4000,
    ],
)
def test_one_without_a_header_among_many_is_refused(bad: bytes) -> None:
    with pytest.raises(RecordError):
        read_headers([GOOD, bad, GOOD])


@pytest.mark.parametrize(
    "cut",
    [
        [GOOD + b"\n" + GOOD, GOOD[:20], GOOD[20:]],
        [GOOD + b"\n" + GOOD, b""],
        [GOOD + b"\n" + GOOD, b"\n"],
        [GOOD[:20], GOOD[20:] + b"\n" + GOOD],
    ],
)
def test_records_cannot_pass_for_others_by_where_they_are_cut(cut: list[bytes]) -> None:
    with pytest.raises(RecordError):
        read_headers(cut)


def test_no_records_have_no_headers() -> None:
    assert read_headers([]) == []
