"""LCUS-type USB relays (LCUS-1, -2, -4, -8; CH340, 9600 8N1) as a lock's or siren's output.

    lcus:PORT?channel=1&baud=9600                                          (PORT: `hardware.serial_port`)

    A0 <channel> <01 on | 00 off> <sum of the three>

Relay on = active = released: a fail-secure strike stands on the normally open contact, a fail-safe magnet on the
normally closed one. The relay never answers: that it was told is all that can be known, and a wired door position
and lock position say the rest. Opening sends nothing, closing neither; the relay keeps its level until it is told or
unplugged. A command that did not go out whole takes the port down, so that the next one starts on a clean line.
"""

from msgspec import Struct

from hardware.drivers import Clock, Driver
from hardware.serial_port import PortSettings, SerialPort, port_settings
from hardware.url import Url
from kiosk.ports import Heard, OutputError

_HEAD = 0xA0
_SIZE = 4
_CHANNELS = 8


class RelaySettings(Struct, frozen=True):
    port: PortSettings
    channel: int


def relay_settings(url: Url) -> RelaySettings:
    return RelaySettings(port_settings(url), url.whole("channel", 1, _CHANNELS))


def encode(channel: int, active: bool) -> bytes:  # noqa: FBT001 - a level is what it is
    frame = bytes([_HEAD, channel, active])
    return frame + bytes([sum(frame) & 0xFF])


class Commands:
    """What the relay hears: the far end of `encode`, for the simulated twin."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bool]]:
        """(channel, active) of each whole command, in order; everything else is skipped."""
        self._held += data
        heard: list[tuple[int, bool]] = []
        while len(self._held) >= _SIZE:
            head, channel, level, check = self._held[:_SIZE]
            good = head == _HEAD and 1 <= channel <= _CHANNELS and level <= 1
            if good and check == (head + channel + level) & 0xFF:
                heard.append((channel, bool(level)))
                del self._held[:_SIZE]
            else:
                del self._held[0]
        return heard


class Relay:
    """A `kiosk.ports.Output`."""

    def __init__(self, settings: RelaySettings, clock: Clock) -> None:
        self._settings = settings
        self._port = SerialPort(settings.port, clock)

    def fileno(self) -> int | None:
        return self._port.fileno()

    def due(self) -> float | None:
        return self._port.due()

    def take(self) -> list[Heard]:
        return [piece for piece in self._port.take() if not isinstance(piece, bytes)]

    def drive(self, active: bool) -> None:  # noqa: FBT001 - the port's own shape
        try:
            self._port.send(encode(self._settings.channel, active))
        except OSError as error:
            act = "on" if active else "off"
            raise OutputError(f"Relay {self._settings.channel} could not be switched {act}: {error}") from error

    def close(self) -> None:
        self._port.close()


OUTPUT = Driver(relay_settings, Relay)
