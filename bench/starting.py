"""Start and rest: how long until the door is ready, how much memory it holds, what it costs while nothing happens."""

from contextlib import closing
from pathlib import Path
from statistics import median

from bench.proc import cpu_percent, drop_caches, rss_mb
from bench.run import Run
from bench.sites import Site

WARM_STARTS = 11
COLD_STARTS = 5
CALM_S = 3.0
IDLE_S = 20.0
BUSY_CARDS = 100


def start(run: Run) -> dict[str, float]:
    """Medians from exec to `READY=1`, with a million credentials and a million records on disk."""
    site = run.site("starts", 1_000_000)
    with closing(site):
        run.start(site).stop()  # the first start of a device folds its records; every later one starts from there
        warm = [_once(run, site) for _ in range(WARM_STARTS)]
        cold = []
        how = ""
        for _ in range(COLD_STARTS):
            how = drop_caches(_everything(run, site.folder))
            cold.append(_once(run, site))
    run.console.print(f"Cold start: {how}.")
    return {"start_warm_ms": round(median(warm), 1), "start_cold_ms": round(median(cold), 1)}


def rest(run: Run) -> dict[str, float]:
    """Memory when ready and after a hundred passages, whichever is more, and the processor's time while idle."""
    with closing(run.doorward("rest", 1_000_000)) as door:
        fresh = rss_mb(door.pid)
        for index in range(BUSY_CARDS):
            door.decide(index)
            door.settle()
        used = rss_mb(door.pid)
        cpu_percent(door.pid, CALM_S)
        idle = cpu_percent(door.pid, IDLE_S)
    run.console.print(f"Resident: {fresh} MB when ready, {used} MB after {BUSY_CARDS} passages.")
    return {"rss_mb": max(fresh, used), "idle_cpu_percent": idle}


def _once(run: Run, site: Site) -> float:
    process = run.start(site)
    process.stop()
    site.wires.drain()
    return process.ready_ms


def _everything(run: Run, folder: Path) -> list[Path]:
    """Every file that a start may read: the door's own and the installed environment's."""
    return [path for root in (folder, run.commands.parent) for path in root.rglob("*") if path.is_file()]
