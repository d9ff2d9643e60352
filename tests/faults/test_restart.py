"""F9, F16: a restart of any part, with traffic, never releases the lock and forgets nothing that counts."""

import pytest

from kiosk.link.client import Client
from kiosk.link.listening import LinkError
from kiosk.link.wire import EnterCode, Role
from kiosk.rules.access import Reason
from kiosk.rules.messages import Input, Kind, Order, Side
from tests.house import CHIEF, House, Process, until
from ui.bench import site

STARTS = 4
WRONG = "00000000"


def again(house: House, process: Process) -> Process:
    """The power is cut and comes back."""
    process.kill()
    return house.start()


def test_starts_tell_the_relay_to_lock_and_nothing_else(house: House) -> None:
    process = house.start()
    for _ in range(STARTS):
        process = again(house, process)
    until("the relay was told at each start", lambda: len(house.relay) > STARTS)
    assert set(house.relay) == {False}


def test_a_release_that_was_cut_off_is_not_taken_up_again(house: House) -> None:
    process = house.start()
    house.badge(CHIEF)
    house.released()
    house.recorded(Kind.RELEASED)
    process.kill()
    house.relay.clear()
    house.start()
    until("the relay was told", lambda: bool(house.relay))
    assert set(house.relay) == {False}


def test_who_was_let_in_before_a_cut_counts_as_inside(house: House) -> None:
    process = house.start()
    house.badge(CHIEF)
    visit = house.recorded(Kind.RELEASED).visit
    again(house, process)
    taken = house.recorded(Kind.TAKEN)
    assert (taken.visit, taken.facts) == (visit, {"assumed": True})


def test_a_code_that_was_used_stays_used(house: House) -> None:
    process = house.start()
    house.type(house.site.codes["V-2026-001"])
    until("the door opens", house.stage.push)
    house.recorded(Kind.TAKEN)
    again(house, process)
    house.stage.shut()
    house.type(house.site.codes["V-2026-001"])  # the party checks out
    house.recorded(Kind.LEFT)
    house.type(house.site.codes["V-2026-001"])
    house.recorded(Kind.DENIED, reasons=[Reason.APPROVAL_USED_UP])


def test_wrong_codes_are_counted_across_restarts(house: House) -> None:
    process = house.start()
    for _ in range(4):
        house.type(WRONG)
    process = again(house, process)
    house.type(WRONG)
    house.recorded(Kind.CODE_LOCKOUT, tries=5)


def test_a_locked_keypad_stays_locked(house: House) -> None:
    process = house.start()
    for _ in range(5):
        house.type(WRONG)
    house.recorded(Kind.CODE_LOCKOUT)
    again(house, process)
    house.type(house.code)
    house.recorded(Kind.DENIED, reasons=[Reason.CODE_LOCKED_OUT])
    assert not house.screen.keypad


def test_a_lockdown_outlives_a_restart(house: House) -> None:
    process = house.start()
    house.order(Order.LOCKDOWN)
    again(house, process)
    house.badge(CHIEF)
    house.recorded(Kind.DENIED, reasons=[Reason.LOCKDOWN])


def test_a_fire_is_still_a_fire_after_a_restart(house: House) -> None:
    process = house.start()
    house.stage.turn(Input.FIRE, active=True)
    house.recorded(Kind.FIRE)
    process.kill()
    house.stage.turn(Input.FIRE, active=False)
    house.start()
    house.recorded(Kind.STARTED, 2)
    house.released()
    assert house.screen.mode == "fire"


def test_a_leaf_that_stands_open_at_a_start_is_found_open_and_not_forced(house: House) -> None:
    house.stage.force()
    house.start()
    house.recorded(Kind.FOUND_OPEN)
    assert house.of(Kind.FORCED) == []


def test_an_exit_button_that_is_held_at_a_start_releases_nothing(house: House) -> None:
    house.stage.turn(Input.EXIT_BUTTON, active=True)
    house.start()
    house.recorded(Kind.INPUT_FAULT, input="exit_button", sense="active")
    assert True not in house.relay


def test_a_card_shown_to_nobody_is_not_taken_up_by_the_next_start(house: House) -> None:
    process = house.start()
    process.kill()
    for _ in range(3):
        house.badge(CHIEF)
    house.start()
    house.badge(site.LOST)
    house.recorded(Kind.DENIED, reasons=[Reason.DISABLED, Reason.NO_APPROVAL])
    assert house.of(Kind.GRANTED) == []


def test_a_card_shown_while_its_reader_was_unplugged_is_not_taken_up(house: House) -> None:
    house.start()
    house.stage.unplug(site.OUTSIDE)
    house.recorded(Kind.DEVICE_LOST, device=site.OUTSIDE)
    house.badge(CHIEF)
    house.stage.plug(site.OUTSIDE)
    house.recorded(Kind.DEVICE_BACK, device=site.OUTSIDE)
    house.badge(site.STRANGER)
    house.recorded(Kind.DENIED)
    assert house.of(Kind.GRANTED) == []


def test_a_code_said_to_a_door_that_dies_is_not_said_again_by_anybody(house: House) -> None:
    process = house.start()
    with Client(house.places.socket, Role.SCREEN, timeout_s=1.0) as screen:
        process.kill()
        with pytest.raises(LinkError):
            screen.ask(EnterCode(house.code, Side.OUTSIDE))
    house.start()
    house.type(WRONG)
    house.recorded(Kind.DENIED)
    assert house.of(Kind.GRANTED) == []


def test_the_relay_that_lost_its_power_is_told_to_lock_when_it_is_back(house: House) -> None:
    house.start()
    until("the relay was told", lambda: bool(house.relay))
    with house.stage._guard:
        house.stage.wiring.lock.unplug()
    house.recorded(Kind.DEVICE_LOST, device="lock")
    house.badge(CHIEF)
    house.recorded(Kind.DENIED, reasons=[Reason.LOCK_FAULT])
    with house.stage._guard:
        house.stage.wiring.lock.plug()
    house.recorded(Kind.DEVICE_BACK, device="lock")
    house.badge(CHIEF)
    house.recorded(Kind.GRANTED)


def test_boots_are_counted(house: House) -> None:
    process = house.start()
    again(house, process)
    assert [record.boot for record in house.of(Kind.STARTED)] == [1, 2]
