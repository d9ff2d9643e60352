"""The device's end of a serial cable: a pty under a stable name, which a driver opens like any port.

Pulling the plug closes both ends, so that the driver's own end hangs up, and takes the name away, as udev does;
plugging in makes a new pty under the old name. What is sent while nobody listens is lost, as on a cable.
"""

import os
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hardware import gwiot, id12, lcus, line, rdm6300
from kiosk.rules.credentials import Card

_CHUNK = 4096


def _gwiot(card: Card) -> bytes:
    if card.technology == "em4100":
        return gwiot.encode(0x02, card.number)
    return gwiot.encode(card.number[0], card.number[1:])


def _line(card: Card) -> bytes:
    return line.encode(card.number.hex().upper() if card.technology == "line-hex" else card.number.decode("ascii"))


_ENCODERS: dict[str, Callable[[Card], bytes]] = {
    "rdm6300": lambda card: rdm6300.encode(card.number),
    "id12": lambda card: id12.encode(card.number),
    "gwiot": _gwiot,
    "line": _line,
}


def frame(name: str, card: Card) -> bytes:
    """What a reader of the format `name` sends when it hears this card."""
    return _ENCODERS[name](card)


class FarEnd:
    """One plug. `link` is the name that the driver's URL gives."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._master: int | None = None
        self._slave = -1
        self.plug()

    def fileno(self) -> int | None:
        """Readable when the driver said something; None while unplugged."""
        return self._master

    def plug(self) -> None:
        if self._master is not None:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        new = self.link.with_name(self.link.name + ".new")
        new.unlink(missing_ok=True)
        new.symlink_to(os.ttyname(self._slave))
        new.replace(self.link)

    def unplug(self) -> None:
        if self._master is None:
            return
        self.link.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)
        self._master = None

    def send(self, data: bytes) -> None:
        if self._master is not None:
            with suppress(BlockingIOError):
                os.write(self._master, data)

    def receive(self) -> bytes:
        """What the driver said since the last call."""
        if self._master is not None:
            with suppress(BlockingIOError):
                return os.read(self._master, _CHUNK)
        return b""

    def close(self) -> None:
        self.unplug()


class ReaderEnd(FarEnd):
    """A card reader of the format `name`."""

    def __init__(self, link: Path, name: str) -> None:
        self._format = name
        super().__init__(link)

    def present(self, card: Card) -> None:
        self.send(frame(self._format, card))


class RelayEnd(FarEnd):
    """An LCUS board of one channel. Without its plug it has no power, and is off."""

    def __init__(self, link: Path, channel: int = 1) -> None:
        self._channel = channel
        self._commands = lcus.Commands()
        self.active = False
        super().__init__(link)

    def obey(self) -> bool:
        """Carries out what was heard; the level it has now."""
        for channel, active in self._commands.feed(self.receive()):
            if channel == self._channel:
                self.active = active
        return self.active

    def unplug(self) -> None:
        super().unplug()
        self._commands = lcus.Commands()
        self.active = False
