"""Card numbers as clerks have them: every bit, or a refusal that says what to write."""

import pytest

from kiosk.roster.card_numbers import card
from kiosk.rules.credentials import Card, Trust
from kiosk.tables import FormError

TAG = Card("em4100", bytes.fromhex("62e3086ced"))


@pytest.mark.parametrize(
    "written", ["62E3086CED", "62e3086ced", "0x62E3086CED", "62:E3:08:6C:ED", "62 E3 08 6C ED", "0424715775213"]
)
def test_all_forty_bits_are_taken_in_any_form_that_holds_them(written: str) -> None:
    assert card("em4100", written) == TAG


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("3808980205", "which 256 cards share"),
        ("008,27885", "65,536 cards share it"),
        ("149449965", "has {count} digits: a short form, or a spreadsheet dropped the leading zeros"),
        ("9999999999999", "has {count} digits"),
        ("62E3086C", "and an EM4100 card has 10"),
        ("62E3086CEDFF", "and an EM4100 card has 10"),
        ("4.24736E+11", "rounded by a spreadsheet"),
        ("62E3086CEG", "is no card number"),
        ("", "is no card number"),
    ],
)
def test_a_number_that_leaves_out_bits_is_refused(written: str, why: str) -> None:
    with pytest.raises(FormError, match=why):
        card("em4100", written)


def test_ten_digits_too_large_for_the_printed_form_are_hex() -> None:
    assert card("em4100", "6283086123").number == bytes.fromhex("6283086123")


def test_ten_digits_that_could_be_either_are_taken_with_0x_before_them() -> None:
    assert card("em4100", "0x0149449965").number == bytes.fromhex("0149449965")


@pytest.mark.parametrize(
    ("technology", "written", "read"),
    [
        ("desfire", "04A1B2C3D4E5F6", Card("desfire", bytes.fromhex("04a1b2c3d4e5f6"), Trust.PROVED)),
        ("uid", "04:a1:b2:c3", Card("uid", bytes.fromhex("04a1b2c3"))),
        ("gwiot", "010203040506", Card("gwiot", bytes.fromhex("010203040506"))),
        ("line-hex", "ABCD", Card("line-hex", b"\xab\xcd")),
        ("line-decimal", "00123", Card("line-decimal", b"00123")),
        ("line-text", "4E+9", Card("line-text", b"4E+9")),
    ],
)
def test_each_technology_reads_numbers_as_its_reader_does(technology: str, written: str, read: Card) -> None:
    assert card(technology, written) == read


@pytest.mark.parametrize(
    ("technology", "written"),
    [("uid", "ABC"), ("uid", "AB" * 66), ("line-decimal", "12a"), ("line-text", "é"), ("line-text", "a" * 65)],
)
def test_what_no_reader_sends_is_refused(technology: str, written: str) -> None:
    with pytest.raises(FormError, match="is no card number"):
        card(technology, written)


def test_an_unknown_technology_is_refused_with_the_near_miss() -> None:
    with pytest.raises(FormError) as refused:
        card("em4010", "62E3086CED")
    assert refused.value.remedy.args == {"meant": "em4100"}
