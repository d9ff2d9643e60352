"""F10: a reader that is unplugged, hangs up, floods or talks nonsense never grants, and the other one works on."""

from kiosk.rules.access import Reason
from kiosk.rules.messages import Kind
from kiosk.rules.view import Say
from tests.house import CHIEF, House, until
from ui.bench.site import INSIDE, OUTSIDE

GARBAGE = bytes(range(256)) * 16


def test_the_other_reader_works_while_one_is_unplugged(house: House) -> None:
    house.start()
    house.stage.unplug(OUTSIDE)
    house.recorded(Kind.DEVICE_LOST, device=OUTSIDE)
    house.badge(CHIEF, INSIDE)
    assert house.recorded(Kind.EXIT).facts["name"] == "赵国强"


def test_a_reader_that_is_unplugged_is_told_on_the_screen(house: House) -> None:
    house.start()
    house.stage.unplug(OUTSIDE)
    fault = Say("{device} does not answer.", {"device": OUTSIDE})
    until("the screen says so", lambda: fault in house.screen.faults)


def test_a_reader_that_comes_back_is_heard_again(house: House) -> None:
    house.start()
    house.stage.unplug(OUTSIDE)
    house.recorded(Kind.DEVICE_LOST)
    house.stage.plug(OUTSIDE)
    house.recorded(Kind.DEVICE_BACK)
    house.badge(CHIEF)
    house.released()
    assert house.screen.faults == ()


def test_a_reader_that_is_absent_at_the_start_is_told_and_taken_in_later(house: House) -> None:
    house.stage.unplug(OUTSIDE)
    house.start()
    house.recorded(Kind.DEVICE_LOST, device=OUTSIDE)
    house.stage.plug(OUTSIDE)
    house.recorded(Kind.DEVICE_BACK, device=OUTSIDE)
    house.badge(CHIEF)
    house.released()


def test_garbage_is_one_record_with_its_count(house: House) -> None:
    house.start()
    house.stage.garble(OUTSIDE)
    house.recorded(Kind.BAD_FRAMES, device=OUTSIDE)
    for _ in range(50):
        house.stage.garble(OUTSIDE)
    house.badge(CHIEF)
    house.released()
    assert len(house.of(Kind.BAD_FRAMES)) == 1


def test_a_flood_at_one_reader_keeps_nobody_from_the_other(house: House) -> None:
    house.start()
    for _ in range(20):
        house.send(GARBAGE)
    house.badge(CHIEF, INSIDE)
    house.released()
    assert house.of(Kind.GRANTED) == []


def test_a_card_is_read_behind_garbage(house: House) -> None:
    house.start()
    house.send(GARBAGE)
    house.badge(CHIEF)
    house.released()


def test_half_a_frame_and_a_lost_cable_are_no_card(house: House) -> None:
    house.start()
    house.send(b"\x0267003B")
    house.stage.unplug(OUTSIDE)
    house.recorded(Kind.DEVICE_LOST)
    house.stage.plug(OUTSIDE)
    house.recorded(Kind.DEVICE_BACK)
    house.send(b"A86C" + b"F8\x03")
    house.badge("0123456789")
    house.recorded(Kind.DENIED, reasons=[Reason.UNKNOWN_CREDENTIAL])
    assert house.of(Kind.GRANTED) == []


def test_a_pile_of_cards_is_decided_one_by_one_and_every_one_is_recorded(house: House) -> None:
    house.start()
    for number in range(100):
        house.badge(f"{number:010X}")
    house.recorded(Kind.DENIED, 100)
    assert house.faults() == []
