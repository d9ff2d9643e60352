"""F7: a second door process is refused with a sentence, and the first notices nothing."""

from kiosk.rules.messages import Kind
from tests.house import CHIEF, House


def test_a_second_door_is_refused_with_a_sentence(house: House) -> None:
    house.start()
    second = house.spawn()
    assert second.status() == 1
    assert second.said == (
        f"The ledger {house.places.ledger} is being written by another process, which holds "
        f"{house.places.data}/ledger.lock; only one door process may run: stop the other one first.\n"
    )


def test_a_second_door_does_not_touch_the_lock_of_the_first(house: House) -> None:
    house.start()
    house.badge(CHIEF)
    house.released()
    told = list(house.relay)
    house.spawn().status()
    assert house.relay == told


def test_the_first_door_works_on(house: House) -> None:
    house.start()
    house.spawn().status()
    house.badge(CHIEF)
    house.released()
    assert len(house.of(Kind.STARTED)) == 1


def test_another_ledger_does_not_make_room_at_the_socket(house: House) -> None:
    house.start()
    house.places.ledger.with_suffix(".lock").unlink()
    second = house.spawn()
    assert second.status() == 1
    assert second.said == (
        f"Another door process runs with the socket {house.places.socket}; stop it before you start this one.\n"
    )
