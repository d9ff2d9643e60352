"""The check of every record, behind the door's start: a process of its own, at the lowest priority.

It reads the ledger as anybody could (`kiosk.verify`) and shares nothing with the door but the file. A fault that it
finds is final: the door stops, since it no longer knows what is true.
"""

import os
import subprocess
import sys
from pathlib import Path

_LONGEST = 2000


class FullCheck:
    """Begins at once. Watched by the loop's poll: readable when the check has ended, then `result` says how."""

    def __init__(self, ledger: Path, verifier_key: str) -> None:
        self._child = subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
            ["/usr/bin/nice", "-n", "19", sys.executable, "-m", "kiosk.verify", str(ledger), "--key", verifier_key],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.fault = ""  # what `result` found
        self._ended: int | None = os.pidfd_open(self._child.pid)

    def result(self) -> str:
        """What is wrong with the ledger, as far as one screen holds it; nothing if all is well."""
        said = self._child.stdout.read(_LONGEST).decode(errors="replace").strip() if self._child.stdout else ""
        self._child.wait()
        self.close()
        if self._child.returncode:
            self.fault = said or "The check of the ledger ended without an answer."
        return self.fault

    def fileno(self) -> int | None:
        return self._ended

    @staticmethod
    def due() -> float | None:
        return None

    def close(self) -> None:
        """End it, if it still runs. Safe to call twice."""
        if self._ended is None:
            return
        os.close(self._ended)
        self._ended = None
        if self._child.poll() is None:
            self._child.terminate()
        self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()
