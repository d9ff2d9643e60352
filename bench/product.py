"""Doorward as it ships: the built wheel in a virtual environment of the system's own Python, compiled, and started
with `doorward door SETTINGS` like the unit on an appliance does, `READY=1` included.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench.proc import has_children

ROOT = Path(__file__).parent.parent
READY = b"READY=1"
READY_WITHIN_S = 60.0  # the first start of a ledger reads all of it
BEGUN_WITHIN_S = 0.5
ALONE_WITHIN_S = 60.0


def install(data: Path) -> Path:
    """Build the wheel and put it into `data/venv`; the folder of its commands."""
    wheels = data / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    pip = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
    built_with = ("--no-deps", "--no-build-isolation", "--wheel-dir", wheels)
    subprocess.run([*pip, "wheel", *built_with, ROOT], check=True)
    (wheel,) = wheels.glob("*.whl")
    venv = data / "venv"
    if not (venv / "bin" / "pip").exists():
        subprocess.run([_system_python(), "-m", "venv", venv], check=True)
    into = (venv / "bin" / "pip", "-qq", "--disable-pip-version-check", "install")
    subprocess.run([*into, "--constraint", _pins(data), wheel], check=True)
    subprocess.run([*into, "--no-deps", "--force-reinstall", wheel], check=True)
    return venv / "bin"


def _system_python() -> str:
    """Not a shim, which would cost every start 100 ms, nor the interpreter of an environment."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")


def _pins(data: Path) -> Path:
    """The lock's versions without its hashes, which a wheel of our own has none of."""
    pins = data / "constraints.txt"
    lines = (ROOT / "requirements" / "run.txt").read_text().splitlines()
    pins.write_text("\n".join(line.rstrip(" \\") for line in lines if "==" in line) + "\n")
    return pins


class Process:
    """`doorward door` with a notify socket, from exec to `READY=1`."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
        """Returns once it is ready; `ready_ms` is how long that took. Raises RuntimeError if it never is."""
        self._log = folder / "door.log"
        address = folder / "notify"
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, self._log.open("wb") as log:
            notified.bind(str(address))
            notified.settimeout(0.1)
            surroundings = os.environ | {"NOTIFY_SOCKET": str(address)} | (environment or {})
            began = time.perf_counter_ns()
            self._child = subprocess.Popen(command, env=surroundings, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self._await(notified, began)
            self.ready_ms = (time.perf_counter_ns() - began) / 1e6
        self.pid = self._child.pid

    def await_children(self) -> None:
        """Wait until what it started beside itself is done: the full check of list and ledger behind a start."""
        time.sleep(BEGUN_WITHIN_S)
        until = time.monotonic() + ALONE_WITHIN_S
        while has_children(self.pid):
            if time.monotonic() > until:
                raise RuntimeError(f"What the door started is not done after {ALONE_WITHIN_S} s.")
            time.sleep(0.1)

    def stop(self) -> None:
        self._child.terminate()
        self._child.wait(20)

    def _await(self, notified: socket.socket, began: int) -> None:
        while time.perf_counter_ns() - began < READY_WITHIN_S * 1e9 and self._child.poll() is None:
            try:
                if READY in notified.recv(4096).split(b"\n"):
                    return
            except TimeoutError:
                pass
        self._child.kill()
        self._child.wait()
        raise RuntimeError(f"doorward door was never ready: {self._log.read_text().strip()[-2000:]}")
