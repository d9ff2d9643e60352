"""F12: a contact that bounces, sticks or is cut gives one alarm and not a storm, and what is unknown is shown so."""

import pytest

from kiosk.rules.messages import Input, Kind, Sense
from kiosk.rules.view import Say
from tests.house import CHIEF, House, until


def bounce(house: House, wire: Input, times: int, last: Sense) -> None:
    """A contact that makes and breaks faster than it settles, and then stands still."""
    with house.stage._guard:
        for at in range(times):
            house.stage.wiring.say(wire, Sense.ACTIVE if at % 2 else Sense.NORMAL)
        house.stage.wiring.say(wire, last)


def broken(wire: Input, sense: Sense) -> Say:
    return Say("The wiring of {input} is broken: {sense}.", {"input": wire.value, "sense": sense.value})


def seen(house: House, fault: Say) -> None:
    until(f"the screen says {fault}", lambda: fault in house.screen.faults, said=lambda: house.screen)


def test_a_door_contact_that_bounces_is_one_forced_door(house: House) -> None:
    house.start()
    house.stage.force()
    bounce(house, Input.DOOR_POSITION, 30, Sense.ACTIVE)
    house.recorded(Kind.FORCED)
    house.stage.shut()
    house.recorded(Kind.CLOSED)
    assert len(house.of(Kind.FORCED, Kind.FOUND_OPEN)) == 1


def test_a_door_contact_that_bounces_as_somebody_enters_is_one_passage(house: House) -> None:
    house.start()
    house.badge(CHIEF)
    until("the door opens", house.stage.push)
    bounce(house, Input.DOOR_POSITION, 30, Sense.ACTIVE)
    house.recorded(Kind.TAKEN)
    house.stage.shut()
    until("the door sees it shut", lambda: house.screen.leaf == "closed")
    assert (len(house.of(Kind.TAKEN)), house.of(Kind.FORCED)) == (1, [])


def test_an_exit_button_that_bounces_is_one_exit(house: House) -> None:
    house.start()
    house.stage.turn(Input.EXIT_BUTTON, active=True)
    bounce(house, Input.EXIT_BUTTON, 30, Sense.ACTIVE)
    house.recorded(Kind.EXIT)
    house.stage.turn(Input.EXIT_BUTTON, active=False)
    house.stage.cut(Input.EXIT_BUTTON)
    house.recorded(Kind.INPUT_FAULT)
    assert len(house.of(Kind.EXIT)) == 1


@pytest.mark.parametrize("wire", [Input.DOOR_POSITION, Input.EXIT_BUTTON, Input.TAMPER, Input.FIRE])
def test_a_cut_wire_is_one_record_an_alarm_and_a_line_on_the_screen(house: House, wire: Input) -> None:
    house.start()
    house.stage.cut(wire)
    assert house.recorded(Kind.INPUT_FAULT).facts == {"input": wire.value, "sense": "cut"}
    until("the siren sounds", lambda: house.stage.seen().siren)
    seen(house, broken(wire, Sense.CUT))
    house.stage.mend(wire)
    house.recorded(Kind.INPUT_BACK)
    assert len(house.of(Kind.INPUT_FAULT)) == 1


@pytest.mark.parametrize("wire", [Input.DOOR_POSITION, Input.EXIT_BUTTON, Input.FIRE])
def test_a_cut_wire_releases_nothing(house: House, wire: Input) -> None:
    house.start()
    house.stage.cut(wire)
    house.recorded(Kind.INPUT_FAULT)
    house.stage.mend(wire)
    house.recorded(Kind.INPUT_BACK)
    assert True not in house.relay


def test_a_cut_wire_at_a_start_is_told(house: House) -> None:
    house.stage.cut(Input.DOOR_POSITION)
    house.start()
    assert house.recorded(Kind.INPUT_FAULT).facts == {"input": "door_position", "sense": "cut"}


def test_a_button_that_sticks_lets_one_person_out_and_relocks(house: House) -> None:
    house.start()
    house.stage.turn(Input.EXIT_BUTTON, active=True)
    house.released()
    house.locked()
    assert len(house.of(Kind.EXIT)) == 1


def test_who_enters_past_a_cut_door_contact_counts_as_inside(house: House) -> None:
    house.start()
    house.stage.cut(Input.DOOR_POSITION)
    house.recorded(Kind.INPUT_FAULT)
    house.badge(CHIEF)
    assert house.recorded(Kind.TAKEN).facts == {"assumed": True}


def test_nonsense_on_a_wire_is_counted_and_changes_nothing(house: House) -> None:
    house.start()
    with house.stage._guard:
        house.stage.wiring.say(Input.DOOR_POSITION, "opne")
    house.recorded(Kind.BAD_FRAMES, device="door_position", count=1)
    assert house.screen.leaf == "closed"


def test_an_input_that_hears_nonsense_only_is_what_it_was(house: House) -> None:
    house.start()
    with house.stage._guard:
        for _ in range(50):
            house.stage.wiring.say(Input.FIRE, "fire!")
    house.recorded(Kind.BAD_FRAMES, device="fire")
    assert (house.screen.mode, len(house.of(Kind.BAD_FRAMES))) == ("normal", 1)
