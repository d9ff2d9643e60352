import pytest

from hardware.twin import CLOSER_S, Doorway, Happened
from kiosk.rules.messages import Input, Sense


@pytest.fixture
def doorway() -> Doorway:
    return Doorway()


def test_a_push_opens_nothing_while_the_strike_holds(doorway: Doorway) -> None:
    assert doorway.push(1.0) is False


def test_a_push_opens_while_the_strike_gives(doorway: Doorway) -> None:
    doorway.energise(True, 1.0)
    assert doorway.push(2.0) is True


def test_the_fire_signal_releases_without_the_relay(doorway: Doorway) -> None:
    doorway.turn(Input.FIRE, True, 1.0)
    assert doorway.push(2.0) is True


def test_the_lever_inside_always_opens_and_presses_the_exit_button(doorway: Doorway) -> None:
    doorway.leave(1.0)
    assert (doorway.leaf_open, doorway.sense(Input.EXIT_BUTTON)) == (True, Sense.ACTIVE)


def test_a_crowbar_opens(doorway: Doorway) -> None:
    doorway.force(1.0)
    assert doorway.sense(Input.DOOR_POSITION) == Sense.ACTIVE


def test_the_closer_shuts_a_leaf_that_was_let_go(doorway: Doorway) -> None:
    doorway.force(1.0)
    doorway.let_go(2.0)
    doorway.tick(2.0 + CLOSER_S - 0.1)
    assert doorway.leaf_open is True
    doorway.tick(2.0 + CLOSER_S)
    assert doorway.leaf_open is False


def test_a_leaf_that_is_held_stays_open(doorway: Doorway) -> None:
    doorway.force(1.0)
    doorway.let_go(2.0)
    doorway.hold(3.0)
    doorway.tick(100.0)
    assert doorway.leaf_open is True


def test_a_strike_that_holds_again_does_not_close_the_leaf(doorway: Doorway) -> None:
    doorway.energise(True, 1.0)
    doorway.push(2.0)
    doorway.energise(False, 3.0)
    assert doorway.leaf_open is True


def test_the_bolt_is_thrown_while_the_strike_holds(doorway: Doorway) -> None:
    assert doorway.sense(Input.LOCK_POSITION) == Sense.ACTIVE
    doorway.energise(True, 1.0)
    assert doorway.sense(Input.LOCK_POSITION) == Sense.NORMAL


def test_a_wire_that_is_cut_reads_cut_whatever_the_contact_does(doorway: Doorway) -> None:
    doorway.cut(Input.DOOR_POSITION, 1.0)
    doorway.force(2.0)
    assert doorway.sense(Input.DOOR_POSITION) == Sense.CUT


def test_a_wire_that_is_short_reads_short(doorway: Doorway) -> None:
    doorway.short(Input.TAMPER, 1.0)
    assert doorway.sense(Input.TAMPER) == Sense.SHORT


def test_a_contact_that_sticks_reads_what_it_last_read(doorway: Doorway) -> None:
    doorway.stick(Input.DOOR_POSITION, 1.0)
    doorway.force(2.0)
    assert doorway.sense(Input.DOOR_POSITION) == Sense.NORMAL


def test_a_wire_that_was_mended_reads_what_is_so(doorway: Doorway) -> None:
    doorway.cut(Input.DOOR_POSITION, 1.0)
    doorway.force(2.0)
    doorway.mend(Input.DOOR_POSITION, 3.0)
    assert doorway.sense(Input.DOOR_POSITION) == Sense.ACTIVE


def test_the_history_says_what_happened_and_when(doorway: Doorway) -> None:
    doorway.energise(True, 1.0)
    doorway.energise(True, 1.5)
    doorway.push(2.0)
    doorway.energise(False, 3.0)
    doorway.let_go(4.0)
    doorway.tick(7.0)
    doorway.turn(Input.TAMPER, True, 8.0)
    assert doorway.history == [
        Happened(1.0, "strike gives"),
        Happened(2.0, "opened"),
        Happened(3.0, "strike holds"),
        Happened(7.0, "closed"),
        Happened(8.0, "tamper active"),
    ]
