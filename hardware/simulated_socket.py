"""Simulated devices between processes: `simulated:PATH`, a Unix datagram socket.

    reader   simulated:/path/reader.sock                               hears "em4100:62E3086CED"
    input    simulated:/path/door_position.sock?settle_ms=20&first=normal
                                                                       hears normal | active | cut | short | unknown
    output   simulated:/path/siren.sock                                says active | inactive to whoever bound it

A reader and an input bind their socket with mode 0600 and take over a stale one, never a live one; anything else
that they hear is noise. `first` is what an input reads as it opens, unless a file `PATH.level` says it: a leaf that
stands open does not close because the door process restarts. A folder that is missing or a socket in use is `Lost`,
like any device that is absent. An output notices that nobody listens when it is next driven.
"""

import errno
import os
import re
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from hardware.drivers import Clock, Driver
from hardware.serial_port import RETRY_S
from hardware.settling import Settling
from hardware.url import Url
from kiosk.ports import Back, CardRead, Heard, LevelRead, Lost, Noise, OutputError
from kiosk.rules.credentials import Card
from kiosk.rules.messages import Input, Sense

_PATH_BYTES = 107  # sockaddr_un holds 108 with the NUL
_DATAGRAM = 256
_AT_ONCE = 64  # datagrams that one `take` reads: a flood keeps nobody else waiting
_CARD = re.compile(rb"([a-z0-9][a-z0-9-]{0,31}):((?:[0-9A-Fa-f]{2}){1,64})")


class SocketSettings(Struct, frozen=True):
    path: str


class InputSettings(Struct, frozen=True):
    path: str
    settle_ms: int
    first: Sense


def socket_settings(url: Url) -> SocketSettings:
    path = url.target
    if not path.startswith("/") or path.endswith("/"):
        url.problems.append(f'"{path}" is no socket; write an absolute path, as in simulated:/run/doorward/x.sock.')
    elif len(os.fsencode(path)) > _PATH_BYTES:
        url.problems.append(f"A socket's path has at most {_PATH_BYTES} bytes; choose a shorter folder.")
    return SocketSettings(path)


def input_settings(url: Url) -> InputSettings:
    path = socket_settings(url).path
    return InputSettings(path, url.whole("settle_ms", 0, 10_000, 20), Sense(url.choice("first", list(Sense), "normal")))


class _Socket:
    """A socket that is there as soon as it can be; what all three devices have in common."""

    def __init__(self, path: str, make: Callable[[str], socket.socket], clock: Clock) -> None:
        self._path = path
        self._make = make
        self._clock = clock
        self._retry_at = float("-inf")
        self._news: list[Heard] = []
        self._lost = self._closed = False
        self._socket: socket.socket | None = None
        self._open()

    def fileno(self) -> int | None:
        return None if self._socket is None else self._socket.fileno()

    def due(self) -> float | None:
        if self._news:
            return self._clock()
        return self._retry_at if self._socket is None and not self._closed else None

    def take(self) -> list[Heard]:
        if self._socket is None and not self._closed and self._clock() >= self._retry_at:
            self._open()
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        self._closed = True
        self._news.clear()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> None:
        try:
            self._socket = self._make(self._path)
        except OSError as error:
            self._lose(f"The socket {self._path} cannot be used: {os.strerror(error.errno or 0).lower()}.")
            return
        if self._lost:
            self._lost = False
            self._news.append(Back())

    def _lose(self, why: str) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._retry_at = self._clock() + RETRY_S
        if not self._lost:
            self._lost = True
            self._news.append(Lost(why))

    def _datagrams(self) -> list[bytes]:
        heard: list[bytes] = []
        with suppress(BlockingIOError):
            while self._socket is not None and len(heard) < _AT_ONCE:
                heard.append(self._socket.recv(_DATAGRAM))
        return heard


class SocketReader(_Socket):
    """A `kiosk.ports.Device`."""

    def __init__(self, settings: SocketSettings, clock: Clock) -> None:
        super().__init__(settings.path, _bind, clock)

    def take(self) -> list[Heard]:
        heard = super().take()
        for datagram in self._datagrams():
            match = _CARD.fullmatch(datagram)
            heard.append(CardRead(Card(match[1].decode(), bytes.fromhex(match[2].decode()))) if match else Noise(1))
        return heard

    def close(self) -> None:
        _leave(self, self._path)
        super().close()


class SocketInput(_Socket):
    """A `kiosk.ports.Device`."""

    def __init__(self, name: Input, settings: InputSettings, clock: Clock) -> None:  # noqa: ARG002 - the path says it
        self._settings = settings
        self._settling = Settling(settings.settle_ms / 1000)
        super().__init__(settings.path, _bind, clock)

    def due(self) -> float | None:
        settles = None if self._socket is None else self._settling.due()
        dues = [due for due in (super().due(), settles) if due is not None]
        return min(dues, default=None)

    def take(self) -> list[Heard]:
        heard = super().take()
        for datagram in self._datagrams():
            self._settled(heard)
            try:
                self._settling.hear(Sense(datagram.decode("ascii", "replace")), self._clock())
            except ValueError:
                heard.append(Noise(1))
        if self._socket is not None:
            self._settled(heard)
        return heard

    def close(self) -> None:
        _leave(self, self._path)
        super().close()

    def _open(self) -> None:
        super()._open()
        if self._socket is not None:
            self._settling = Settling(self._settings.settle_ms / 1000)
            self._settling.hear(_level(self._path, self._settings.first), self._clock())

    def _settled(self, heard: list[Heard]) -> None:
        sense = self._settling.settled(self._clock())
        if sense is not None:
            heard.append(LevelRead(sense))


class SocketOutput(_Socket):
    """A `kiosk.ports.Output`."""

    def __init__(self, settings: SocketSettings, clock: Clock) -> None:
        super().__init__(settings.path, _connect, clock)

    def drive(self, active: bool) -> None:  # noqa: FBT001 - the port's own shape
        level = "active" if active else "inactive"
        try:
            if self._socket is None:
                raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody listens")
            self._socket.send(level.encode())
        except OSError as error:
            why = f"The socket {self._path} was not told {level}: {os.strerror(error.errno or 0).lower()}."
            if not self._closed:
                self._lose(why)
            raise OutputError(why) from error


def _bind(path: str) -> socket.socket:
    made = _datagram_socket()
    try:
        os.fchmod(made.fileno(), 0o600)  # before the name exists: it is never open to others
        _remove_stale(path)
        made.bind(path)
    except OSError:
        made.close()
        raise
    return made


def _connect(path: str) -> socket.socket:
    made = _datagram_socket()
    try:
        made.connect(path)
    except OSError:
        made.close()
        raise
    return made


def _datagram_socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)


def _remove_stale(path: str) -> None:
    """Only a socket that nobody listens to is removed; anything else makes `bind` fail with its reason."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return
        try:
            _connect(path).close()
        except ConnectionRefusedError:
            Path(path).unlink()


def _leave(device: _Socket, path: str) -> None:
    if device.fileno() is not None:
        Path(path).unlink(missing_ok=True)


def _level(path: str, default: Sense) -> Sense:
    try:
        with Path(path + ".level").open(encoding="ascii") as file:
            return Sense(file.read(16).strip())
    except (OSError, ValueError):
        return default


READER = Driver(socket_settings, SocketReader)
OUTPUT = Driver(socket_settings, SocketOutput)
INPUT = Driver(input_settings, SocketInput)
