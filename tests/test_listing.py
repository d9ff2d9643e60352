"""Which list is in force: told to the door, checked in a thread, swapped between two events, never guessed."""

import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.keys import Secret
from kiosk.listing import Listing
from kiosk.rules.credentials import CodeMatch
from kiosk.rules.messages import Kind
from tests.lists import CARD_KEY, CHIEF, CHIEFS_CARD, CODE, CODE_KEY, ISSUER, STRANGERS_CARD, VISITORS_ENTRY, write
from tests.scene import Scene

LISTS = {Kind.LIST, Kind.LIST_FAILED}


class Door:
    def __init__(self, scene: Scene, listing: Listing) -> None:
        self.scene, self.listing = scene, listing

    def open(self) -> None:
        self.listing.open(self.scene.loop)

    def settle(self) -> None:
        """Wait for the thread, and carry out what it found."""
        assert select.select([self.listing.fileno()], [], [], 30)[0]
        self.listing.settle()

    def told(self) -> list[tuple[Kind, object]]:
        """What the door was told of lists, since the scene began."""
        self.scene.wait(0.2)
        told = [entry for entry in self.scene.books.written if entry.kind in LISTS][1:]
        return [(entry.kind, entry.body.get("version", entry.body.get("why"))) for entry in told]

    @property
    def in_force(self) -> bool:
        return self.scene.loop.door.list is not None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def door(scene: Scene, folder: Path) -> Iterator[Door]:
    listing = Listing(folder, ISSUER, CARD_KEY, CODE_KEY)
    yield Door(scene, listing)
    listing.close()


def database(folder: Path, version: int = 1) -> Path:
    (found,) = (path for path in folder.glob("*.db") if str(version) in path.name)
    return found


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_the_list_that_lies_there_is_in_force_at_once(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    assert door.told() == [(Kind.LIST, 1)]


def test_its_whole_check_finds_nothing_and_changes_nothing(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    door.settle()
    assert door.told() == [(Kind.LIST, 1)]


def test_without_a_list_the_door_is_told(door: Door) -> None:
    door.open()
    ((kind, why),) = door.told()
    assert (kind, str(why).startswith("There is no access list in")) == (Kind.LIST_FAILED, True)
    assert not door.in_force


def test_a_card_is_found_with_its_person(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    assert door.listing.find(CHIEFS_CARD).person == CHIEF


def test_a_card_is_named_by_its_mac_even_without_a_list(door: Door, folder: Path) -> None:
    write(folder)
    unknown = door.listing.find(STRANGERS_CARD)
    door.open()
    assert unknown == door.listing.find(STRANGERS_CARD)
    assert unknown.credential is None


def test_a_code_is_matched(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    assert door.listing.match(CODE) == CodeMatch(VISITORS_ENTRY)


def test_without_a_list_no_code_matches(door: Door) -> None:
    door.open()
    assert door.listing.match(CODE) == CodeMatch()


def test_a_flaw_that_only_the_whole_check_finds_takes_the_list_out_of_force(door: Door, folder: Path) -> None:
    write(folder)
    flip(database(folder), -1)
    door.open()
    door.settle()
    assert (door.in_force, door.listing.find(CHIEFS_CARD).person) == (False, None)


def test_a_new_list_is_in_force_only_after_its_check(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    door.settle()
    write(folder, 2)
    door.listing.renew()
    assert door.told() == [(Kind.LIST, 1)]
    door.settle()
    assert door.told() == [(Kind.LIST, 1), (Kind.LIST, 2)]


def test_a_renewal_asked_for_during_a_check_is_made_after_it(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    write(folder, 2)
    door.listing.renew()
    door.settle()
    door.settle()
    assert door.told()[-1] == (Kind.LIST, 2)


def test_a_list_announced_twice_is_told_once(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    door.settle()
    door.listing.renew()
    door.settle()
    assert door.told() == [(Kind.LIST, 1)]


def test_a_new_list_that_is_damaged_leaves_the_old_one_in_force(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    door.settle()
    write(folder, 2)
    flip(database(folder, 2), -1)
    door.listing.renew()
    door.settle()
    assert (door.told()[-1][0], door.in_force) == (Kind.LIST_FAILED, True)
    assert door.listing.find(CHIEFS_CARD).person == CHIEF


def test_an_older_list_is_refused_and_the_newer_one_stays(door: Door, folder: Path) -> None:
    write(folder, 2)
    door.open()
    door.settle()
    write(folder, 1)
    door.listing.renew()
    door.settle()
    kind, why = door.told()[-1]
    assert (kind, "is older than 2" in str(why), door.in_force) == (Kind.LIST_FAILED, True, True)


def test_a_good_list_ends_what_a_damaged_one_began(door: Door, folder: Path) -> None:
    write(folder)
    flip(database(folder), -1)
    door.open()
    door.settle()
    write(folder, 2)
    door.listing.renew()
    door.settle()
    assert (door.told()[-1], door.scene.loop.door.list_fault) == ((Kind.LIST, 2), "")


def test_damage_met_by_a_look_up_takes_the_list_out_of_force(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    door.settle()
    path = database(folder)
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))
    door.listing.find(CHIEFS_CARD)
    assert not door.in_force


def test_a_list_of_another_issuer_is_not_believed(scene: Scene, folder: Path) -> None:
    write(folder)
    listing = Listing(folder, "", CARD_KEY, CODE_KEY)
    listing.open(scene.loop)
    listing.close()
    assert scene.loop.door.list is None


def test_a_list_sealed_under_another_key_is_not_believed(scene: Scene, folder: Path) -> None:
    write(folder)
    listing = Listing(folder, ISSUER, Secret(b"x" * 32), CODE_KEY)
    listing.open(scene.loop)
    listing.find(CHIEFS_CARD)
    listing.close()
    assert scene.loop.door.list is None


def test_closing_waits_for_a_check_under_way(door: Door, folder: Path) -> None:
    write(folder)
    door.open()
    thread = door.listing._thread
    assert thread is not None
    door.listing.renew()
    thread.join()
    assert not thread.is_alive()
