"""Card readers that send frames over a serial port.

    serial:PORT?format=rdm6300|id12|gwiot|line&baud=9600&again_ms=N        (PORT: `hardware.serial_port`)

`format` is mandatory and never guessed; `line` wants `number=` too (`hardware.line`). `again_ms` is the silence
after which a tag that stayed counts as presented again, 0 for "every frame" (rdm6300: 500, the others: 0).

What was half read when the port was lost is forgotten: it cannot end in a card. Bad frames are reported at once,
and after that at most every NOISE_S with their count: a reader in a storm of noise fills no ledger.
"""

from collections.abc import Callable

from msgspec import Struct

from hardware import gwiot, id12, line, rdm6300
from hardware.drivers import Clock, Driver
from hardware.frames import Frames
from hardware.presentations import Presentations
from hardware.serial_port import PortSettings, SerialPort, port_settings
from hardware.url import Url
from kiosk.ports import Begun, CardRead, Heard, Noise

NOISE_S = 10.0
_BEGUN = Begun()

_FORMATS = {"gwiot": gwiot.FORMAT, "id12": id12.FORMAT, "line": line.FORMAT, "rdm6300": rdm6300.FORMAT}


class ReaderSettings(Struct, frozen=True):
    port: PortSettings
    frames: Callable[[], Frames]
    again_ms: int
    repeat_ms: int


def reader_settings(url: Url) -> ReaderSettings:
    port = port_settings(url)
    frame_format = _FORMATS[url.choice("format", _FORMATS)]
    again_ms = url.whole("again_ms", 0, 60_000, frame_format.again_ms)
    return ReaderSettings(port, frame_format.frames(url), again_ms, frame_format.repeat_ms)


class SerialReader:
    """A `kiosk.ports.Device`."""

    def __init__(self, settings: ReaderSettings, clock: Clock) -> None:
        self._clock = clock
        self._new_frames = settings.frames
        self._frames = settings.frames()
        self._presentations = Presentations(settings.again_ms / 1000, settings.repeat_ms / 1000)
        self._bad = 0
        self._noise_at = float("-inf")
        self._port = SerialPort(settings.port, clock)

    def fileno(self) -> int | None:
        return self._port.fileno()

    def due(self) -> float | None:
        port = self._port.due()
        if not self._bad:
            return port
        return self._noise_at if port is None else min(port, self._noise_at)

    def take(self) -> list[Heard]:
        heard: list[Heard] = []
        for piece in self._port.take():
            if isinstance(piece, bytes):
                cards, bad = self._frames.feed(piece)
                if cards:
                    heard += [CardRead(card) for card in self._presentations.fresh(cards, self._clock())]
                elif self._frames.begun:
                    heard.append(_BEGUN)
                self._bad += bad
            else:
                self._frames = self._new_frames()
                heard.append(piece)
        if self._bad and self._clock() >= self._noise_at:
            heard.append(Noise(self._bad))
            self._bad = 0
            self._noise_at = self._clock() + NOISE_S
        return heard

    def close(self) -> None:
        self._bad = 0
        self._port.close()


READER = Driver(reader_settings, SerialReader)
