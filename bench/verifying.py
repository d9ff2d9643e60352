"""`doorward verify` over a million records, from the file and the public key alone."""

import subprocess
import time
from contextlib import closing
from statistics import median

from bench.run import Run

TIMES = 3


def verify(run: Run) -> dict[str, float]:
    """The median of seconds from exec to its verdict, which must be that all is well."""
    site = run.site("verify", 1_000_000)
    with closing(site):
        run.start(site).stop()  # publishes the key that the records are verified with
        command = [run.commands / "doorward", "verify", site.places.ledger]
        taken = [_once(command) for _ in range(TIMES)]
    return {"verify_1m_s": round(median(taken), 2)}


def _once(command: list[object]) -> float:
    began = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"doorward verify: {(done.stderr or done.stdout).strip()[-500:]}")
    return time.perf_counter() - began
