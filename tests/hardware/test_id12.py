from hardware import id12, rdm6300
from kiosk.rules.credentials import Card

TAG = Card("em4100", bytes.fromhex("62E3086CED"))
FRAME = b"\x0262E3086CED08\r\n\x03"


def test_a_frame_is_a_card_with_all_40_bits() -> None:
    assert id12.Frames().feed(FRAME) == ([TAG], 0)


def test_a_frame_of_the_other_ascii_reader_is_no_card() -> None:
    assert id12.Frames().feed(rdm6300.encode(TAG.number)) == ([], 1)


def test_a_bad_check_is_no_card() -> None:
    assert id12.Frames().feed(b"\x0268003B51C6CB\r\n\x03") == ([], 1)


def test_line_ends_in_the_wrong_order_are_no_card() -> None:
    assert id12.Frames().feed(b"\x0262E3086CED08\n\r\x03") == ([], 1)


def test_the_encoder_makes_the_frame() -> None:
    assert id12.encode(TAG.number) == FRAME
