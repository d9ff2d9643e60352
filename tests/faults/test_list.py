"""The access list missing, damaged, renewed under way: nobody is let in by a list that is not its issuer's."""

from pathlib import Path

import pytest

from kiosk import keys
from kiosk.link.client import Client
from kiosk.link.wire import ListReady, Role
from kiosk.roster.enrolment import Keys, import_file
from kiosk.rules.access import Reason
from kiosk.rules.messages import Kind
from kiosk.rules.view import Say
from kiosk.settings import read_policy
from tests.house import CHIEF, STRANGER, House, until
from ui.bench import site

NEW = "AB12CD34EF"
MISSING = Say("The access list cannot be read. Ask the security office.")


def databases(house: House) -> list[Path]:
    return sorted(house.places.lists.glob("*.db"))


def renew(house: House, **changes: str) -> int:
    """A clerk's new list, with texts of its file replaced: its version, not yet announced."""
    people = house.folder / "access.toml"
    text = people.read_text()
    for old, new in changes.items():
        text = text.replace(old, new)
    people.write_text(text)
    read = keys.read_or_make
    issuer = Keys(
        f"{site.SITE}/doorward/list",
        read(house.places.card_key),
        read(house.places.code_key),
        read(house.places.issuer_key),
    )
    report = import_file(people, house.places.lists, read_policy(house.site.policy), issuer)
    assert (report.problems, report.version is None) == ((), False)
    return report.version or 0


def announce(house: House, version: int) -> None:
    with Client(house.places.socket, Role.SYNC) as sync:
        sync.ask(ListReady(version))


def flip(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 1]))


def test_without_a_list_everybody_is_refused_with_the_reason(house: House) -> None:
    for path in house.places.lists.iterdir():
        if path != house.places.issuer:
            path.unlink()
    house.start()
    house.badge(CHIEF)
    house.recorded(Kind.DENIED, reasons=[Reason.LIST_MISSING])
    assert (house.recorded(Kind.LIST_FAILED).facts["why"], house.screen.faults) == (
        f"There is no access list in {house.places.lists}: import one, or wait for the centre's.",
        (MISSING,),
    )


def test_a_list_that_was_flipped_before_the_start_is_out_of_force(house: House) -> None:
    (path,) = databases(house)
    flip(path, path.stat().st_size // 2)
    house.start()
    house.recorded(Kind.LIST_FAILED)
    house.badge(STRANGER)
    house.recorded(Kind.DENIED, reasons=[Reason.LIST_MISSING])


def test_a_list_that_was_cut_is_out_of_force(house: House) -> None:
    (path,) = databases(house)
    path.write_bytes(path.read_bytes()[:-1])
    house.start()
    house.recorded(Kind.LIST_FAILED)
    assert house.screen.faults == (MISSING,)


def test_a_list_of_nobody_whom_the_door_believes_is_out_of_force(house: House) -> None:
    house.places.issuer.unlink()
    house.start()
    house.badge(CHIEF)
    house.recorded(Kind.DENIED, reasons=[Reason.LIST_MISSING])


def test_leaving_needs_no_list(house: House) -> None:
    house.places.issuer.unlink()
    house.start()
    house.badge(STRANGER, site.INSIDE)
    house.released()


def test_a_list_that_comes_back_is_taken_in(house: House) -> None:
    (path,) = databases(house)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    house.start()
    house.recorded(Kind.LIST_FAILED)
    path.write_bytes(whole)
    announce(house, 1)
    house.recorded(Kind.LIST)
    house.badge(CHIEF)
    house.released()


def test_a_new_list_is_in_force_once_it_is_announced(house: House) -> None:
    house.start()
    house.badge(NEW)
    house.recorded(Kind.DENIED, reasons=[Reason.UNKNOWN_CREDENTIAL])
    version = renew(house, **{site.LOST: NEW, "disabled = true": ""})
    announce(house, version)
    house.recorded(Kind.LIST, version=version)
    house.badge(NEW)
    house.recorded(Kind.DENIED, reasons=[Reason.NO_APPROVAL])


def test_lists_are_swapped_while_cards_are_presented_and_every_card_is_answered(house: House) -> None:
    house.start()
    presented = 0
    for _ in range(4):
        version = renew(house)
        announce(house, version)
        for _ in range(10):
            house.badge(site.LOST)
            presented += 1
        house.recorded(Kind.LIST, version=version)
    house.recorded(Kind.DENIED, presented, reasons=[Reason.DISABLED, Reason.NO_APPROVAL])
    assert house.of(Kind.LIST_FAILED) == []


def test_a_new_list_that_is_damaged_leaves_the_old_one_in_force(house: House) -> None:
    house.start()
    before = databases(house)
    house.recorded(Kind.LIST)
    version = renew(house)
    (fresh,) = set(databases(house)) - set(before)
    flip(fresh, fresh.stat().st_size - 1)
    announce(house, version)
    house.recorded(Kind.LIST_FAILED)
    house.badge(CHIEF)
    house.released()
    assert house.screen.faults == (Say("The access list could not be renewed."),)


@pytest.mark.parametrize("missing", [True, False])
def test_a_card_presented_as_its_list_turns_out_damaged_is_refused_and_the_door_lives(
    house: House,
    missing: bool,  # noqa: FBT001 - either way
) -> None:
    process = house.start()
    house.recorded(Kind.LIST)
    (path,) = databases(house)
    data = path.read_bytes()
    # SQLite has read the head; what a look-up reads now is nothing but noise, or gone.
    path.write_bytes(data[:4096] + (b"" if missing else b"\xa5" * (len(data) - 4096)))
    house.badge(CHIEF)
    house.recorded(Kind.DENIED)
    process.ready()
    until("the list is out of force", lambda: MISSING in house.screen.faults)
    assert True not in house.relay
