import pytest

from hardware import id12, line
from kiosk.rules.credentials import Card


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r\n"])
def test_a_line_may_end_in_any_way(end: bytes) -> None:
    assert line.Frames("hex", 64).feed(b"04a1B2" + end) == ([Card("line-hex", b"\x04\xa1\xb2")], 0)


def test_decimal_keeps_its_leading_zeros() -> None:
    assert line.Frames("decimal", 64).feed(b"0012\n") == ([Card("line-decimal", b"0012")], 0)


def test_text_keeps_every_character() -> None:
    assert line.Frames("text", 64).feed(b"A b~\n") == ([Card("line-text", b"A b~")], 0)


@pytest.mark.parametrize(
    ("number", "bytes_"),
    [("hex", b"ABC\n"), ("hex", b"AB CD\n"), ("decimal", b"+1\n"), ("text", b"a\x00b\n"), ("text", b"\xe4\n")],
)
def test_what_is_not_exactly_its_form_is_no_card(number: str, bytes_: bytes) -> None:
    assert line.Frames(number, 64).feed(bytes_) == ([], 1)


def test_empty_lines_are_nothing() -> None:
    assert line.Frames("text", 64).feed(b"\r\n\r\n") == ([], 0)


def test_a_line_as_long_as_allowed_is_a_card() -> None:
    assert line.Frames("decimal", 4).feed(b"1234\n") == ([Card("line-decimal", b"1234")], 0)


def test_a_longer_line_is_one_bad_frame_and_the_next_is_read() -> None:
    assert line.Frames("decimal", 4).feed(b"1234" * 1000 + b"\n56\n") == ([Card("line-decimal", b"56")], 1)


def test_an_id12_frame_with_a_bad_check_is_no_line_card() -> None:
    assert line.Frames("hex", 64).feed(id12.encode(b"12345").replace(b"1", b"2")) == ([], 1)


def test_the_encoder_makes_a_line() -> None:
    assert line.encode("0012") == b"0012\r\n"
