"""A simulated doorway with its cables, in one folder: what the demo, the tour and the benches plug a door into.

    FOLDER/<reader>                    a pty a reader, in its format          -> `reader_url`
    FOLDER/lock, FOLDER/siren          a pty a relay board                    -> `lock_url`, `siren_url`
    FOLDER/<input>.sock, .sock.level   a socket an input, and its level       -> `input_url`

Nothing here waits or has a thread: call `step` when a descriptor of `filenos` is readable, when `due` has come, and
after anything that was done to the doorway. A wire has a level and not only edges, so every input is said again
each REPEAT_S: a door process that starts late, or again, reads what is so.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, socket

from hardware.far_end import ReaderEnd, RelayEnd
from hardware.twin import Doorway
from kiosk.rules.messages import Input, Sense

REPEAT_S = 0.5
# In the order in which they are said: a lever presses its contact before the leaf moves.
WIRED = (Input.FIRE, Input.EXIT_BUTTON, Input.TAMPER, Input.DOOR_POSITION)


class Wiring:
    def __init__(
        self, folder: Path, doorway: Doorway, readers: Mapping[str, str], inputs: Collection[Input] = WIRED
    ) -> None:
        """`readers` is name → format ("rdm6300", "id12", "gwiot", "line")."""
        self.doorway = doorway
        self.readers = {name: ReaderEnd(folder / name, frame_format) for name, frame_format in readers.items()}
        self.lock = RelayEnd(folder / "lock")
        self.siren = RelayEnd(folder / "siren")
        self._formats = dict(readers)
        self._sockets = {wire: folder / f"{wire}.sock" for wire in inputs}
        self._said: dict[Input, Sense] = {}
        self._repeat_at = 0.0
        self._tongue = socket(AF_UNIX, SOCK_DGRAM)
        self._tongue.setblocking(False)

    def reader_url(self, name: str) -> str:
        number = "&number=hex" if self._formats[name] == "line" else ""
        return f"serial:{self.readers[name].link}?format={self._formats[name]}{number}"

    def lock_url(self) -> str:
        return f"lcus:{self.lock.link}?channel=1"

    def siren_url(self) -> str:
        return f"lcus:{self.siren.link}?channel=1"

    def input_url(self, wire: Input) -> str:
        return f"simulated:{self._sockets[wire]}"

    def filenos(self) -> list[int]:
        ends = (self.lock.fileno(), self.siren.fileno())
        return [fileno for fileno in ends if fileno is not None]

    def due(self) -> float:
        closes = self.doorway.due()
        return self._repeat_at if closes is None else min(closes, self._repeat_at)

    def step(self, now: float) -> None:
        """Relays obey, the closer closes, the wires say what is so."""
        self.doorway.energise(self.lock.obey(), now)
        self.doorway.sound(self.siren.obey(), now)
        self.doorway.tick(now)
        again = now >= self._repeat_at
        if again:
            self._repeat_at = now + REPEAT_S
        for wire, path in self._sockets.items():
            sense = self.doorway.sense(wire)
            if sense != self._said.get(wire):
                self._said[wire] = sense
                _note_level(Path(f"{path}.level"), sense)
            elif not again:
                continue
            self.say(wire, sense)

    def say(self, wire: Input, sense: Sense | str) -> None:
        """Whatever the doorway is like: a bounce, or nonsense. Lost when nobody listens."""
        with suppress(OSError):
            self._tongue.sendto(sense.encode(), str(self._sockets[wire]))

    def close(self) -> None:
        self._tongue.close()
        for end in (*self.readers.values(), self.lock, self.siren):
            end.close()


def _note_level(path: Path, sense: Sense) -> None:
    """By rename: a door process that opens just now reads the old level or the new one, never half of one."""
    new = path.with_name(path.name + ".new")
    new.write_text(sense, encoding="ascii")
    new.replace(path)
