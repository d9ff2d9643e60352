"""A process as the kernel accounts for it: memory, processor time, and every sync that it asks for.

Syncs are counted with strace, in a run of their own: a traced process is too slow to be timed.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

SYNCS = ("fsync", "fdatasync", "sync_file_range", "msync", "sync", "syncfs")
_CALL = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?:\d+<(?P<file>[^>]*)>)?(?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$")
_RESULT = re.compile(r"= (?P<result>\d+)\s*$")


def rss_mb(pid: int) -> float:
    """VmRSS: all that is resident, shared libraries in full."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return round(int(found[1]) / 1024, 1)


def cpu_percent(pid: int, seconds: float) -> float:
    """Of one core over the next seconds, every thread, to the nanosecond of the scheduler's books."""
    before = _cpu_ns(pid)
    time.sleep(seconds)
    return round((_cpu_ns(pid) - before) / seconds / 1e7, 3)


def has_children(pid: int) -> bool:
    return any(_parent(status) == pid for status in Path("/proc").glob("[0-9]*/stat"))


def _parent(status: Path) -> int | None:
    try:
        return int(status.read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended meanwhile
        return None


def _cpu_ns(pid: int) -> int:
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


class Trace:
    """Every read, write and sync of a process and its threads, while the context lasts; the lines are in `lines`."""

    def __init__(self, pid: int, log: Path) -> None:
        self._log = log
        self.lines: list[str] = []
        calls = ",".join(("read", "write", *SYNCS))
        command = ("strace", "-f", "-y", "-s", "64", "-e", f"trace={calls}", "-p", str(pid), "-o", log)
        self._child = subprocess.Popen(command, stderr=subprocess.PIPE)
        assert self._child.stderr is not None
        self._child.stderr.readline()  # "attached"

    @staticmethod
    def possible() -> bool:
        return shutil.which("strace") is not None

    def __enter__(self) -> "Trace":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.communicate()
        self.lines = self._log.read_text().splitlines()


def syncs_between(lines: Iterable[str], reader: str, relay: str) -> tuple[list[int], int]:
    """How many syncs began between each card's last byte and the relay's command that followed it, and all syncs.

    `reader` and `relay` are the terminals' paths. The relay's other command, to lock, follows no card.
    """
    counts: list[int] = []
    since_card: int | None = None
    total = 0
    reading: set[str] = set()
    for line in lines:
        if resumed := _RESUMED.match(line):
            pid, name, file, rest = resumed["pid"], resumed["name"], "", resumed["rest"]
            heard = name == "read" and pid in reading
            reading.discard(pid)
        elif call := _CALL.match(line):
            pid, name, file, rest = call["pid"], call["name"], call["file"] or "", call["rest"]
            heard = name == "read" and file == reader
            if heard and rest.endswith("<unfinished ...>"):
                reading.add(pid)
                continue
            if name in SYNCS:
                total += 1
                since_card = None if since_card is None else since_card + 1
        else:
            continue
        if heard and (result := _RESULT.search(rest)) and int(result["result"]) > 0:
            since_card = 0
        elif name == "write" and file == relay and since_card is not None:
            counts.append(since_card)
            since_card = None
    return counts, total


def drop_caches(files: Iterable[Path]) -> str:
    """Make the next reading of these files come from the disk; says how."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        for path in files:
            _forget(path)
        return "posix_fadvise on every file concerned"
    return "the kernel's caches dropped"


def _forget(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(file)


def take_priority() -> bool:
    """Real-time priority for this process and all that it starts: a quiet machine on a shared one. False: refused."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    except PermissionError:
        return False
    return True
