"""The check of every record, behind the door's start: a process of its own, at the lowest priority.

It reads the ledger as anybody could (`kiosk.ledger.verify`) and shares nothing with the door but the file. A fault
that it finds is final: the door stops, since it no longer knows what is true. A check that was ended before it could
answer has found nothing; the next start begins it again.
"""

import os
import subprocess
import sys
from pathlib import Path

_LONGEST = 600  # bytes told: they must fit into a record and onto a screen


class FullCheck:
    """Begins at once. Watched by the loop's poll: readable when the check has ended, then `result` says how."""

    def __init__(self, ledger: Path, verifier_key: str) -> None:
        """Raises OSError when no process can be started."""
        # A file and no pipe: a thousand faults would fill a pipe that nobody reads before the end.
        self._said = os.memfd_create("full check", os.MFD_CLOEXEC)
        try:
            self._child = subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
                [
                    "/usr/bin/nice",
                    "-n",
                    "19",
                    sys.executable,
                    "-m",
                    "kiosk.ledger.verify",
                    str(ledger),
                    "--key",
                    verifier_key,
                ],
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=subprocess.STDOUT,
            )
        except OSError:
            os.close(self._said)
            raise
        self.fault = ""  # what `result` found
        self._ended: int | None = os.pidfd_open(self._child.pid)

    def result(self) -> str:
        """What is wrong with the ledger, as far as one line holds it; nothing if all is well or nobody can say."""
        status = self._child.wait()
        said = os.pread(self._said, _LONGEST, 0).decode(errors="replace")
        self.close()
        if status > 0:
            self.fault = " ".join(said.split()) or "its check ended without a word"
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
        os.close(self._said)
