"""The door's end of door.sock: whatever its neighbours do, it hears the others, stays bounded and never raises."""

import os
import select
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.link import link as module
from kiosk.link import wire
from kiosk.link.link import Closed, Link, Peer
from kiosk.link.listening import LinkError
from kiosk.link.wire import Role
from kiosk.rules.messages import Kind, Order, Side
from kiosk.rules.view import Say, Screen, Tone

ME = os.getuid()
CODE = wire.EnterCode(code="27182818", side=Side.OUTSIDE)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Neighbour:
    """A raw socket that says whatever it likes."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.socket.setblocking(False)
        self._frames = wire.Frames()

    def say(self, *messages: wire.ToDoor) -> None:
        self.socket.send(b"".join(wire.frame(message) for message in messages))

    def read(self) -> bytes:
        """All that has come; empty when nothing has, or the door closed."""
        data = b""
        while True:
            try:
                chunk = self.socket.recv(1 << 16)
            except (BlockingIOError, ConnectionResetError):
                return data
            if not chunk:
                return data
            data += chunk

    def heard(self) -> list[wire.FromDoor]:
        return [wire.from_door(payload) for payload in self._frames.feed(self.read())]

    def closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True


class Door:
    """A link and its neighbours, closed together."""

    def __init__(self, folder: Path, roles: dict[Role, set[int]] | None = None) -> None:
        self.path = folder / "door.sock"
        self.clock = Clock()
        self.link = Link.open(self.path, {role: {ME} for role in Role} if roles is None else roles, self.clock)
        self.neighbours: list[Neighbour] = []

    def knock(self) -> Neighbour:
        neighbour = Neighbour(self.path)
        self.neighbours.append(neighbour)
        return neighbour

    def welcome(self, role: Role) -> tuple[Neighbour, Peer]:
        neighbour = self.knock()
        neighbour.say(wire.Hello(version=wire.VERSION, role=role))
        ((peer, _hello),) = self.take()
        return neighbour, peer

    def take(self) -> list[tuple[Peer, wire.ToDoor]]:
        """As the loop does: again while the descriptor is readable."""
        heard: list[tuple[Peer, wire.ToDoor]] = []
        for _ in range(1000):
            if not select.select([self.link], [], [], 0)[0]:
                return heard
            heard += self.link.take()
        raise AssertionError("The link wakes its loop for nothing.")

    def close(self) -> None:
        for neighbour in self.neighbours:
            neighbour.socket.close()
        self.link.close()


@pytest.fixture
def new_door(tmp_path: Path) -> Iterator[Callable[..., Door]]:
    doors: list[Door] = []

    def make(roles: dict[Role, set[int]] | None = None) -> Door:
        doors.append(Door(tmp_path, roles))
        return doors[-1]

    yield make
    for door in doors:
        door.close()


@pytest.fixture
def door(new_door: Callable[..., Door]) -> Door:
    return new_door()


def screen(number: int, size: int = 0) -> wire.Shown:
    return wire.Shown(screen=Screen(word=Say("Locked", {"pad": "x" * size}), tone=Tone.CALM, until=number))


# ---------------------------------------------------------------- who may say what


def test_a_hello_gives_a_peer_its_role_and_the_kernels_word_of_who_it_is(door: Door) -> None:
    _, peer = door.welcome(Role.CAMERA)
    assert peer == Peer(id=1, role=Role.CAMERA, uid=ME, pid=os.getpid())


def test_what_was_said_comes_in_order_with_who_said_it(door: Door) -> None:
    neighbour, peer = door.welcome(Role.SCREEN)
    neighbour.say(CODE, wire.AskScreen(), CODE)
    assert door.take() == [(peer, CODE), (peer, wire.AskScreen()), (peer, CODE)]


SAYINGS: list[wire.ToDoor] = [
    wire.AskScreen(),
    CODE,
    wire.PlaceOrder(order=Order.LOCKDOWN, by="desk"),
    wire.PhotoTaken(visit=None, digest=None, count=0, why="No camera."),
    wire.ListReady(version=1),
]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("saying", SAYINGS, ids=lambda saying: type(saying).__name__)
def test_a_role_is_heard_in_its_own_messages_and_closed_for_any_other(
    door: Door, role: Role, saying: wire.ToDoor
) -> None:
    neighbour, peer = door.welcome(role)
    neighbour.say(saying)
    if type(saying) in wire.MAY_SAY[role]:
        assert (door.take(), door.link.closed) == ([(peer, saying)], Counter())
    else:
        assert (door.take(), door.link.closed) == ([], Counter({Closed.FORBIDDEN: 1}))


def test_a_user_may_not_take_a_role_that_is_not_its_own(new_door: Callable[..., Door]) -> None:
    door = new_door({Role.SCREEN: {ME}, Role.SYNC: {ME + 1}})
    neighbour = door.knock()
    neighbour.say(wire.Hello(version=wire.VERSION, role=Role.SYNC))
    assert (door.take(), door.link.closed) == ([], Counter({Closed.ROLE: 1}))


def test_a_user_without_any_role_is_closed_before_it_says_anything(new_door: Callable[..., Door]) -> None:
    door = new_door({Role.SCREEN: {ME + 1}})
    neighbour = door.knock()
    door.take()
    assert (neighbour.heard(), neighbour.closed(), door.link.closed) == (
        [wire.Refused(why="This user has no role at this door.")],
        True,
        Counter({Closed.STRANGER: 1}),
    )


def test_another_version_is_told_so_and_closed(door: Door) -> None:
    neighbour = door.knock()
    neighbour.say(wire.Hello(version=wire.VERSION + 1, role=Role.SCREEN))
    assert (door.take(), neighbour.heard(), door.link.closed) == (
        [],
        [wire.Refused(why="This is another version of Doorward; restart what was not updated.")],
        Counter({Closed.VERSION: 1}),
    )


def test_nothing_is_heard_before_hello(door: Door) -> None:
    neighbour = door.knock()
    neighbour.say(CODE)
    assert (door.take(), door.link.closed) == ([], Counter({Closed.ROLE: 1}))


def test_a_role_cannot_be_changed(door: Door) -> None:
    neighbour, _ = door.welcome(Role.WATCH)
    neighbour.say(wire.Hello(version=wire.VERSION, role=Role.SYNC))
    assert (door.take(), door.link.closed) == ([], Counter({Closed.ROLE: 1}))


def test_what_was_said_well_before_misbehaving_counts(door: Door) -> None:
    neighbour, peer = door.welcome(Role.SCREEN)
    neighbour.socket.send(wire.frame(CODE) + b"\0\0\0\1\xc1")
    assert door.take() == [(peer, CODE)]


# ---------------------------------------------------------------- what is bounded


def test_a_frame_over_the_limit_is_refused_at_its_length(door: Door) -> None:
    neighbour, _ = door.welcome(Role.SCREEN)
    neighbour.socket.send(struct.pack(">I", wire.LIMIT + 1))
    assert (door.take(), door.link.closed) == ([], Counter({Closed.TOO_LONG: 1}))


def test_a_flood_is_closed_after_its_burst(door: Door) -> None:
    neighbour, _ = door.welcome(Role.SCREEN)
    neighbour.say(*[wire.AskScreen()] * module.BURST)
    assert (len(door.take()), door.link.closed) == (module.BURST - 1, Counter({Closed.FLOOD: 1}))


def test_a_neighbour_that_speaks_at_the_rate_is_heard_for_ever(door: Door) -> None:
    neighbour, peer = door.welcome(Role.SCREEN)
    heard = []
    for _ in range(10 * module.BURST):
        door.clock.now += 1 / module.RATE
        neighbour.say(wire.AskScreen())
        heard += door.take()
    assert heard == [(peer, wire.AskScreen())] * (10 * module.BURST)


def test_a_long_silence_saves_up_no_more_than_a_burst(door: Door) -> None:
    neighbour, _ = door.welcome(Role.SCREEN)
    door.clock.now += 3600
    neighbour.say(*[wire.AskScreen()] * (module.BURST + 1))
    assert (len(door.take()), door.link.closed) == (module.BURST, Counter({Closed.FLOOD: 1}))


def test_the_crowd_of_all_users_is_bounded(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "USER_CROWD", 2 * module.CROWD)
    for _ in range(module.CROWD + 3):
        door.knock()
        door.take()
    assert door.link.closed == Counter({Closed.CROWD: 3})


def test_one_users_crowd_is_turned_away(door: Door) -> None:
    crowd = [door.knock() for _ in range(module.USER_CROWD + 1)]
    door.take()
    assert ([neighbour.closed() for neighbour in crowd[:-1]], crowd[-1].heard(), door.link.closed) == (
        [False] * module.USER_CROWD,
        [wire.Refused(why="Too many are connected to this door; close one of them and try again.")],
        Counter({Closed.CROWD: 1}),
    )


def test_a_crowd_that_went_makes_room(door: Door) -> None:
    for _ in range(3 * module.USER_CROWD):
        door.knock().socket.close()
        door.take()
    door.welcome(Role.SCREEN)
    assert door.link.closed == Counter({Closed.GONE: 3 * module.USER_CROWD})


def test_a_face_that_does_not_read_gets_the_latest_screen_and_no_backlog(door: Door) -> None:
    neighbour, _ = door.welcome(Role.SCREEN)
    for number in range(200):
        door.link.broadcast(Role.SCREEN, screen(number, size=16_000))
    shown: list[wire.FromDoor] = []
    while news := neighbour.heard():
        shown += news
        door.take()
    assert (len(shown) < 50, shown[-1], door.link.closed) == (True, screen(199, size=16_000), Counter())


def test_a_neighbour_that_reads_none_of_its_answers_is_closed(door: Door) -> None:
    _, peer = door.welcome(Role.CAMERA)
    answer = wire.Refused(why="x" * 60_000)
    for _ in range(20):
        door.link.send(peer, answer)
    assert (door.link.peers(Role.CAMERA), door.link.closed) == ([], Counter({Closed.SLOW: 1}))


def test_an_answer_that_the_kernel_took_in_parts_arrives_whole(door: Door) -> None:
    neighbour, peer = door.welcome(Role.CAMERA)
    neighbour.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    answers: list[wire.FromDoor] = [wire.Refused(why=f"{number}" * 40_000) for number in range(5)]
    heard: list[wire.FromDoor] = []
    for answer in answers:
        door.link.send(peer, answer)
        heard += neighbour.heard()
        door.take()
    while news := neighbour.heard():
        heard += news
        door.take()
    assert heard == answers


def test_the_descriptor_is_quiet_once_all_is_read_and_said(door: Door) -> None:
    _, peer = door.welcome(Role.SCREEN)
    door.link.send(peer, screen(1))
    assert select.select([door.link], [], [], 0) == ([], [], [])


# ---------------------------------------------------------------- coming and going


def test_an_answer_to_one_who_has_gone_is_lost_with_him_alone(door: Door) -> None:
    neighbour, peer = door.welcome(Role.SCREEN)
    _, other = door.welcome(Role.SCREEN)
    neighbour.say(CODE)
    neighbour.socket.close()
    heard = door.take()
    door.link.send(peer, wire.Done())
    assert (heard, door.link.peers(Role.SCREEN), door.link.closed) == (
        [(peer, CODE)],
        [other],
        Counter({Closed.GONE: 1}),
    )


def test_an_answer_to_one_whose_going_is_not_known_yet_closes_him(door: Door) -> None:
    neighbour, peer = door.welcome(Role.SCREEN)
    neighbour.socket.close()
    door.link.send(peer, wire.Done())
    assert (door.link.peers(Role.SCREEN), door.take()) == ([], [])


def test_one_who_goes_without_reading_his_answer_has_gone(door: Door) -> None:
    neighbour, peer = door.welcome(Role.SCREEN)
    door.link.send(peer, wire.Done())
    neighbour.socket.close()
    assert (door.take(), door.link.peers(Role.SCREEN), door.link.closed) == ([], [], Counter({Closed.GONE: 1}))


def test_a_message_cut_off_by_going_is_no_message(door: Door) -> None:
    neighbour, _ = door.welcome(Role.SCREEN)
    neighbour.socket.send(wire.frame(CODE)[:-1])
    door.take()
    neighbour.socket.close()
    assert (door.take(), door.link.closed) == ([], Counter({Closed.GONE: 1}))


def test_a_broadcast_reaches_its_role_and_no_other(door: Door) -> None:
    camera, _ = door.welcome(Role.CAMERA)
    face, _ = door.welcome(Role.SCREEN)
    wanted = wire.PhotoWanted(why=Kind.FORCED, visit=None, burst=5)
    door.link.broadcast(Role.CAMERA, wanted)
    assert (camera.heard(), face.heard()) == ([wanted], [])


def test_a_peers_number_is_never_used_again(door: Door) -> None:
    neighbour, first = door.welcome(Role.SCREEN)
    neighbour.socket.close()
    door.take()
    _, second = door.welcome(Role.SCREEN)
    assert (first.id, second.id) == (1, 2)


def test_a_second_link_at_the_same_path_is_refused(door: Door) -> None:
    with pytest.raises(LinkError):
        Link.open(door.path, {})


def test_closing_lets_everybody_go_and_frees_the_path(door: Door) -> None:
    neighbour, _ = door.welcome(Role.SCREEN)
    door.link.close()
    door.link.close()
    assert (neighbour.closed(), door.path.exists()) == (True, False)


# ---------------------------------------------------------------- whatever bytes come

SPOILT = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([wire.frame(message) for message in [*SAYINGS, wire.Hello(version=1, role=Role.SYNC)]]),
    st.binary(max_size=40).map(lambda data: len(data).to_bytes(4, "big") + data),
)


@given(st.lists(st.lists(SPOILT, max_size=6), min_size=1, max_size=3), st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_arbitrary_bytes_in_arbitrary_pieces_never_raise_and_never_reach_the_others(
    tmp_path: Path, says: list[list[bytes]], data: st.DataObject
) -> None:
    door = Door(tmp_path)
    try:
        good, peer = door.welcome(Role.SCREEN)
        for parts in says:
            stream = b"".join(parts)
            cut = data.draw(st.integers(0, len(stream)))
            bad = door.knock()
            for piece in (stream[:cut], stream[cut:]):
                try:
                    bad.socket.send(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break
                for heard_from, _ in door.take():
                    door.link.send(heard_from, wire.Done())
            if data.draw(st.booleans()):
                bad.socket.close()
        good.say(CODE)
        assert (peer, CODE) in door.take()
    finally:
        door.close()
