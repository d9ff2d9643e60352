"""Ports that pyserial reaches over the network, and what a port does when its cable fails."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from serial import serial_for_url
from serial.rfc2217 import PortManager

from hardware.far_end import FarEnd
from hardware.serial_port import RETRY_S, STALE_MS, PortSettings, SerialPort
from kiosk.ports import Back, Lost
from tests.hardware.conftest import PATIENCE_S, Clock, is_readable


class Server:
    """One connection at a time on a free loopback port."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(PATIENCE_S)
        self.port = self._door.getsockname()[1]
        self.peer: socket.socket | None = None

    def accept(self) -> socket.socket:
        self.peer, _ = self._door.accept()
        self.peer.settimeout(PATIENCE_S)
        return self.peer

    def close(self) -> None:
        self._door.close()
        if self.peer is not None:
            self.peer.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def hear(port: SerialPort, clock: Clock, until: int) -> list[bytes | Lost | Back]:
    heard: list[bytes | Lost | Back] = []
    while sum(len(piece) if isinstance(piece, bytes) else 1 for piece in heard) < until:
        clock.wait(port)  # type: ignore[arg-type]
        heard += port.take()
    return heard


def connect(port: SerialPort, clock: Clock) -> None:
    """Until its thread has opened it: a port that was never lost has nothing to say about that."""
    clock.wait(port)  # type: ignore[arg-type]
    assert port.take() == []


def test_a_reader_on_the_network_is_read(server: Server, clock: Clock) -> None:
    port = SerialPort(PortSettings(f"socket://127.0.0.1:{server.port}", 9600), clock)
    peer = server.accept()
    connect(port, clock)
    peer.sendall(b"0123456789")
    assert b"".join(piece for piece in hear(port, clock, 10) if isinstance(piece, bytes)) == b"0123456789"
    port.close()


def test_a_relay_on_the_network_is_told(server: Server, clock: Clock) -> None:
    port = SerialPort(PortSettings(f"socket://127.0.0.1:{server.port}", 9600), clock)
    peer = server.accept()
    connect(port, clock)
    port.send(b"\xa0\x01\x01\xa2")
    assert peer.recv(16) == b"\xa0\x01\x01\xa2"
    port.close()


def test_a_connection_that_ends_is_lost_and_comes_back(server: Server, clock: Clock) -> None:
    port = SerialPort(PortSettings(f"socket://127.0.0.1:{server.port}", 9600), clock)
    peer = server.accept()
    connect(port, clock)
    peer.close()
    where = f"socket://127.0.0.1:{server.port}"
    assert hear(port, clock, 1) == [Lost(f"The serial port {where} failed: the other end closed the connection.")]
    assert hear(port, clock, 1) == [Back()]
    port.close()


def test_a_command_before_the_connection_stands_is_refused_and_the_port_counts_as_lost(
    server: Server, clock: Clock
) -> None:
    where = f"socket://127.0.0.1:{server.port}"
    port = SerialPort(PortSettings(where, 9600), clock)
    with pytest.raises(OSError, match="is not there"):
        port.send(b"x")
    assert hear(port, clock, 2) == [Lost(f"The serial port {where} is not there."), Back()]
    port.close()


def test_a_connection_that_is_refused_is_lost(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"socket://127.0.0.1:{taken.getsockname()[1]}"
    port = SerialPort(PortSettings(where, 9600), clock)
    assert hear(port, clock, 1) == [Lost(f"The serial port {where} cannot be opened: connection refused.")]
    port.close()


def test_a_connection_may_not_pretend_for_longer_than_it_should(server: Server, clock: Clock) -> None:
    port = SerialPort(PortSettings(f"socket://127.0.0.1:{server.port}", 9600), clock)
    server.accept()
    connect(port, clock)
    mine = port._line._socket  # type: ignore[union-attr]
    assert mine.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == STALE_MS
    port.close()


def test_a_port_may_be_closed_before_its_connection_stands(server: Server, clock: Clock) -> None:
    port = SerialPort(PortSettings(f"socket://127.0.0.1:{server.port}", 9600), clock)
    port.close()
    assert (port.fileno(), port.due(), port.take()) == (None, None, [])
    assert server.accept().recv(1) == b""


def test_closing_a_connection_ends_it_at_the_far_end(server: Server, clock: Clock) -> None:
    port = SerialPort(PortSettings(f"socket://127.0.0.1:{server.port}", 9600), clock)
    peer = server.accept()
    connect(port, clock)
    port.close()
    assert peer.recv(1) == b""


@pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:setName:DeprecationWarning")
def test_a_port_behind_rfc2217_is_read_and_told(server: Server, clock: Clock) -> None:
    remote = serial_for_url("loop://", timeout=0)
    port = SerialPort(PortSettings(f"rfc2217://127.0.0.1:{server.port}", 9600), clock)
    peer = server.accept()
    told: list[bytes] = []
    heard_all = threading.Event()
    manager_ready = threading.Event()

    def serve() -> None:
        manager = PortManager(remote, Connection(peer))  # type: ignore[arg-type]
        manager_ready.set()
        while data := peer.recv(1024):
            told.append(b"".join(manager.filter(data)))
            if b"".join(told) == b"\xa0\x01\x01\xa2":
                heard_all.set()

    thread = threading.Thread(target=serve)
    thread.start()
    connect(port, clock)
    peer.sendall(b"0123456789")
    assert b"".join(piece for piece in hear(port, clock, 10) if isinstance(piece, bytes)) == b"0123456789"
    port.send(b"\xa0\x01\x01\xa2")
    assert heard_all.wait(PATIENCE_S)
    port.close()
    thread.join(PATIENCE_S)
    remote.close()


class Connection:
    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer

    def write(self, data: bytes) -> None:
        self._peer.sendall(data)


# ---------------------------------------------------------------- a cable


def test_a_port_that_is_absent_is_lost_with_the_reason(tmp_path: Path, clock: Clock) -> None:
    port = SerialPort(PortSettings(f"{tmp_path}/none", 9600), clock)
    assert port.take() == [Lost(f"The serial port {tmp_path}/none cannot be opened: no such file or directory.")]
    assert port.due() == clock.now + RETRY_S
    port.close()


def test_a_file_that_is_no_port_is_lost(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").touch()
    port = SerialPort(PortSettings(f"{tmp_path}/file", 9600), clock)
    (lost,) = port.take()
    assert isinstance(lost, Lost)
    port.close()


def test_a_port_that_somebody_else_has_is_lost_with_the_reason(tmp_path: Path, clock: Clock) -> None:
    end = FarEnd(tmp_path / "port")
    first = SerialPort(PortSettings(str(end.link), 9600), clock)
    second = SerialPort(PortSettings(str(end.link), 9600), clock)
    assert second.take() == [Lost(f"The serial port {end.link} cannot be opened: another program has it open.")]
    for thing in (first, second, end):
        thing.close()


def test_what_waited_in_the_cable_before_the_port_was_open_is_discarded(tmp_path: Path, clock: Clock) -> None:
    end = FarEnd(tmp_path / "port")
    end.send(b"old")
    assert is_readable(end._slave, PATIENCE_S)
    port = SerialPort(PortSettings(str(end.link), 9600), clock)
    end.send(b"new")
    assert hear(port, clock, 3) == [b"new"]
    port.close()
    end.close()


def test_a_full_port_takes_no_half_commands_for_whole_ones(tmp_path: Path, clock: Clock) -> None:
    end = FarEnd(tmp_path / "port")
    port = SerialPort(PortSettings(str(end.link), 9600), clock)

    def flood() -> None:
        for _ in range(100_000):
            port.send(b"\xa0\x01\x01\xa2")

    with pytest.raises(OSError, match=r"^The serial port .* failed: .*\.$"):
        flood()
    (lost,) = port.take()
    assert isinstance(lost, Lost)
    port.close()
    end.close()


def test_a_port_leaves_no_descriptor_behind(tmp_path: Path, clock: Clock) -> None:
    end = FarEnd(tmp_path / "port")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count, not paths
    for _ in range(3):
        port = SerialPort(PortSettings(str(end.link), 9600), clock)
        end.unplug()
        hear(port, clock, 1)
        clock.wait(port)  # type: ignore[arg-type]
        port.take()
        end.plug()
        hear(port, clock, 1)
        port.close()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    end.close()
