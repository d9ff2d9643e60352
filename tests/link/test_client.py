"""A neighbour that may wait, at a door that answers, refuses, lies, or goes away."""

import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.link import wire
from kiosk.link.client import TOLD, Client
from kiosk.link.link import Link
from kiosk.link.listening import LinkError
from kiosk.link.wire import Role
from kiosk.rules.messages import Kind, Side
from kiosk.rules.view import Say, Screen, Tone

CODE = wire.EnterCode(code="27182818", side=Side.OUTSIDE)
WELCOME = wire.Welcome(version=wire.VERSION, door="south-gate", boot=3)
SCREEN = Screen(word=Say("Locked"), tone=Tone.CALM)
WANTED = wire.PhotoWanted(why=Kind.GRANTED, visit="v1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "door.sock"


@contextmanager
def in_a_thread(work: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@pytest.fixture
def door(path: Path) -> Iterator[Link]:
    """A door process in small: welcomes, shows, says Done, and then asks for a photo."""
    link = Link.open(path, {Role.SCREEN: {os.getuid()}, Role.SYNC: {os.getuid() + 1}})
    stop_reading, stop = os.pipe()

    def run() -> None:
        while stop_reading not in (ready := select.select([link.fileno(), stop_reading], [], [])[0]):
            assert ready
            for peer, message in link.take():
                match message:
                    case wire.Hello():
                        link.send(peer, WELCOME)
                    case wire.AskScreen():
                        link.send(peer, wire.Shown(screen=SCREEN))
                    case _:
                        link.send(peer, WANTED)
                        link.send(peer, wire.Done())

    with in_a_thread(run):
        yield link
        os.close(stop)
    os.close(stop_reading)
    link.close()


@contextmanager
def false_door(path: Path, *answers: bytes) -> Iterator[None]:
    """Answers whatever comes first with these bytes, a piece at a time, and hangs up."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(1)

        def run() -> None:
            connected, _address = listening.accept()
            with connected:
                for answer in answers:
                    connected.recv(4096)
                    connected.sendall(answer)

        with in_a_thread(run):
            yield


def test_a_client_is_welcomed(door: Link, path: Path) -> None:
    with Client(path, Role.SCREEN) as client:
        assert client.welcome == WELCOME


def test_a_question_gets_its_answer(door: Link, path: Path) -> None:
    with Client(path, Role.SCREEN) as client:
        assert client.ask(CODE) == wire.Done()


def test_what_the_door_says_by_itself_is_kept(door: Link, path: Path) -> None:
    with Client(path, Role.SCREEN) as client:
        client.ask(CODE)
        client.ask(CODE)
        assert list(client.told) == [WANTED, WANTED]


def test_what_is_kept_is_bounded(door: Link, path: Path) -> None:
    with Client(path, Role.SCREEN) as client:
        assert client.told.maxlen == TOLD


def test_the_screen_is_what_the_door_shows_now(door: Link, path: Path) -> None:
    with Client(path, Role.SCREEN) as client:
        assert client.screen() == SCREEN


def test_a_role_of_another_user_is_refused_in_the_doors_words(door: Link, path: Path) -> None:
    with pytest.raises(LinkError, match="Say Hello once, first, and for a role that this user may take"):
        Client(path, Role.SYNC)


def test_a_message_that_is_not_the_roles_is_refused_in_the_doors_words(door: Link, path: Path) -> None:
    with Client(path, Role.SCREEN) as client:
        assert client.ask(wire.ListReady(version=1)) == wire.Refused(why="This is not for this role to say.")


def test_after_a_refusal_that_closed_it_a_client_says_that_no_answer_comes(door: Link, path: Path) -> None:
    with Client(path, Role.SCREEN) as client:
        client.ask(wire.ListReady(version=1))
        with pytest.raises(LinkError, match="gave no answer"):
            client.ask(CODE)


def test_why_a_door_hung_up_is_heard_though_it_hung_up_before_the_question(path: Path) -> None:
    refused = wire.Refused(why="Too many messages at once; connect again and say less.")
    with false_door(path, wire.frame(WELCOME) + wire.frame(refused)):
        client = Client(path, Role.SCREEN)
    with client:
        assert client.ask(CODE) == refused


def test_no_door_is_one_sentence(path: Path) -> None:
    with pytest.raises(LinkError) as raised:
        Client(path, Role.SCREEN)
    assert str(raised.value) == f"No door answers at {path}: No such file or directory; start its process first."


def test_an_answer_lost_on_its_way_is_one_sentence(path: Path) -> None:
    with false_door(path, wire.frame(WELCOME), wire.frame(wire.Done())[:-1]), Client(path, Role.SCREEN) as client:
        with pytest.raises(LinkError) as raised:
            client.ask(CODE)
        assert str(raised.value) == f"The door at {path} gave no answer: the connection was closed."


@pytest.mark.parametrize("answer", [b"\0\0\0\1\xc1", b"\xff\xff\xff\xff", wire.frame(WANTED), b""])
def test_what_answers_like_no_door_is_refused(path: Path, answer: bytes) -> None:
    with false_door(path, answer), pytest.raises(LinkError):
        Client(path, Role.SCREEN)


def test_the_screen_is_the_one_that_the_door_shows_now(path: Path) -> None:
    """What it said by itself since is kept, and is no answer."""
    old, new = wire.Shown(screen=SCREEN), wire.Shown(screen=Screen(word=Say("Open"), tone=Tone.CALM))
    with false_door(path, wire.frame(WELCOME) + wire.frame(old), wire.frame(new)), Client(path, Role.SCREEN) as client:
        assert (client.screen(), list(client.told)) == (new.screen, [old])
