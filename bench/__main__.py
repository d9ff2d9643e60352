"""`python -m bench`: measure everything, print it beside its targets, keep a whole run in `results.json`.

--only NAME     one measurement (may be repeated): decisions, peers, syncs, sdcard, five-million, start, rest, swap or
                verify
--rounds N      cards shown in the main contest (2,000)
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import decisions, product, report, starting, swapping, verifying
from bench.proc import take_priority
from bench.run import Run
from bench.yardsticks import build_c

DATA = Path(__file__).parent / "data"
ROUNDS = 2_000
MEASUREMENTS: dict[str, Callable[[Run], dict[str, float]]] = {
    "decisions": decisions.against_c,
    "peers": decisions.against_peers,
    "syncs": decisions.syncs,
    "sdcard": decisions.sd_card,
    "five-million": decisions.five_million,
    "start": starting.start,
    "rest": starting.rest,
    "swap": swapping.swap,
    "verify": verifying.verify,
}


def main() -> int:
    options = _options()
    console = Console()
    DATA.mkdir(exist_ok=True)
    console.print("Building the wheel and installing it …")
    build_c(DATA)
    run = Run(DATA, product.install(DATA), console, options.rounds, at_line_speed=not options.one_piece)
    run.prepare()
    quiet = "real-time priority for all" if take_priority() else "ordinary priority: expect noise"
    console.print(f"Measuring, with {quiet}.")
    results: dict[str, float] = {}
    failed = False
    for name in options.only or MEASUREMENTS:
        try:
            results |= MEASUREMENTS[name](run)
        except Exception as error:  # noqa: BLE001 - the other measurements still count
            failed = True
            console.print(f"[red]{name} was not measured:[/] {error}")
    if not failed:
        run.clear()
    report.show_results(console, results)
    if options.rounds >= ROUNDS:
        report.keep_results(results, whole=not options.only)
    return int(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="What a decision at this door costs.")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, help="one measurement; may be repeated")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="cards shown in the main contest")
    parser.add_argument("--one-piece", action="store_true", help="send frames in one piece, not at 9600 baud")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
