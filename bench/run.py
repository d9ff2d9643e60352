"""One run of the bench: its folders, what it asks for, and the doors that it makes."""

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console

from bench import contest, report
from bench.doorward import Doorward
from bench.product import Process
from bench.progress import Advance, bar
from bench.sites import Site, kept_ledger, kept_list
from bench.yardsticks import c_list

SWAPPED_IN = (2, 3, 4)  # the versions of the list that the swaps bring in


class Run:
    """`data` is kept from run to run, `folder` is this run's own.

    `rounds`: cards shown in the main contest; `at_line_speed`: how they are shown (`bench.wires`).
    """

    def __init__(
        self, data: Path, commands: Path, console: Console, rounds: int, name: str = "run", *, at_line_speed: bool
    ) -> None:
        self.data, self.commands, self.console = data, commands, console
        self.rounds, self.at_line_speed = rounds, at_line_speed
        self.folder = data / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def prepare(self) -> None:
        """Make the lists and records that every measurement copies, before any priority is taken."""
        for version in (1, *SWAPPED_IN):
            self.kept_list(1_000_000, version)
        self.kept_list(5_000_000, 1)
        kept_ledger(self.data, self._bar)
        c_list(self.data, 1_000_000)

    def clear(self) -> None:
        """Remove what this run made: logs are worth keeping only where something went wrong."""
        shutil.rmtree(self.folder)

    def kept_list(self, known: int, version: int) -> Path:
        """A folder with this version of a list of the first `known` cards."""
        return kept_list(self.data, known, version, self._bar)

    def site(self, name: str, known: int) -> Site:
        """A door's folder of its own: `known` cards on its list, and a million records behind it."""
        return Site(self.data, self.folder / name, known, self._bar, at_line_speed=self.at_line_speed)

    def start(self, site: Site) -> Process:
        """The installed `doorward door`, ready. Raises RuntimeError if it never is."""
        return Process([str(self.commands / "doorward"), "door", str(site.settings)], site.folder)

    def doorward(self, name: str, known: int) -> Doorward:
        site = self.site(name, known)
        return Doorward(name, known, self.start(site), site)

    def contest(
        self, title: str, contestants: Sequence[contest.Contestant], rounds: int, *, show: bool = True
    ) -> dict[str, list[int]]:
        total = contest.WARM_UP + rounds
        with bar(self.console, title) as advance:
            samples = contest.contest(contestants, rounds, lambda done: advance(done, total))
        if show:
            report.show_samples(self.console, title, samples)
        return samples

    def _bar(self, what: str) -> AbstractContextManager[Advance]:
        return bar(self.console, what)
