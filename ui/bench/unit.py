"""The door process as systemd runs it on a device: started, watched, relocked after its death, started again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

READY_S = 10.0
END_S = 5.0  # TimeoutStopSec= of the device's unit
AGAIN_S = 0.2  # between a death and the next start
_LOOK_S = 0.05


class UnitError(Exception):
    """One clear sentence: the door did not start, or did not end."""


class Unit:
    """Runs until `close`. `log` gets what the door process says."""

    def __init__(self, settings: Path, log: Path) -> None:
        """Returns when the door is ready. Raises UnitError."""
        self._settings, self._log = settings, log
        self._ready = threading.Event()
        self._ending = threading.Event()
        self._guard = threading.Lock()  # between a signal and the end of whom it is for
        self.starts = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._status: int | None = None
        self._thread = threading.Thread(target=self._run, name="unit", daemon=True)
        self._thread.start()
        try:
            self.wait_ready()
        except UnitError:
            self.close()
            raise

    def wait_ready(self) -> None:
        """Until the door says so. Raises UnitError."""
        if not self._ready.wait(READY_S):
            said = self._log.read_text(errors="replace").strip() if self._log.exists() else ""
            raise UnitError(f"The door did not become ready in {READY_S:.0f} s. {said}")

    def kill(self) -> None:
        """As a power cut would: SIGKILL, by its id."""
        with self._guard:
            if self._child is not None:
                self._ready.clear()
                self._child.kill()

    def close(self) -> int | None:
        """SIGTERM, SIGKILL if it does not end, and its exit status. Safe to call twice."""
        self._ending.set()
        self._thread.join()
        return self._status

    def _run(self) -> None:
        while not self._ending.is_set():
            with self._told() as (address, told), self._log.open("ab") as log:
                child = subprocess.Popen(  # noqa: S603 - our own command
                    [sys.executable, "-m", "kiosk", "door", str(self._settings)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, "NOTIFY_SOCKET": address},
                )
                self._watch(child, told)
            self._relock()
            self._ending.wait(AGAIN_S)

    def _watch(self, child: subprocess.Popen[bytes], told: socket.socket) -> None:
        """Until it has ended, by itself or because the unit ends."""
        self._child = child
        self.starts += 1
        asked: float | None = None
        while child.poll() is None:
            with contextlib.suppress(TimeoutError):
                if told.recv(64) == b"READY=1":
                    self._ready.set()
            if self._ending.is_set():
                if asked is None:
                    asked = time.monotonic()
                    child.send_signal(signal.SIGTERM)
                elif time.monotonic() - asked > END_S:
                    child.kill()
        with self._guard:
            self._child = None
            self._ready.clear()
        self._status = child.returncode

    def _relock(self) -> None:
        """ExecStopPost=: whatever the door process died of, the lock is driven safe."""
        command = [sys.executable, "-m", "kiosk", "relock", str(self._settings)]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603

    @contextlib.contextmanager
    def _told(self) -> Iterator[tuple[str, socket.socket]]:
        address = str(self._settings.with_name("notify.sock"))
        Path(address).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.bind(address)
            told.settimeout(_LOOK_S)
            yield address, told
