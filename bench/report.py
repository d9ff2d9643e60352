"""What was measured, as a table for people and as `results.json` for everything else."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.stats import NAMES, TARGETS, met, percentile

RESULTS = Path(__file__).parent / "results.json"
VERDICTS = {True: "[green]kept[/]", False: "[red]missed[/]", None: ""}


def show_samples(console: Console, title: str, samples: Mapping[str, Sequence[int]]) -> None:
    """Medians and tails of one contest, in microseconds."""
    table = Table(title=title)
    table.add_column("card in → release out")
    for heading in ("cards", "p50 µs", "p90 µs", "p99 µs", "max µs", "x floor p50"):
        table.add_column(heading, justify="right")
    floor = percentile(samples["floor"], 0.5) if "floor" in samples else None
    for name, taken in sorted(samples.items(), key=lambda item: percentile(item[1], 0.5)):
        marks = [f"{percentile(taken, share) / 1000:,.0f}" for share in (0.5, 0.9, 0.99, 1.0)]
        times = f"{percentile(taken, 0.5) / floor:.2f}" if floor else ""
        table.add_row(name, f"{len(taken):,}", *marks, times)
    console.print(table)


def show_results(console: Console, results: Mapping[str, float]) -> None:
    table = Table(title="Doorward's bench")
    table.add_column("name")
    table.add_column("measured", justify="right")
    table.add_column("at most", justify="right")
    table.add_column("")
    for name in NAMES:
        if name in results:
            target = f"{TARGETS[name]:g}" if name in TARGETS else ""
            table.add_row(name, f"{results[name]:g}", target, VERDICTS[met(name, results[name])])
        else:
            table.add_row(name, "not measured", "", "")
    console.print(table)


def keep_results(results: Mapping[str, float], *, whole: bool) -> None:
    """Every number of this run, by name. A whole run begins anew; a part of one replaces its own numbers."""
    before: dict[str, float] = json.loads(RESULTS.read_text()) if RESULTS.exists() and not whole else {}
    kept = {**before, **results}
    RESULTS.write_text(json.dumps({name: kept[name] for name in NAMES if name in kept}, indent=2) + "\n")
