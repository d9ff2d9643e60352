"""What a decision is measured against: the bare cost of making bytes durable, and the least programme that decides.

The floor overwrites a file that was written and synced whole before, as a WAL grown beforehand is: its syncs change
no file size, which is the cheapest durable write that there is.
"""

import os
import sqlite3
import subprocess
import time
from pathlib import Path

from bench.cards import UNKNOWN, number
from bench.wires import Wires

HERE = Path(__file__).parent
NOTHING_WITHIN_S = 0.05  # a card that nobody knows: no release in this time is a refusal
RELEASE_WITHIN_S = 10.0
GAP_S = 0.003
FLOOR_FILE_BYTES = 4 << 20


def build_c(data: Path) -> None:
    """Compile the C door and the slow-sync shim. Raises CalledProcessError with the compiler's words on stderr."""
    strictly = ("cc", "-O2", "-Wall", "-Wextra", "-Werror")
    subprocess.run([*strictly, "-o", data / "c-door", HERE / "door.c", "-lsqlite3"], check=True)
    shim = data / "slow_sync.so"
    subprocess.run([*strictly, "-shared", "-fPIC", "-o", shim, HERE / "slow_sync.c", "-ldl"], check=True)


def patience(index: int) -> float:
    """Seconds to wait for a release of this card."""
    return NOTHING_WITHIN_S if index >= UNKNOWN else RELEASE_WITHIN_S


class Floor:
    """One record's bytes, pwrite and fdatasync, nothing else."""

    name = "floor"

    def __init__(self, folder: Path, record_bytes: int) -> None:
        self.known = 1
        self._record = b"r" * record_bytes
        self._at = 0
        self._file = os.open(folder / "floor", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(self._file, bytes(FLOOR_FILE_BYTES))
        os.fsync(self._file)

    def decide(self, index: int) -> int | None:
        began = time.perf_counter_ns()
        os.pwrite(self._file, self._record, self._at)
        os.fdatasync(self._file)
        took = time.perf_counter_ns() - began
        self._at = (self._at + len(self._record)) % (FLOOR_FILE_BYTES - len(self._record))
        return None if index >= UNKNOWN else took

    def settle(self) -> None:
        time.sleep(GAP_S)

    def close(self) -> None:
        os.close(self._file)


class CDoor:
    """`door.c` on two terminals of its own: "plain" as SQLite comes, "tuned" with the ledger's own care for its log."""

    def __init__(self, folder: Path, data: Path, known: int, *, at_line_speed: bool, tuned: bool) -> None:
        self.known = known
        self.name = "c tuned" if tuned else "c"
        mode = "tuned" if tuned else "plain"
        self._wires = Wires(at_line_speed=at_line_speed)
        self._child = subprocess.Popen(
            [
                data / "c-door",
                self._wires.reader_path,
                self._wires.relay_path,
                c_list(data, known),
                folder / f"c-{mode}.db",
                mode,
            ],
            stdout=subprocess.PIPE,
        )
        assert self._child.stdout is not None
        if self._child.stdout.readline() != b"ready\n":
            raise RuntimeError(f"The C door stopped with status {self._child.wait()}.")

    def decide(self, index: int) -> int | None:
        return self._wires.present(index, patience(index))

    def settle(self) -> None:
        time.sleep(GAP_S)

    def close(self) -> None:
        self._child.terminate()
        self._child.communicate()
        self._wires.close()


def c_list(data: Path, known: int) -> Path:
    """The C door's list of the first `known` cards, made once: by number, the fastest key SQLite has."""
    path = data / f"c-list-{known}.db"
    if path.exists():
        return path
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    rows = sorted((number(index), index, 0, 2**53) for index in range(known))
    with sqlite3.connect(made) as db:
        db.execute("CREATE TABLE card (number INTEGER PRIMARY KEY, person, valid_from, valid_to)")
        db.executemany("INSERT INTO card VALUES (?, ?, ?, ?)", rows)
    db.close()
    made.rename(path)
    return path
