"""A serial port as bytes that come and go: the only file that knows pyserial.

    PORT = ///dev/ttyUSB0 | /any/absolute/path | any pyserial URL (socket://host:port, rfc2217://host:port, …)

A **local** port is read and written on its own descriptor: no thread and no pyserial call stands between the last
byte and the card. VMIN is 1 (pyserial's `inter_byte_timeout=0`), so that with O_NONBLOCK "nothing yet" is EAGAIN and
an empty read can only mean that the device hung up. Every other port, whose descriptor is missing (rfc2217) or is
not ours to poll (`socket://` sleeps 0.3 s while it closes), is **pumped** by a thread into a pipe.

Opening can take seconds (a network, a hung adapter), so it happens in a thread of its own; but for the first opening
of a local port, for which the lock's first drive waits. Attempts start RETRY_S after a failure, and so a device is
back well within the 5 s of `kiosk.ports`. Opening discards what the kernel still held: a card that was shown to
nobody is not replayed to whoever opens next.

A connection that swallows bytes is worse than one that fails: what the network has not acknowledged for STALE_MS
kills it, so that no release arrives long after it was asked for, and a reader behind a cut cable is missed within
seconds. On a cable of its own a reader that hangs is as silent as one with no card before it: nobody can tell.
"""

import errno
import os
import select
import socket
import termios
import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from hardware.url import Url
from kiosk.ports import Back, Lost

if TYPE_CHECKING:
    from serial import SerialBase

RETRY_S = 2.0
STALE_MS = 2000
_CHUNK = 4096
_LOOK_S = 0.2  # how long a pump may overlook that nobody listens any more
_FAILURES = (OSError, ValueError, TypeError, AttributeError, ImportError, RuntimeError, termios.error)
_BAUDS = ("1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200", "230400", "460800", "921600")

Piece: TypeAlias = bytes | Lost | Back


class PortSettings(Struct, frozen=True):
    where: str  # a path, or a URL for pyserial
    baud: int


def port_settings(url: Url) -> PortSettings:
    """Reads PORT and `baud=` (default 9600; 8N1 always), and notes in the URL what is wrong."""
    baud = int(url.choice("baud", _BAUDS, "9600"))
    where = url.target.removeprefix("//") if url.target.startswith("///") else url.target
    scheme, is_url, rest = where.partition("://")
    if is_url:
        if not (scheme.isalnum() and find_spec(f"serial.urlhandler.protocol_{scheme.lower()}")):
            url.problems.append(f'pyserial knows no "{scheme}://"; use a path, socket:// or rfc2217://.')
        elif scheme in {"socket", "rfc2217"} and not _has_port(rest):
            url.problems.append(f'"{where}" names no host and port; write {scheme}://host:4001.')
    elif not where.startswith("/"):
        url.problems.append(f'"{where}" is no serial port; write an absolute path, as in {url.scheme}:///dev/ttyUSB0.')
    return PortSettings(where, baud)


def _has_port(rest: str) -> bool:
    host, _, number = rest.partition("?")[0].rstrip("/").rpartition(":")
    return bool(host) and number.isascii() and number.isdigit() and len(number) < 6 and 0 < int(number) < 65536


class SerialPort:
    """Bytes in and out. `fileno`, `due` and `close` are those of `kiosk.ports.Device`."""

    def __init__(self, settings: PortSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._line: _Line | None = None
        self._opening: _Opening | None = None
        self._news: list[Piece] = []
        self._lost = False
        self._closed = False
        self._retry_at = 0.0
        if "://" in settings.where:
            self._opening = _Opening(settings)
        else:
            try:
                self._line = _open(settings)
            except _FAILURES as error:
                self._lose(_cannot_open(settings.where, error))

    def fileno(self) -> int | None:
        if self._line is not None:
            return self._line.fd
        return self._opening.bell if self._opening is not None else None

    def due(self) -> float | None:
        if self._news:
            return self._clock()
        return self._retry_at if self._line is None and self._opening is None and not self._closed else None

    def take(self) -> list[Piece]:
        """What came since the last call, in order, at most one chunk of bytes."""
        if self._line is None and not self._closed:
            self._come_back()
        news, self._news = self._news, []
        if self._line is not None:
            news += self._read(self._line)
        return news

    def send(self, data: bytes) -> None:
        """Hands all of it to the kernel at once, or raises OSError with a sentence; then how much went is unknown."""
        line = self._line
        if line is None:
            why = f"The serial port {self._settings.where} is not there."
            if not self._closed:
                self._tell(why)
            raise OSError(why)
        try:
            sent = line.write(data)
        except _FAILURES as error:
            reason = _reason(error)
        else:
            if sent == len(data):
                return
            reason = f"it took {sent} of {len(data)} bytes"
        why = f"The serial port {self._settings.where} failed: {reason}."
        self._lose(why)
        raise OSError(why)

    def close(self) -> None:
        self._closed = True
        self._news.clear()
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._opening is not None:
            self._opening.abandon()
            self._opening = None

    def _read(self, line: "_Line") -> list[Piece]:
        try:
            data = os.read(line.fd, _CHUNK)
        except BlockingIOError:
            return []
        except OSError as error:
            reason = _reason(error)
        else:
            if data:
                return [data]
            reason = line.why or "it hung up"
        self._lose(f"The serial port {self._settings.where} failed: {reason}.")
        news, self._news = self._news, []
        return news

    def _come_back(self) -> None:
        if self._opening is None:
            if self._clock() >= self._retry_at and not self._news:
                self._opening = _Opening(self._settings)
            return
        if not self._opening.done:
            return
        opened, self._opening = self._opening, None
        self._line = opened.adopt()
        if self._line is None:
            self._lose(opened.why)
        elif self._lost:
            self._lost = False
            self._news.append(Back())

    def _lose(self, why: str) -> None:
        if self._line is not None:
            self._line.close(forget=True)
            self._line = None
        self._retry_at = self._clock() + RETRY_S
        self._tell(why)

    def _tell(self, why: str) -> None:
        if not self._lost:
            self._lost = True
            self._news.append(Lost(why))


class _Line:
    """An open local port, read on `fd`. pyserial's object keeps the descriptor and the exclusive lock."""

    why = ""

    def __init__(self, port: "SerialBase", fd: int) -> None:
        self._port = port
        self.fd = fd

    def write(self, data: bytes) -> int:
        return os.write(self.fd, data)

    def close(self, *, forget: bool = False) -> None:
        """Forget what was not yet sent to a device that failed: the kernel would wait for it, up to 30 s."""
        try:
            if forget:
                termios.tcflush(self.fd, termios.TCOFLUSH)
        except termios.error:
            pass  # it is gone: there is nothing to wait for
        self._port.close()


class _Pumped(_Line):
    """A port without a descriptor of its own: a thread reads it into a pipe, and closes it."""

    def __init__(self, port: "SerialBase") -> None:
        fd, self._mouth = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(fd, False)
        super().__init__(port, fd)
        self._left = threading.Event()
        self._socket = _fresh(port)
        threading.Thread(target=self._pump, name="serial pump", daemon=True).start()

    def write(self, data: bytes) -> int:
        # A duplicate of our own: the pump may close the port, and its number be someone else's, at any moment.
        if self._socket is not None:
            return self._socket.send(data, socket.MSG_DONTWAIT)
        return int(self._port.write(data) or 0)

    def close(self, *, forget: bool = False) -> None:  # noqa: ARG002 - a network keeps nothing to wait for
        self._left.set()
        os.close(self.fd)
        if self._socket is not None:
            self._socket.close()

    def _pump(self) -> None:
        try:
            while not self._left.is_set():
                if data := self._wait():
                    os.write(self._mouth, data)
        except Exception as error:  # noqa: BLE001 - whatever it is, the port is gone, and must be missed
            self.why = _reason(error)
        finally:
            os.close(self._mouth)
            connection = getattr(self._port, "_socket", None)
            self._port.close()
            if connection is not None:
                connection.close()  # pyserial forgets to, when the other end was first

    def _wait(self) -> bytes:
        if self._socket is None:
            return bytes(self._port.read(max(1, getattr(self._port, "in_waiting", 1))))
        fd = self._port.fileno()
        if not select.select([fd], [], [], _LOOK_S)[0]:
            return b""
        data = os.read(fd, _CHUNK)
        if not data:
            raise OSError("the other end closed the connection")
        return data


class _Opening:
    """One attempt to open, in a thread of its own. `bell` becomes readable when it is over."""

    def __init__(self, settings: PortSettings) -> None:
        self.bell, self._ring = os.pipe2(os.O_CLOEXEC)
        self.done = False
        self.why = ""
        self._line: _Line | None = None
        self._abandoned = False
        self._lock = threading.Lock()
        threading.Thread(target=self._run, args=(settings,), name="serial opening", daemon=True).start()

    def adopt(self) -> _Line | None:
        """The open line once `done`; None: `why`."""
        os.close(self.bell)
        return self._line

    def abandon(self) -> None:
        with self._lock:
            self._abandoned = True
            if self._line is not None:
                self._line.close()
        os.close(self.bell)

    def _run(self, settings: PortSettings) -> None:
        line = None
        try:
            line = _open(settings)
        except Exception as error:  # noqa: BLE001 - an attempt that never ended would be a port that never comes back
            self.why = _cannot_open(settings.where, error)
        with self._lock:
            if self._abandoned and line is not None:
                line.close()
            self._line = line
            self.done = True
        os.close(self._ring)


def _open(settings: PortSettings) -> _Line:
    from serial import serial_for_url

    if "://" in settings.where:
        return _Pumped(serial_for_url(settings.where, settings.baud, timeout=_LOOK_S))
    port = serial_for_url(settings.where, settings.baud, timeout=0, inter_byte_timeout=0, exclusive=True)
    return _Line(port, port.fileno())


def _fresh(port: "SerialBase") -> socket.socket | None:
    """Bounds how long a TCP connection may pretend; gives a duplicate to write to where bytes go out as they are."""
    connection = getattr(port, "_socket", None)
    if not isinstance(connection, socket.socket):
        return None
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALE_MS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 2)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    try:
        port.fileno()
    except OSError:
        return None
    return connection.dup()


def _cannot_open(where: str, error: BaseException) -> str:
    return f"The serial port {where} cannot be opened: {_reason(error, 'another program has it open')}."


def _reason(error: BaseException, busy: str = "it takes no more") -> str:
    """In the system's words: pyserial wraps them, with or without the number."""
    inner: BaseException | None = error
    while inner is not None:
        if getattr(inner, "errno", None) == errno.EAGAIN:
            return busy
        if getattr(inner, "errno", None):
            return os.strerror(inner.errno).lower()  # type: ignore[attr-defined]
        inner = inner.__context__
    return str(error).rstrip(".")
