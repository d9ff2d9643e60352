"""Approval codes and offline codes, as pure functions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.rules import codes
from kiosk.rules.codes import (
    DURATIONS,
    OfflineGrant,
    Refusal,
    as_approval,
    draw,
    is_offline,
    normal,
    offline_code,
    printed,
    twin,
    verify_offline,
)
from kiosk.rules.credentials import Approval

KEY = b"k" * 32
T0 = 1_767_225_600  # 2026-01-01 00:00 UTC, the start of a quarter hour

# ---------------------------------------------------------------- approval codes


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1234 5678", "12345678"),
        ("1234-5678", "12345678"),
        ("１２３４　５６７８", "12345678"),
        (" 12345678\n", "12345678"),
    ],
)
def test_gaps_and_full_width_forms_do_not_count(typed: str, read: str) -> None:
    assert normal(typed) == read


def test_what_is_typed_without_end_is_cut() -> None:
    assert len(normal("1" * 1_000_000)) == codes.LONGEST


@pytest.mark.parametrize(("code", "other"), [("12345678", "12345679"), ("00000009", "00000000")])
def test_a_twin_has_its_last_digit_one_higher(code: str, other: str) -> None:
    assert twin(code) == other


def test_a_drawn_code_has_as_many_digits_as_asked_for() -> None:
    assert [draw([bytes(16)], lambda _: False, digits) for digits in (6, 8, 12)] == [
        "000000",
        "00000000",
        "000000000000",
    ]


@pytest.mark.parametrize("taken", ["00000007", "00000008"])
def test_a_draw_passes_over_a_code_that_is_taken_or_whose_twin_is(taken: str) -> None:
    chances = [(7).to_bytes(16, "big"), (41).to_bytes(16, "big")]
    assert draw(chances, taken.__eq__) == "00000041"


def test_a_draw_without_a_free_code_says_so() -> None:
    with pytest.raises(ValueError, match="no code is free"):
        draw([bytes(16)] * 3, lambda _: True)


def test_a_draw_wants_enough_chance() -> None:
    with pytest.raises(ValueError, match="16 bytes of chance"):
        draw([bytes(15)], lambda _: False)


# ---------------------------------------------------------------- offline codes


def test_an_offline_code_is_these_bits() -> None:
    # serial 7, slot 1963584 mod 8192 = 5696, duration 2; the MAC was computed apart from this code:
    # printf 'doorward offline code 1\0\0\0\0\0\0\x1d\xf6\x40\0\x07\x02south-gate' |
    # openssl dgst -sha256 -mac HMAC -macopt hexkey:6b… (32 times) = 95dc8b7704…
    assert printed(offline_code(KEY, "south-gate", 7, T0, 3_600)) == "07P8-19BQ-4BEW"


def test_an_offline_code_opens_from_its_quarter_hour_for_its_duration() -> None:
    code = offline_code(KEY, "south-gate", 7, T0 + 899, 3_600)
    grant = OfflineGrant("south-gate", 7, T0, T0 + 3_600)
    assert [verify_offline(code, KEY, "south-gate", T0 + at) for at in (-1, 0, 3_599, 3_600)] == [
        Refusal.EARLY,
        grant,
        grant,
        Refusal.LATE,
    ]


@given(
    st.binary(min_size=32, max_size=32),
    st.text(max_size=20),
    st.integers(0, 1023),
    st.integers(0, 2**33),
    st.sampled_from(DURATIONS).flatmap(lambda whole: st.tuples(st.just(whole), st.integers(0, whole - 1))),
)
@settings(max_examples=150, deadline=None)
def test_every_offline_code_opens_its_door_in_its_window(
    key: bytes, door: str, serial: int, begins: int, lasts_and_into: tuple[int, int]
) -> None:
    duration, into = lasts_and_into
    start = begins // 900 * 900
    code = offline_code(key, door, serial, begins, duration)
    assert verify_offline(code, key, door, start + into) == OfflineGrant(door, serial, start, start + duration)


@pytest.mark.parametrize(
    "typed", ["07p8-19bq-4bew", "O7P8 I9BQ 4BEW", "o7p8l9bq4bew", "０７Ｐ８－１９ＢＱ－４ＢＥＷ", " 07P819BQ4BEW "]
)
def test_an_offline_code_may_be_typed_as_people_type(typed: str) -> None:
    assert verify_offline(typed, KEY, "south-gate", T0) == OfflineGrant("south-gate", 7, T0, T0 + 3_600)


@pytest.mark.parametrize(
    "typed",
    ["", "07P819BQ4BE", "07P819BQ4BEWW", "07P819BQ4BEU", "0_P819BQ4BEW", "+7P819BQ4BEW", "٠٧P819BQ4BEW", "é" * 12],
)
def test_what_is_no_offline_code_is_malformed(typed: str) -> None:
    assert (verify_offline(typed, KEY, "south-gate", T0), is_offline(typed)) == (Refusal.MALFORMED, False)


@pytest.mark.parametrize("now", [T0 - 86_400 * 200, T0 - 86_400 * 86, T0 + 900 * 8192, T0 + 900 * 8192 * 12, 0, -1])
def test_an_offline_code_does_not_come_back_when_its_slot_does(now: int) -> None:
    assert verify_offline("07P819BQ4BEW", KEY, "south-gate", now) == Refusal.WRONG


@pytest.mark.parametrize(("key", "door"), [(b"x" * 32, "south-gate"), (KEY, "main"), (KEY, "south-gate2"), (KEY, "")])
def test_another_key_or_door_makes_it_wrong(key: bytes, door: str) -> None:
    assert verify_offline("07P819BQ4BEW", key, door, T0) == Refusal.WRONG


def test_every_changed_bit_makes_it_wrong() -> None:
    whole = 0
    for letter in "07P819BQ4BEW":
        whole = whole << 5 | codes.ALPHABET.index(letter)
    changed = [whole ^ 1 << bit for bit in range(60)]
    typed = ["".join(codes.ALPHABET[bits >> shift & 31] for shift in range(55, -1, -5)) for bits in changed]
    assert {verify_offline(code, KEY, "south-gate", T0) for code in typed} == {Refusal.WRONG}


@pytest.mark.parametrize(("serial", "duration"), [(-1, 900), (1024, 900), (0, 901), (0, 0)])
def test_an_issuer_cannot_ask_for_what_has_no_bits(serial: int, duration: int) -> None:
    with pytest.raises(ValueError, match="a serial below 1024 and one of the durations"):
        offline_code(KEY, "south-gate", serial, T0, duration)


def test_codes_of_one_slot_are_used_apart_and_a_slot_apart_from_the_next() -> None:
    grants = [OfflineGrant("south-gate", serial, start, start + 900) for serial in (1, 2) for start in (T0, T0 + 900)]
    assert len({grant.id for grant in grants}) == 4


def test_an_offline_grant_makes_a_complete_line_for_one_opening() -> None:
    told = "offline code 7 of south-gate"
    assert as_approval(OfflineGrant("south-gate", 7, T0, T0 + 3_600), "south_gate") == Approval(
        "offline-south-gate-1963584-7", "south_gate", told, told, told, T0, T0 + 3_600
    )
