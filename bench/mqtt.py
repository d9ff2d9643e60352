"""As much of MQTT 3.1.1 as the bench speaks to peers that have no serial port: connect, subscribe, publish, QoS 0.

A raw blocking socket: what the measuring side adds to a peer's time stays as thin as a write and a read.
"""

import select
import socket
import time

CONNECT, PUBLISH, SUBSCRIBE, SUBSCRIBED = 0x10, 0x30, 0x82, 0x90
RETAIN = 0x01
CLEAN_SESSION = 0x02
TYPE = 0xF0


class Client:
    def __init__(self, port: int, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""
        self._send(CONNECT, _text("MQTT") + bytes([4, CLEAN_SESSION, 0, 0]) + _text(name))
        self._receive(10)

    def subscribe(self, topic: str) -> None:
        self._send(SUBSCRIBE, b"\0\1" + _text(topic) + b"\0")
        while (packet := self._receive(10)) and packet[0] & TYPE != SUBSCRIBED:
            pass

    def publish(self, topic: str, message: str, *, retain: bool = False) -> None:
        self._send(PUBLISH | RETAIN * retain, _text(topic) + message.encode())

    def next_message(self, within_s: float) -> bytes | None:
        """The next message of any topic subscribed to, None if there is none in time."""
        until = time.monotonic() + within_s
        while packet := self._receive(until - time.monotonic()):
            kind, body = packet
            if kind & TYPE == PUBLISH:
                return body[2 + int.from_bytes(body[:2], "big") :]
        return None

    def close(self) -> None:
        self._socket.close()

    def _send(self, kind: int, body: bytes) -> None:
        self._socket.sendall(bytes([kind]) + _length(len(body)) + body)

    def _receive(self, within_s: float) -> tuple[int, bytes] | None:
        until = time.monotonic() + within_s
        while (packet := self._take()) is None:
            if not select.select([self._socket], [], [], max(0.0, until - time.monotonic()))[0]:
                return None
            heard = self._socket.recv(65536)
            if not heard:
                raise ConnectionError("The MQTT broker hung up.")
            self._unread += heard
        return packet

    def _take(self) -> tuple[int, bytes] | None:
        length = shift = 0
        for at, byte in enumerate(self._unread[1:5], start=2):
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte & 0x80:
                continue
            if len(self._unread) < at + length:
                return None
            packet = self._unread[0], self._unread[at : at + length]
            self._unread = self._unread[at + length :]
            return packet
        return None


def _text(value: str) -> bytes:
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def _length(value: int) -> bytes:
    coded = b""
    while True:
        value, low = divmod(value, 128)
        if not value:
            return coded + bytes([low])
        coded += bytes([low | 0x80])


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
