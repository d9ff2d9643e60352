"""A neighbour that floods, lies or hangs at the socket keeps nobody from entering or leaving."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kiosk.link import wire
from kiosk.link.client import Client
from kiosk.link.wire import EnterCode, Hello, Role
from kiosk.rules.messages import Kind, Order, Permit, Side
from tests.house import CHIEF, House, Process


@pytest.fixture
def open_sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def connect(house: House, stack: ExitStack) -> socket.socket:
    made = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    made.connect(str(house.places.socket))
    made.settimeout(10)
    return made


def works(house: House, process: Process) -> None:
    house.badge(CHIEF)
    house.released()
    process.ready()


def test_a_flood_of_codes_is_cut_off_and_tries_no_more_than_it_may(house: House, open_sockets: ExitStack) -> None:
    process = house.start()
    flooder = connect(house, open_sockets)
    code = wire.frame(EnterCode("00000000", Side.OUTSIDE))
    flooder.sendall(wire.frame(Hello(wire.VERSION, Role.SCREEN)))
    with pytest.raises(OSError):  # noqa: PT011 - however the kernel says that the other end is gone
        flooder.sendall(code * 100_000)
    house.recorded(Kind.CODE_LOCKOUT)
    works(house, process)
    assert len(house.of(Kind.CODE_LOCKOUT)) == 1


@pytest.mark.parametrize("said", [b"\xff" * 5000, b"\0\0\0\x05hello", b"GET / HTTP/1.1\r\n\r\n" * 50])
def test_nonsense_is_cut_off(house: House, open_sockets: ExitStack, said: bytes) -> None:
    process = house.start()
    liar = connect(house, open_sockets)
    liar.sendall(said)
    while liar.recv(4096):
        pass
    works(house, process)


def test_a_crowd_that_says_nothing_keeps_no_reader_waiting(house: House, open_sockets: ExitStack) -> None:
    process = house.start()
    for _ in range(80):
        connect(house, open_sockets)
    works(house, process)


def test_whoever_never_reads_is_let_go(house: House, open_sockets: ExitStack) -> None:
    process = house.start()
    deaf = connect(house, open_sockets)
    deaf.sendall(wire.frame(Hello(wire.VERSION, Role.SCREEN)))
    for _ in range(30):
        house.badge("0123456789")
        house.recorded(Kind.DENIED)
    works(house, process)


def test_an_order_that_no_record_could_hold_does_not_take_the_door_down(house: House) -> None:
    process = house.start()
    permit = Permit("P", "x" * 20_000, "林慧", 0, 2**40)
    for order in (Order.MAINTENANCE, Order.LOCKDOWN):
        assert isinstance(house.order(order, permit=permit), wire.Refused)
    works(house, process)


def test_a_screen_cannot_give_orders(house: House) -> None:
    process = house.start()
    with Client(house.places.socket, Role.SCREEN) as screen:
        assert screen.ask(wire.PlaceOrder(Order.EVACUATION, "me")) == wire.Refused("This is not for this role to say.")
    works(house, process)
    assert house.of(Kind.EVACUATION) == []
