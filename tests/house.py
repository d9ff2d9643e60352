"""A door process of its own for a test: a sample site in a folder, a simulated doorway, and the process by its id.

Nothing here sleeps for a guess: `until` looks again until a condition holds, and fails with what it waited for.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from hardware.far_end import ReaderEnd
from hardware.lcus import Commands
from hardware.stage import Stage
from hardware.wiring import WIRED
from kiosk.ledger import LedgerReader
from kiosk.ledger.verify import Fault, verify
from kiosk.link.client import Client
from kiosk.link.wire import Done, EnterCode, PlaceOrder, Refused, Role
from kiosk.rules.messages import Kind, Order, Side
from kiosk.rules.record import Record
from kiosk.rules.view import Screen
from ui.bench import site

PATIENCE_S: Final = 20.0
DOOR: Final = ("-m", "kiosk", "door")
CHIEF, STAFF, STRANGER = site.CUSTODIAN, site.STAFF, site.STRANGER


def until(what: str, so: Callable[[], bool], *, said: Callable[[], object] = lambda: "") -> None:
    """Look until it is so. `said` tells what there is to see when it never becomes so."""
    end = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < end, f"{what}: never. {said()}"
        time.sleep(0.005)


class Process:
    """One door process. `status` once it ended; what it said is in `log`."""

    def __init__(self, settings: Path, environment: Mapping[str, str] = {}, program: tuple[str, ...] = DOOR) -> None:
        self.log = settings.with_name("door.log")
        address = settings.with_name("notify.sock")
        address.unlink(missing_ok=True)
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.bind(str(address))
        self._told.setblocking(False)
        self._states: list[bytes] = []
        with self.log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, *program, str(settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment, "NOTIFY_SOCKET": str(address)},
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def states(self) -> list[bytes]:
        """What it told its service manager."""
        while True:
            try:
                self._states.append(self._told.recv(100))
            except BlockingIOError:
                return self._states

    def ready(self) -> Self:
        until(
            "the door is ready",
            lambda: b"READY=1" in self.states or self._child.poll() is not None,
            said=lambda: self.said,
        )
        assert self._child.poll() is None, self.said
        return self

    def running_for(self, seconds: float) -> Callable[[], bool]:
        """Whether it still runs and is younger, from now on, than this: to be asked again and again."""
        end = time.monotonic() + seconds

        def so() -> bool:
            time.sleep(0.001)
            return self._child.poll() is None and time.monotonic() < end

        return so

    def status(self) -> int:
        """Wait for its end."""
        return self._child.wait(PATIENCE_S)

    def stop(self) -> int:
        self._child.terminate()
        return self.status()

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()

    def close(self) -> None:
        if self._child.poll() is None:
            self.kill()
        self._told.close()


class House:
    """`relay` is everything that the lock's relay was told, in order: True is released."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stage = Stage(folder, site.READERS, closer_s=3600.0)
        self.relay: list[bool] = []
        self.stage.wiring.lock._commands = _Heard(self.relay)
        wiring = self.stage.wiring
        self.site = site.make(
            folder,
            wiring.lock_url(),
            wiring.siren_url(),
            {name: f"{wiring.reader_url(name)}&again_ms=0" for name in site.READERS},
            {wire: wiring.input_url(wire) for wire in WIRED},
        )
        self.places = self.site.places
        self._processes: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.close()
        self.stage.close()

    def spawn(self, environment: Mapping[str, str] = {}, program: tuple[str, ...] = DOOR) -> Process:
        """A door process, perhaps not ready yet, perhaps never."""
        process = Process(self.site.settings, environment, program)
        self._processes.append(process)
        return process

    def start(self, environment: Mapping[str, str] = {}, program: tuple[str, ...] = DOOR) -> Process:
        """A door process that is ready."""
        return self.spawn(environment, program).ready()

    def relock(self) -> int:
        """What systemd runs after every end of the door process: its exit status."""
        command = [sys.executable, "-m", "kiosk", "relock", str(self.site.settings)]
        return subprocess.run(command, check=False).returncode

    def settle(self, key: str) -> None:
        """One more line in the policy of the room."""
        policy = self.site.policy.read_text()
        self.site.policy.write_text(policy.replace("[rooms.south_gate]\n", f"[rooms.south_gate]\n{key}\n"))

    # ------------------------------------------------------------ what people do

    def badge(self, card: str, reader: str = site.OUTSIDE) -> None:
        self.stage.present(reader, card)

    def send(self, data: bytes, reader: str = site.OUTSIDE) -> None:
        """Whatever comes out of the reader's cable."""
        end: ReaderEnd = self.stage.wiring.readers[reader]
        end.send(data)

    def type(self, code: str, side: Side = Side.OUTSIDE) -> None:
        with Client(self.places.socket, Role.SCREEN) as screen:
            assert screen.ask(EnterCode(code, side)) == Done()

    def order(self, order: Order, **parts: Any) -> Done | Refused:
        with Client(self.places.socket, Role.SYNC) as centre:
            return centre.ask(PlaceOrder(order, "赵国强", **parts))

    # ------------------------------------------------------------ what they see

    @property
    def code(self) -> str:
        """One that opens fifty times."""
        return self.site.codes["V-2026-101"]

    @property
    def screen(self) -> Screen:
        with Client(self.places.socket, Role.SCREEN) as client:
            return client.screen()

    @property
    def records(self) -> list[Record]:
        with LedgerReader.open(self.places.ledger) as reader:
            return list(reader.tail())

    def of(self, *kinds: Kind) -> list[Record]:
        return [record for record in self.records if record.kind in kinds]

    def recorded(self, kind: Kind, count: int = 1, **facts: Any) -> Record:
        """The newest record of this kind with these facts, once there are `count`."""
        found: list[Record] = []

        def so() -> bool:
            found[:] = [one for one in self.of(kind) if facts.items() <= one.facts.items()]
            return len(found) >= count

        until(f"{count} {kind} {facts}", so, said=lambda: [(one.kind, one.facts) for one in self.records])
        return found[-1]

    def released(self) -> None:
        until("the lock is released", lambda: self.stage.seen().energised, said=lambda: self.relay)

    def was_released(self) -> None:
        """The relay was told so, for however short a time: a leaf that opens relocks at once."""
        until("the lock was released", lambda: True in self.relay, said=lambda: self.relay)

    def goes_in(self) -> None:
        """Whoever was let in opens the door, and shuts it behind them."""
        until("the door opens", self.stage.push)
        self.recorded(Kind.TAKEN, len(self.of(Kind.GRANTED)))
        self.stage.shut()
        until("the door sees it shut", lambda: self.screen.leaf == "closed")

    def locked(self) -> None:
        until("the lock is shut", lambda: not self.stage.seen().energised, said=lambda: self.relay)

    def faults(self) -> list[Fault]:
        return verify(self.places.ledger, self.places.verifier_key)


class _Heard(Commands):
    def __init__(self, levels: list[bool]) -> None:
        super().__init__()
        self._levels = levels

    def feed(self, data: bytes) -> list[tuple[int, bool]]:
        heard = super().feed(data)
        self._levels += [level for _channel, level in heard]
        return heard
