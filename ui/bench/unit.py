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
AGAIN_S = 0.2  # between a death and the next start


class UnitError(Exception):
    """One clear sentence: the door did not start, or did not end."""


class Unit:
    """Runs until `close`. `log` gets what the door process says."""

    def __init__(self, settings: Path, log: Path) -> None:
        """Returns when the door is ready. Raises UnitError."""
        self._settings, self._log = settings, log
        self._ready = threading.Event()
        self._ending = False
        self.starts = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="unit", daemon=True)
        self._thread.start()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Until the door says so. Raises UnitError."""
        if not self._ready.wait(READY_S):
            self.close()
            said = self._log.read_text(errors="replace").strip() if self._log.exists() else ""
            raise UnitError(f"The door did not become ready in {READY_S:.0f} s. {said}")

    def kill(self) -> None:
        """As a power cut would: SIGKILL, by its id."""
        child = self._child
        if child is not None:
            self._ready.clear()
            child.send_signal(signal.SIGKILL)

    def close(self) -> int | None:
        """SIGTERM, and its exit status; SIGKILL if it does not end."""
        self._ending = True
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
        self._thread.join(READY_S)
        return None if child is None else child.poll()

    def _run(self) -> None:
        while not self._ending:
            self._once()
            if not self._ending:
                self._relock()
                time.sleep(AGAIN_S)

    def _once(self) -> None:
        with self._told() as (address, told), self._log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "kiosk", "door", str(self._settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": address},
            )
            self.starts += 1
            while self._child.poll() is None:
                with contextlib.suppress(TimeoutError):
                    if told.recv(64) == b"READY=1":
                        self._ready.set()
            self._ready.clear()

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
            told.settimeout(0.05)
            yield address, told
