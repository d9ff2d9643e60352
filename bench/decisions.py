"""The contests: against the least programme, on a slow disk, against a list five times as long; and the syncs counted.

Whatever is measured under the slow-sync shim must be loaded with it, the rig's own floor included: that contest runs
in a process of its own, `python -m bench.decisions`, which prints its samples as JSON.
"""

import json
import os
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

from rich.console import Console

from bench import peers, report
from bench.history import grant_bytes
from bench.proc import Trace, syncs_between
from bench.run import Run
from bench.stats import ratio
from bench.yardsticks import CDoor, Floor

SD_CARD_US = 8_000
MILLION = 1_000_000
TRACED = 20


def against_c(run: Run) -> dict[str, float]:
    """The decision beside the floor and the two C doors, all in one contest."""
    with ExitStack() as stack:
        doorward = stack.enter_context(closing(run.doorward("doorward", MILLION)))
        floor = stack.enter_context(closing(Floor(run.folder, grant_bytes())))
        c_doors = [
            stack.enter_context(
                closing(CDoor(run.folder, run.data, MILLION, at_line_speed=run.at_line_speed, tuned=tuned))
            )
            for tuned in (False, True)
        ]
        samples = run.contest("1,000,000 credentials", [doorward, floor, *c_doors], run.rounds)
    ours = samples["doorward"]
    beside = {"c": "decision_p50_vs_c", "c tuned": "decision_p50_vs_c_tuned", "floor": "decision_p50_vs_floor"}
    results = {result: ratio(ours, samples[name], 0.5) for name, result in beside.items()}
    return results | {"decision_p99_vs_c": ratio(ours, samples["c"], 0.99)}


def against_peers(run: Run) -> dict[str, float]:
    """The decision beside the peers that are installed; they are so much slower that fewer cards tell."""
    names = peers.installed(run.data)
    if not names:
        return {}
    with ExitStack() as stack:
        doorward = stack.enter_context(closing(run.doorward("door", MILLION)))
        floor = stack.enter_context(closing(Floor(run.folder, grant_bytes())))
        broker = stack.enter_context(closing(peers.Broker(run.folder)))
        others = [stack.enter_context(closing(peers.Peer(name, run.data, run.folder, broker))) for name in names]
        samples = run.contest("beside its peers", [doorward, floor, *others], run.rounds // 8)
    return {f"decision_p50_vs_{name}": ratio(samples["door"], samples[name], 0.5) for name in names}


def five_million(run: Run) -> dict[str, float]:
    """Two doors that differ in nothing but the length of the list."""
    with ExitStack() as stack:
        doors = [stack.enter_context(closing(run.doorward(f"{many}m", many * MILLION))) for many in (1, 5)]
        samples = run.contest("5,000,000 credentials", doors, run.rounds // 6)
    return {"decision_p50_5m_vs_1m": ratio(samples["5m"], samples["1m"], 0.5)}


def syncs(run: Run) -> dict[str, float]:
    """Syncs between a card's last byte and its release: the most that any decision took."""
    with closing(run.doorward("traced", MILLION)) as door:
        for index in range(TRACED):
            door.decide(index)
            door.settle()
        with Trace(door.pid, run.folder / "strace") as trace:
            for index in range(TRACED, 2 * TRACED):
                door.decide(index)
                door.settle()
        counts, total = syncs_between(trace.lines, door.site.wires.reader_path, door.site.wires.relay_path)
    if len(counts) != TRACED:
        raise RuntimeError(f"Of {TRACED} decisions strace saw {len(counts)}.")
    run.console.print(f"Syncs between card and release: {sorted(set(counts))}; {total / TRACED:.1f} a whole passage.")
    return {"syncs_per_decision": max(counts)}


def sd_card(run: Run) -> dict[str, float]:
    """The decision beside the floor while each sync takes 8 ms longer."""
    shim = {"LD_PRELOAD": str(run.data / "slow_sync.so"), "SLOW_SYNC_US": str(SD_CARD_US)}
    command = (
        sys.executable,
        "-m",
        "bench.decisions",
        run.data,
        run.commands,
        str(run.rounds // 10),
        str(int(run.at_line_speed)),
    )
    child = subprocess.run(command, env=os.environ | shim, stdout=subprocess.PIPE, check=True)
    samples = json.loads(child.stdout)
    report.show_samples(run.console, "Each sync 8 ms longer", samples)
    return {"decision_sdcard_vs_floor": ratio(samples["doorward"], samples["floor"], 0.5)}


def _slowly(run: Run) -> None:
    with closing(run.doorward("doorward", MILLION)) as door, closing(Floor(run.folder, grant_bytes())) as floor:
        samples = run.contest("each sync 8 ms longer", [door, floor], run.rounds, show=False)
    print(json.dumps(samples))


if __name__ == "__main__":
    data, commands, rounds, at_line_speed = sys.argv[1:]
    console = Console(stderr=True)
    _slowly(Run(Path(data), Path(commands), console, int(rounds), "run-slow", at_line_speed=at_line_speed == "1"))
