"""A school day at the south gate, played by itself: each act does something at the door and says what must come of it.

What must come of it is read from the outside: the relay's level, the siren, the records in the ledger, the screen.
An act whose outcome is not what the policy says ends the tour, with what was expected and what was seen.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct

from kiosk.ledger import LedgerReader
from kiosk.link.client import Client
from kiosk.link.wire import EnterCode, PlaceOrder, Role
from kiosk.rules.access import Reason
from kiosk.rules.messages import Input, Kind, Order, Side
from kiosk.rules.record import Record
from kiosk.rules.view import Say, Screen
from ui.bench import site
from ui.bench.play import Stage
from ui.bench.unit import Unit

PATIENCE_S: Final = 20.0  # a disk that others keep busy may take seconds over one sync
APART_S: Final = 0.7
_LOOK_S: Final = 0.01


class TourError(Exception):
    """What was expected, and what was seen instead."""


class Act(Struct, frozen=True):
    title: Say
    play: Callable[[], None]


class Tour:
    def __init__(self, stage: Stage, unit: Unit, place: site.Site) -> None:
        self._stage, self._unit, self._place = stage, unit, place
        self._seen = 0
        self._badged: dict[tuple[str, str], float] = {}

    def acts(self) -> Iterator[Act]:
        yield Act(Say("A custodian badges in, and leaves by the lever"), self._custodian)
        yield Act(Say("An unknown card and a lost one are refused, with every reason"), self._strangers)
        yield Act(Say("A teacher with an approval enters by card, and badges out"), self._staff)
        yield Act(Say("Three visitors enter by one approval code"), self._visitors)
        yield Act(Say("A code entered under duress opens, and raises the silent alarm"), self._duress)
        yield Act(Say("Five wrong codes lock the keypad; the security chief unlocks it"), self._wrong_codes)
        yield Act(Say("The door is forced: siren, until a custodian comes"), self._forced)
        yield Act(Say("The door is held open: a warning, then the alarm"), self._held)
        yield Act(Say("A reader is pulled and plugged in again"), self._reader)
        yield Act(Say("Fire: released until the signal is clear and a person resets it"), self._fire)
        yield Act(Say("The door process is killed while the lock is released, and returns"), self._killed)

    # ------------------------------------------------------------ the acts

    def _custodian(self) -> None:
        self._badge(site.OUTSIDE, site.CUSTODIAN)
        self._record(Kind.GRANTED, grounds="custodian", name="赵国强")
        self._through()
        self._out()

    def _strangers(self) -> None:
        self._stage.garble(site.OUTSIDE)
        self._badge(site.OUTSIDE, site.STRANGER)
        self._record(Kind.DENIED, reasons=[Reason.UNKNOWN_CREDENTIAL])
        self._badge(site.OUTSIDE, site.LOST)
        self._record(Kind.DENIED, reasons=[Reason.DISABLED, Reason.NO_APPROVAL])
        self._expect("the lock stays shut", lambda: not self._stage.push())

    def _staff(self) -> None:
        self._badge(site.OUTSIDE, site.STAFF)
        self._record(Kind.GRANTED, grounds="approval", approver="林慧")
        self._through()
        self._badge(site.INSIDE, site.STAFF)
        self._expect("the lock releases", lambda: self._stage.seen().gives)
        self._stage.push()
        self._record(Kind.LEFT, how="card")
        self._shut()

    def _visitors(self) -> None:
        self._type(self._place.codes["V-2026-001"])
        self._record(Kind.GRANTED, how="code", headcount=3)
        self._through()
        self._out()
        self._type(self._place.codes["V-2026-001"])
        self._record(Kind.DENIED, reasons=[Reason.APPROVAL_USED_UP])

    def _duress(self) -> None:
        code = self._place.codes["V-2026-101"]
        self._type(code[:-1] + str((int(code[-1]) + 1) % 10))
        self._record(Kind.GRANTED, how="code", name="校史馆 陈思远")
        self._record(Kind.DURESS)
        self._expect("no siren", lambda: not self._stage.seen().siren)
        self._through()
        self._out()

    def _wrong_codes(self) -> None:
        taken = set(self._place.codes.values())
        wrong = [code for code in ("10000000", "20000002", "30000004", "40000006", "50000008") if code not in taken]
        for code in (wrong * 2)[:5]:
            self._type(code)
            self._record(Kind.DENIED, reasons=[Reason.WRONG_CODE])
        self._record(Kind.CODE_LOCKOUT, tries=5)
        self._expect("the siren sounds", lambda: self._stage.seen().siren)
        self._type(self._place.codes["V-2026-101"])
        self._record(Kind.DENIED, reasons=[Reason.CODE_LOCKED_OUT])
        self._order(Order.CODE_UNLOCK)
        self._record(Kind.CODE_LOCKOUT_END)
        self._expect("the siren is silent", lambda: not self._stage.seen().siren)

    def _forced(self) -> None:
        time.sleep(0.6)  # past the grace in which an opening still belongs to the release before it
        self._stage.force()
        self._record(Kind.FORCED)
        self._expect("the siren sounds", lambda: self._stage.seen().siren)
        self._shut()
        self._badge(site.OUTSIDE, site.CUSTODIAN)
        self._record(Kind.ALARM_RESET)
        self._expect("the siren is silent", lambda: not self._stage.seen().siren)
        self._through()
        self._out()

    def _held(self) -> None:
        self._badge(site.OUTSIDE, site.CUSTODIAN)
        self._open()
        self._record(Kind.HELD_WARNING)
        self._record(Kind.HELD)
        self._expect("the siren sounds", lambda: self._stage.seen().siren)
        self._shut()
        self._record(Kind.CLOSED)
        self._expect("the siren is silent", lambda: not self._stage.seen().siren)
        self._out()

    def _reader(self) -> None:
        self._stage.unplug(site.OUTSIDE)
        self._record(Kind.DEVICE_LOST, device=site.OUTSIDE)
        self._stage.plug(site.OUTSIDE)
        self._record(Kind.DEVICE_BACK, device=site.OUTSIDE)
        self._badge(site.OUTSIDE, site.CUSTODIAN)
        self._through()
        self._out()

    def _fire(self) -> None:
        self._stage.turn(Input.FIRE, active=True)
        self._record(Kind.FIRE)
        self._expect("the lock releases", lambda: self._stage.seen().energised)
        self._order(Order.FIRE_RESET)
        self._record(Kind.ORDER_REFUSED)
        self._stage.turn(Input.FIRE, active=False)
        self._record(Kind.FIRE_CLEAR)
        self._expect("the lock stays released", lambda: self._stage.seen().energised)
        self._order(Order.FIRE_RESET)
        self._record(Kind.FIRE_RESET)
        self._expect("the lock is shut", lambda: not self._stage.seen().energised)

    def _killed(self) -> None:
        self._badge(site.OUTSIDE, site.CUSTODIAN)
        self._expect("the lock releases", lambda: self._stage.seen().energised)
        starts = self._unit.starts
        self._unit.kill()
        self._expect("the lock is shut", lambda: not self._stage.seen().energised)
        self._expect("the door starts again", lambda: self._unit.starts > starts)
        self._unit.wait_ready()
        self._record(Kind.STARTED)
        self._expect("the lock is still shut", lambda: not self._stage.seen().energised)
        self._badge(site.OUTSIDE, site.CUSTODIAN)
        self._through()
        self._out()

    # ------------------------------------------------------------ what people do

    def _badge(self, reader: str, card: str) -> None:
        """A person takes the card away before holding it up again; a reader takes less for one presentation."""
        since = time.monotonic() - self._badged.get((reader, card), 0.0)
        time.sleep(max(0.0, APART_S - since))
        self._stage.present(reader, card)
        self._badged[reader, card] = time.monotonic()

    def _through(self) -> None:
        self._open()
        self._shut()

    def _open(self) -> None:
        self._expect("the lock releases and the door opens", self._stage.push)
        self._record(Kind.TAKEN)
        self._expect("the lock is shut behind them", lambda: not self._stage.seen().energised)

    def _out(self) -> None:
        self._stage.leave()
        self._record(Kind.EXIT, how="button")
        self._record(Kind.LEFT)
        self._stage.let_go()
        self._shut()

    def _shut(self) -> None:
        self._stage.shut()
        self._expect("the door sees that it is shut", lambda: self._screen().leaf == "closed")

    def _type(self, code: str) -> None:
        with Client(self._place.places.socket, Role.SCREEN, PATIENCE_S) as screen:
            screen.ask(EnterCode(code, Side.OUTSIDE))

    def _screen(self) -> Screen:
        with Client(self._place.places.socket, Role.SCREEN, PATIENCE_S) as screen:
            return screen.screen()

    def _order(self, order: Order) -> None:
        with Client(self._place.places.socket, Role.SYNC, PATIENCE_S) as centre:
            centre.ask(PlaceOrder(order, "赵国强"))

    # ------------------------------------------------------------ what must come of it

    def _record(self, kind: Kind, **facts: Any) -> None:
        """The next record of this kind after those seen so far, with these facts."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            for record in self._new():
                if record.kind == kind and facts.items() <= record.facts.items():
                    self._seen = record.seq + 1
                    return
            time.sleep(_LOOK_S)
        wanted = ", ".join(f"{name}={value}" for name, value in facts.items())
        found = ", ".join(record.kind for record in self._new()) or "nothing"
        raise TourError(f"A record {kind} ({wanted}) was expected; after it came {found}.")

    def _new(self) -> list[Record]:
        with LedgerReader.open(self._place.places.ledger) as reader:
            return list(reader.tail(self._seen))

    def _expect(self, what: str, so: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not so():
            if time.monotonic() > until:
                raise TourError(f"It was expected that {what}; seen: {self._stage.seen()}.")
            time.sleep(_LOOK_S)
