import pytest

from hardware import rdm6300
from kiosk.rules.credentials import Card

TAG = Card("em4100", bytes.fromhex("62E3086CED"))


def frame(body: str) -> bytes:
    return b"\x02" + body.encode() + b"\x03"


@pytest.mark.parametrize("body", ["62E3086CED08", "67003B51C6CB", "67003BA86C98", "67003BA86793"])
def test_a_published_frame_is_a_card_with_all_40_bits(body: str) -> None:
    assert rdm6300.Frames().feed(frame(body)) == ([Card("em4100", bytes.fromhex(body[:10]))], 0)


@pytest.mark.parametrize(
    "body",
    ["68003B51C6CB", "68003B51C6CBDA", "67003B51C6C", "67003b51c6cb", "67003B51C6 CB", "", "62E3086CED08\r\n"],
)
def test_a_bad_frame_is_one_bad_frame_and_no_card(body: str) -> None:
    assert rdm6300.Frames().feed(frame(body)) == ([], 1)


def test_a_half_frame_does_not_spoil_the_next() -> None:
    assert rdm6300.Frames().feed(frame("62E3086CED08")[:7] + frame("62E3086CED08")) == ([TAG], 1)


def test_garbage_does_not_spoil_the_next_frame_and_counts_once() -> None:
    assert rdm6300.Frames().feed(b"\xff\x00garbage\x03\x03" + frame("62E3086CED08")) == ([TAG], 1)


def test_repeats_are_as_many_cards() -> None:
    assert rdm6300.Frames().feed(frame("62E3086CED08") * 3) == ([TAG, TAG, TAG], 0)


def test_the_encoder_makes_the_published_frame() -> None:
    assert rdm6300.encode(TAG.number) == frame("62E3086CED08")
