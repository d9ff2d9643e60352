"""`doorward demo`: the whole door on this machine, its hardware played by a person or by the tour."""

import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hardware.stage import Stage
from hardware.wiring import WIRED
from kiosk.cli import console
from kiosk.cli.records import STYLES
from kiosk.ledger import LedgerReader
from kiosk.ledger.verify import verify
from kiosk.link.listening import LinkError
from kiosk.rules.checkpoint import parse_checkpoint, parse_note
from kiosk.rules.register import Period, lines
from kiosk.settings import read_policy
from ui.bench import site
from ui.bench.bench import Bench
from ui.bench.tour import Tour, TourError
from ui.bench.unit import Unit, UnitError
from ui.records import Teller, tone
from ui.registers import forms
from ui.registers.sheet import Source

_WIRES_CLOSER_S = 3.0


def demo(
    tour: Annotated[bool, typer.Option("--tour", help="Play the school day, prove the records, and end.")] = False,
    page: Annotated[bool, typer.Option("--page", help="Open the bench at once, without the tour.")] = False,
    port: Annotated[int, typer.Option(help="The bench's port on this machine; 0 takes a free one.")] = 8470,
) -> None:
    """A school's door on this machine: a tour of a school day, then a page on which you play the hardware."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="doorward-")))
        stage = Stage(folder, site.READERS, _WIRES_CLOSER_S)
        stack.callback(stage.close)
        wiring = stage.wiring
        place = site.make(
            folder,
            wiring.lock_url(),
            wiring.siren_url(),
            {name: wiring.reader_url(name) for name in site.READERS},
            {wire: wiring.input_url(wire) for wire in WIRED},
        )
        try:
            unit = Unit(place.settings, folder / "door.log")
        except UnitError as error:
            console.refuse(str(error))
        stack.callback(unit.close)
        well = page or _tour(stage, unit, place)
        if page or (not tour and sys.stdin.isatty()):
            _page(stage, unit, place, port)
    raise typer.Exit(0 if well else 1)


def _tour(stage: Stage, unit: Unit, place: site.Site) -> bool:
    """Whether all came out as the policy says, the records' proof included."""
    words, began = console.words(), time.monotonic()
    console.out.print(words.text("What stands below each act are the door's own records of it."), markup=False)
    tell = _Told(place)
    for act in Tour(stage, unit, place).acts():
        console.out.print(words.tr(act.title), style="bold", markup=False)
        try:
            act.play()
        except (TourError, LinkError) as error:
            tell.new()
            console.err.print(f"✗ {error}", style="bold red", markup=False)
            return False
        tell.new()
    _register(place)
    well = _proved(place)
    console.out.print(words.text("The school day took {seconds} s.", seconds=f"{time.monotonic() - began:.1f}"))
    return well


class _Told:
    """Tells the records since it last did."""

    def __init__(self, place: site.Site) -> None:
        self._ledger = place.places.ledger
        self._teller = Teller(console.words(), read_policy(place.policy).zone)
        self._next = 0

    def new(self) -> None:
        with LedgerReader.open(self._ledger) as reader:
            for record in reader.tail(self._next):
                self._next = record.seq + 1
                console.out.print(f"  {self._teller.what(record)}", style=STYLES[tone(record)] or "dim", markup=False)


def _register(place: site.Site) -> None:
    """The entry-exit register as it stands, in the columns of annex 2."""
    words, policy = console.words(), read_policy(place.policy)
    with LedgerReader.open(place.places.ledger) as reader:
        signed = parse_checkpoint(parse_note(reader.note).text)
        kept = list(lines(reader.tail(), policy.zone))
    source = Source(signed.origin, signed.size, signed.root)
    sheet = forms.entry_exit(policy, policy.rooms[site.ROOM], Period(), source, words)
    table = Table(title=f"{sheet.school} {sheet.title}")
    for column in sheet.columns:
        table.add_column(column.head)
    for line in kept:
        table.add_row(*forms.cells(line, words))
    console.out.print(table)


def _proved(place: site.Site) -> bool:
    words = console.words()
    with console.bar(words.text("Checking")) as progress:
        faults = verify(place.places.ledger, place.places.verifier_key, progress)
    for fault in faults:
        console.err.print(f"{fault.place}: {fault.what}", style="red", markup=False)
    if not faults:
        console.out.print(words.text("Every record is in its place, unchanged and signed for."), style="green")
    return not faults


def _page(stage: Stage, unit: Unit, place: site.Site, port: int) -> None:
    from ui.bench.page import serve

    words = console.words()

    def told(address: str) -> None:
        console.out.print(words.text("The bench: {address} (Ctrl-C ends it)", address=address), style="bold")

    try:
        serve(Bench(stage, unit, place), port, told)
    except OSError as error:
        console.refuse(
            words.text("Port {port} cannot be used: {why}. Name another with --port.", port=port, why=str(error))
        )
