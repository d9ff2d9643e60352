import pytest

from hardware import gwiot
from kiosk.rules.credentials import Card

PUBLISHED = bytes.fromhex("020A022E00B6D7B5F203")
TAG = Card("em4100", bytes.fromhex("2E00B6D7B5"))


def test_the_published_frame_is_an_em4100_card() -> None:
    assert gwiot.Frames().feed(PUBLISHED) == ([TAG], 0)


def test_another_kind_of_tag_is_known_by_type_and_number() -> None:
    assert gwiot.Frames().feed(gwiot.encode(0x01, bytes.fromhex("6B3D12D6"))) == (
        [Card("gwiot", bytes.fromhex("016B3D12D6"))],
        0,
    )


def test_a_bad_check_is_no_card() -> None:
    assert gwiot.Frames().feed(bytes.fromhex("020A022E00B6D7B5F303")) == ([], 1)


def test_a_missing_end_is_no_card() -> None:
    assert gwiot.Frames().feed(bytes.fromhex("020A022E00B6D7B5F204")) == ([], 1)


@pytest.mark.parametrize("kind", [0x51, 0xFF])
def test_what_the_module_says_that_is_no_tag_is_no_card(kind: int) -> None:
    assert gwiot.Frames().feed(gwiot.encode(kind, b"1234")) == ([], 1)


def test_an_em4100_of_another_length_is_no_card() -> None:
    assert gwiot.Frames().feed(gwiot.encode(0x02, b"1234")) == ([], 1)


@pytest.mark.parametrize("cut", range(1, len(PUBLISHED)))
def test_half_a_frame_does_not_swallow_the_next(cut: int) -> None:
    assert gwiot.Frames().feed(PUBLISHED[:cut] + PUBLISHED) == ([TAG], 1)


def test_a_number_full_of_start_bytes_is_found_after_garbage() -> None:
    frame = gwiot.encode(0x02, b"\x02\x0a\x02\x02\x02")
    assert gwiot.Frames().feed(b"\x02\x02\x0a" + frame) == ([Card("em4100", b"\x02\x0a\x02\x02\x02")], 1)


def test_the_encoder_makes_the_published_frame() -> None:
    assert gwiot.encode(0x02, TAG.number) == PUBLISHED
