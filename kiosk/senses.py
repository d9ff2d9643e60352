"""What devices say, as events of the door: who, on which side, at what moment, and what the list knows of it."""

from collections.abc import Callable

from msgspec import Struct

from kiosk.loop import Loop
from kiosk.poll import Poll, Watch
from kiosk.ports import Back, Begun, CardRead, Device, Heard, LevelRead, Lost, Noise, Output, OutputError
from kiosk.rules.credentials import Card, Found
from kiosk.rules.messages import (
    BadFrames,
    CardPresented,
    DeviceBack,
    DeviceLost,
    Event,
    Input,
    InputChanged,
    Moment,
    NeighbourChanged,
    Sense,
    Side,
)
from kiosk.rules.turn import LOCK

# What explains an open leaf is heard before the leaf: a lever that opens mechanically moves both contacts at once.
_FIRST = (
    Input.FIRE,
    Input.EXIT_BUTTON,
    Input.TAMPER,
    Input.PRESENCE,
    Input.LOCK_POSITION,
    Input.DOOR_POSITION,
)
_NOBODYS = Card("none", b"")  # what is rehearsed with before the first card
NOISE_MS = 60_000  # bad frames are counted at once, and recorded at most this often


class Hardware(Struct):
    """The door's devices, by the names that records give them."""

    lock: Output
    readers: dict[str, tuple[Side, Device]]
    inputs: dict[Input, Device]
    siren: Output | None = None
    neighbours: dict[str, Device] = {}

    def close(self) -> None:
        for device in (self.lock, self.siren, *self.inputs.values(), *self.neighbours.values()):
            if device is not None:
                device.close()
        for _, device in self.readers.values():
            device.close()


class Senses:
    """Watches every device and tells the loop."""

    def __init__(self, hardware: Hardware, loop: Loop, poll: Poll, find: Callable[[Card], Found]) -> None:
        self._loop, self._poll, self._find = loop, poll, find
        self._watch(LOCK, hardware.lock, self._nothing)
        if hardware.siren is not None:
            self._watch("siren", hardware.siren, self._nothing, back=self._siren_again(hardware.siren))
        for which in sorted(hardware.inputs, key=_FIRST.index):
            self._watch(which.value, hardware.inputs[which], self._input(which))
        for name, (side, device) in hardware.readers.items():
            self._watch(name, device, self._reader(name, side))
        for name, device in hardware.neighbours.items():
            self._watch(name, device, self._neighbour(name))

    def _watch(
        self,
        name: str,
        device: Device,
        hear: Callable[[Moment, Heard], Event | None],
        back: Callable[[], None] = lambda: None,
    ) -> None:
        noise = _Noise(name)

        def ready() -> None:
            for heard in device.take():
                at = self._loop.clock.moment()
                event = hear(at, heard)  # first: it may be a card, and somebody waits
                if event is None:
                    if isinstance(heard, Lost | Back):
                        self._poll.renew(watch, closed=True)
                        if isinstance(heard, Back):
                            back()
                    event = noise.event(heard, at) or _health(name, heard, at)
                if event is not None:
                    self._loop.happen(event)

        watch: Watch = self._poll.watch(device, ready)
        ready()
        self._poll.renew(watch)

    def _reader(self, name: str, side: Side) -> Callable[[Moment, Heard], Event | None]:
        last = _NOBODYS

        def hear(at: Moment, heard: Heard) -> Event | None:
            nonlocal last
            if isinstance(heard, CardRead):
                last = heard.card
                found = self._find(last)  # may tell the loop that the list is damaged: time goes on
                return CardPresented(self._loop.clock.moment(), side, name, last, found)
            if isinstance(heard, Begun):
                self._loop.rehearse(CardPresented(at, side, name, last, self._find(last)))
            return None

        return hear

    def _input(self, which: Input) -> Callable[[Moment, Heard], Event | None]:
        def hear(at: Moment, heard: Heard) -> Event | None:
            return InputChanged(at, which, heard.sense) if isinstance(heard, LevelRead) else None

        return hear

    def _neighbour(self, name: str) -> Callable[[Moment, Heard], Event | None]:
        def hear(at: Moment, heard: Heard) -> Event | None:
            if not isinstance(heard, LevelRead):
                return None
            secure = {Sense.NORMAL: True, Sense.ACTIVE: False}.get(heard.sense)
            return NeighbourChanged(at, name, secure)

        return hear

    def _siren_again(self, siren: Output) -> Callable[[], None]:
        def back() -> None:
            try:
                siren.drive(self._loop.door.siren)
            except OutputError:
                return  # lost again: it will say so

        return back

    @staticmethod
    def _nothing(_at: Moment, _heard: Heard) -> Event | None:
        return None


def _health(name: str, heard: Heard, at: Moment) -> Event | None:
    match heard:
        case Lost(why):
            return DeviceLost(at, name, why)
        case Back():
            return DeviceBack(at, name)
        case _:
            return None


class _Noise:
    """Counts a device's bad frames between two records of them."""

    def __init__(self, name: str) -> None:
        self._name, self._count, self._told = name, 0, -NOISE_MS

    def event(self, heard: Heard, at: Moment) -> Event | None:
        if not isinstance(heard, Noise):
            return None
        self._count += heard.count
        if at.mono - self._told < NOISE_MS:
            return None
        count, self._count, self._told = self._count, 0, at.mono
        return BadFrames(at, self._name, count)
