"""What neighbours say at the socket, as events; what they are shown; what no record could hold."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.desk import Desk
from kiosk.keys import Secret
from kiosk.link import wire
from kiosk.link.client import Client
from kiosk.link.link import Link
from kiosk.link.wire import Done, EnterCode, ListReady, PhotoTaken, PhotoWanted, PlaceOrder, Refused, Role, Shown
from kiosk.listing import Listing
from kiosk.rules.messages import Input, Kind, ListFailed, Order, Permit, Sense, Side, TakePhoto
from kiosk.rules.view import Screen
from tests.scene import Scene

KEY = Secret(b"k" * 32)


class Office:
    """A desk over a real socket, served whenever a test says so: one thread, no waiting."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.link = Link.open(folder / "door.sock", {role: {os.getuid()} for role in Role})
        self.listing = Listing(folder, "", KEY, KEY)
        self.desk = Desk(self.link, self.listing, "south-gate", 7)
        self.folder = folder
        self._callers: list[Caller] = []

    def call(self, role: Role) -> "Caller":
        caller = Caller(self, role)
        self._callers.append(caller)
        return caller

    def serve(self) -> None:
        for _ in range(3):
            self.desk.serve(self.scene.loop)

    def show(self) -> None:
        self.desk.show(self.scene.loop.door)

    def close(self) -> None:
        for caller in self._callers:
            caller.client.close()
        self.link.close()
        self.listing.close()


class _Served(Client):
    """Its door is this very thread's."""

    def __init__(self, office: Office, role: Role) -> None:
        self._office = office
        super().__init__(office.folder / "door.sock", role)

    def _receive(self) -> None:
        self._office.serve()
        super()._receive()


class Caller:
    def __init__(self, office: Office, role: Role) -> None:
        self.client = _Served(office, role)

    def say(self, message: wire.ToDoor) -> Done | Refused:
        return self.client.ask(message)

    def shown(self) -> list[Screen]:
        """What it was shown since, by the door itself."""
        self.client._hear_what_came()
        told = [one.screen for one in self.client.told if isinstance(one, Shown)]
        self.client.told.clear()
        return told


@pytest.fixture
def office(scene: Scene, tmp_path: Path) -> Iterator[Office]:
    office = Office(scene, tmp_path)
    yield office
    office.close()


def test_who_comes_is_welcomed_with_the_doors_name_and_boot(office: Office) -> None:
    assert office.call(Role.SYNC).client.welcome == wire.Welcome(wire.VERSION, "south-gate", 7)


@pytest.mark.parametrize("role", [Role.SCREEN, Role.BENCH, Role.WATCH])
def test_a_face_is_shown_the_screen_as_it_comes(office: Office, role: Role) -> None:
    assert [screen.word.text for screen in office.call(role).shown()] == ["Locked"]


def test_a_screen_that_asks_is_shown_what_is_so_now(office: Office) -> None:
    face = office.call(Role.SCREEN)
    office.scene.read(Input.TAMPER, Sense.ACTIVE)
    assert face.client.screen().word.text == "Tampering"


def test_a_code_is_answered_done_whatever_it_was(office: Office) -> None:
    assert office.call(Role.SCREEN).say(EnterCode("00000000", Side.OUTSIDE)) == Done()
    office.scene.wait(1)
    assert office.scene.kinds()[-1] is Kind.DENIED


def test_an_order_is_recorded_with_who_gave_it_and_from_where(office: Office) -> None:
    assert office.call(Role.SYNC).say(PlaceOrder(Order.LOCKDOWN, "王建国", "drill")) == Done()
    assert office.scene.books.written[-1].body == {"by": "王建国 (sync)", "reason": "drill"}


def test_a_photo_is_recorded_with_its_visit(office: Office) -> None:
    assert office.call(Role.CAMERA).say(PhotoTaken("1-2-3", "ab" * 32, 2)) == Done()
    office.scene.wait(1)
    entry = office.scene.books.written[-1]
    assert (entry.visit, entry.body) == ("1-2-3", {"digest": "ab" * 32, "count": 2, "why": ""})


def test_the_camera_is_asked_for_photos(office: Office) -> None:
    camera, face = office.call(Role.CAMERA), office.call(Role.SCREEN)
    office.desk.photo(TakePhoto(Kind.FORCED, "v", 5))
    face.shown()
    assert camera.client.next() == PhotoWanted(Kind.FORCED, "v", 5)


def test_an_announced_list_is_looked_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[bool] = []
    monkeypatch.setattr(office.listing, "renew", lambda: renewed.append(True))
    assert (office.call(Role.SYNC).say(ListReady(3)), renewed) == (Done(), [True])


# ---------------------------------------------------------------- what is shown


def test_who_watches_is_shown_a_change_once(office: Office) -> None:
    face = office.call(Role.SCREEN)
    face.shown()
    office.scene.read(Input.TAMPER, Sense.ACTIVE)
    office.show()
    office.show()
    assert [screen.word.text for screen in face.shown()] == ["Tampering"]


def test_a_change_that_cannot_be_seen_is_not_shown(office: Office) -> None:
    face = office.call(Role.SCREEN)
    office.show()
    face.shown()
    office.scene.wait(1)
    office.show()
    assert face.shown() == []


def test_whoever_came_late_is_shown_how_things_went_back(office: Office) -> None:
    """The last screen told to others is not the last one told to who came since."""
    early = office.call(Role.SCREEN)
    office.show()
    early.client.close()
    office.serve()
    office.scene.read(Input.DOOR_POSITION, Sense.NORMAL)
    office.scene.wait(1)
    before = office.call(Role.WATCH)
    office.show()
    before.client.close()
    office.serve()
    office.scene.read(Input.TAMPER, Sense.CUT)
    late = office.call(Role.SCREEN)
    late.shown()
    office.scene.read(Input.TAMPER, Sense.NORMAL)
    office.show()
    assert [screen.word.text for screen in late.shown()] == ["Locked"]


def test_sync_and_camera_are_shown_nothing(office: Office) -> None:
    sync, camera = office.call(Role.SYNC), office.call(Role.CAMERA)
    office.scene.read(Input.TAMPER, Sense.ACTIVE)
    office.show()
    assert (sync.shown(), camera.shown()) == ([], [])


# ---------------------------------------------------------------- what no record could hold

LONG = "\x01" * 500  # six bytes each, as JSON has them
UNHEARD_OF = [
    PlaceOrder(Order.LOCKDOWN, "\x01" * 200, LONG),
    PlaceOrder(Order.MAINTENANCE, "王", permit=Permit("P", "x" * 5000, "王", 0, 2**40)),
    PlaceOrder(Order.MAINTENANCE, "王", permit=Permit("P", "", "王", 0, 2**53)),
    PlaceOrder(Order.MAINTENANCE, "王", permit=Permit("P", "", "王", 0, 1, tuple(range(2000)))),
]


@pytest.mark.parametrize("message", UNHEARD_OF)
def test_what_no_record_could_hold_is_refused_and_changes_nothing(office: Office, message: PlaceOrder) -> None:
    before = office.scene.loop.door
    answer = office.call(Role.SYNC).say(message)
    assert answer == Refused("No record can hold this: shorten its texts, and keep numbers below 2^53.")
    assert office.scene.loop.door is before


@pytest.mark.parametrize("order", list(Order))
def test_the_longest_order_in_chinese_is_recorded(office: Office, order: Order) -> None:
    assert office.call(Role.SYNC).say(PlaceOrder(order, "王" * 200, "检" * 500)) == Done()


def test_a_list_that_turns_out_damaged_as_a_code_is_matched_is_told_before_the_code(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, match = office.scene, office.listing.match

    def finds_damage(code: str) -> object:
        scene.now += 0.005  # it took a while to find out
        scene.loop.happen(ListFailed(scene.at, "It is damaged."))
        return match(code)

    monkeypatch.setattr(office.listing, "match", finds_damage)
    office.call(Role.SCREEN).say(EnterCode("00000000", Side.OUTSIDE))
    scene.wait(1)
    times = [entry.at.mono for entry in scene.books.written]
    assert times == sorted(times)
