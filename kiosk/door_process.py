"""`doorward door`: the whole door process, wired on one screen.

Order of start. The lock is driven safe before anything else is looked at; then the ledger, whose tail is checked;
then the door is what its records say; then the list, the inputs, the readers and the socket. Ready means that all
of it is. The whole ledger is checked behind the start, by a process of its own; a fault found there stops the door.
"""

import contextlib
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from hardware import drivers
from kiosk import keys
from kiosk.clock import WallClock
from kiosk.desk import Desk
from kiosk.ledger import Ledger, LedgerError
from kiosk.ledger.disk import damaged
from kiosk.link.link import Link
from kiosk.link.listening import LinkError
from kiosk.link.wire import Role
from kiosk.listing import Listing
from kiosk.loop import Loop
from kiosk.notify import notify
from kiosk.places import Places
from kiosk.poll import Poll, Readable
from kiosk.ports import OutputError
from kiosk.rules.memory import Memory, local_day, remember
from kiosk.rules.messages import Input, Kind, Started
from kiosk.rules.turn import Door
from kiosk.senses import Hardware, Senses
from kiosk.settings import Checks, Settings, SettingsError, link_users, read_lock, read_settings
from kiosk.signals import StopSignals
from kiosk.writing import Writing

if TYPE_CHECKING:
    from kiosk.full_check import FullCheck

SNAPSHOT_AFTER = 1000  # records: about what a start has to replay at most
STOPPED, REFUSED, FAULT = 0, 1, 3
_KINDS = frozenset(Kind)


def run(path: Path) -> int:
    """Run the door until it is told to stop. Exit status: 0 stopped, 1 did not start, 3 stopped on a fault."""
    try:
        settings = read_settings(path, checks=Checks(drivers.check_reader, drivers.check_output, drivers.check_input))
        with contextlib.closing(_open(settings)) as hardware:
            return _run(settings, hardware)
    except SettingsError as error:
        return _say(REFUSED, *map(str, error.problems))
    except (LedgerError, LinkError, keys.KeyFileError, OSError) as error:
        return _say(REFUSED, str(error))


def relock(path: Path) -> int:
    """Drive the lock safe and nothing else: what systemd runs after the door process ended, however it did."""
    try:
        lock = read_lock(path, checks=Checks(output=drivers.check_output))
        with contextlib.closing(drivers.open_output(lock.driver)) as output:
            output.drive(False)
    except SettingsError as error:
        return _say(REFUSED, *map(str, error.problems))
    except OutputError as error:
        return _say(REFUSED, str(error))
    return STOPPED


def _open(settings: Settings) -> Hardware:
    """The lock first, and safe at once: whatever is wrong with the rest, it is wrong with a locked door."""
    lock = drivers.open_output(settings.lock.driver)
    with contextlib.suppress(OutputError):  # a lock that is absent is driven as soon as it is back
        lock.drive(False)
    return Hardware(
        lock,
        {reader.name: (reader.side, drivers.open_reader(reader.driver)) for reader in settings.reader},
        {which: drivers.open_input(which, address) for which, address in settings.inputs.wired().items()},
        drivers.open_output(settings.siren.driver) if settings.siren else None,
        {name: drivers.open_input(Input.PRESENCE, address) for name, address in settings.neighbours.items()},
    )


def _run(settings: Settings, hardware: Hardware) -> int:
    places = Places(settings.door.data)
    _make(places)
    with contextlib.ExitStack() as stack:
        ledger = Ledger.open(
            places.ledger, door=settings.door.id, origin=settings.origin, key=keys.read_or_make(places.ledger_key)
        )
        stack.callback(ledger.close)
        _publish(places.verifier_key, f"{ledger.key}\n")
        kept, replayed = _remembered(ledger, settings)
        clock = WallClock(ledger.boot, kept.newest_wall)
        card_key, code_key = keys.read_or_make(places.card_key), keys.read_or_make(places.code_key)
        listing = stack.enter_context(contextlib.closing(Listing(places.lists, _issuer(places), card_key, code_key)))
        roles = {Role(role): uids for role, uids in link_users(settings.link).items()}
        link = stack.enter_context(contextlib.closing(Link.open(places.socket, roles)))
        desk = Desk(link, listing, settings.door.id, ledger.boot)
        poll = stack.enter_context(contextlib.closing(Poll()))
        writing = Writing(ledger, LedgerError)
        loop = Loop(
            Door(settings.policy, settings.door.room, clock.moment(), kept.memory),
            hardware.lock,
            hardware.siren,
            writing,
            clock,
            poll,
            photo=desk.photo,
            changed=desk.show,
            quiet=_Quiet(ledger, clock, replayed),
        )
        loop.happen(Started(clock.moment(), settings.inputs.absent()))
        if writing.failed:
            return _say(REFUSED, writing.why)
        listing.open(loop)
        Senses(hardware, loop, poll, listing.find)
        signals = stack.enter_context(contextlib.closing(StopSignals()))
        poll.watch(signals, lambda: loop.stop(signals.heard()))
        poll.watch(listing, listing.settle)
        poll.watch(Readable(link.fileno()), lambda: desk.serve(loop))
        notify("READY=1")
        gc.freeze()  # what is there now stays: no collection need look at it again
        behind = _check_behind(ledger, loop, poll, stack)
        why = loop.run()
        notify("STOPPING=1")
        if behind is not None and behind.fault:
            return _say(FAULT, why)
        if not writing.failed:
            with contextlib.suppress(LedgerError):  # then the next start replays what this one remembered
                ledger.snapshot(_kept(loop.door, clock))
        return STOPPED


def _check_behind(ledger: Ledger, loop: Loop, poll: Poll, stack: contextlib.ExitStack) -> "FullCheck | None":
    """Begin the check of the whole ledger. What it takes is loaded only now: nobody at the door waits for it."""
    from kiosk.full_check import FullCheck

    try:
        check = stack.enter_context(contextlib.closing(FullCheck(ledger.path, str(ledger.key))))
    except OSError as error:
        _say(STOPPED, f"The check of the whole ledger cannot be started: {error.strerror}. The door goes on.")
        return None

    def ended() -> None:
        if fault := check.result():
            loop.stop(str(damaged(ledger.path, fault)))

    poll.watch(check, ended)
    return check


def _make(places: Places) -> None:
    try:
        places.make()
    except OSError as error:
        raise OSError(
            f"The folder {error.filename} cannot be made ready: {error.strerror}. Give {places.data} to the user who "
            "runs the door, and to nobody else."
        ) from error


def _publish(path: Path, text: str) -> None:
    """Written only where it is not so already: a full disk is no reason not to start."""
    try:
        if path.read_text() == text:
            return
    except (FileNotFoundError, UnicodeDecodeError):
        pass
    path.write_text(text)


class Kept(Struct, frozen=True):
    """What a start goes on from. `newest_wall`: Unix ms of the latest time that the records tell, None for none."""

    memory: Memory = Memory()
    newest_wall: int | None = None


def _kept(door: Door, clock: WallClock) -> bytes:
    return msgspec.msgpack.encode(Kept(door.memory, clock.newest))


def _remembered(ledger: Ledger, settings: Settings) -> tuple[Kept, int]:
    """Folded from the records since it was kept last, and how many those were."""
    state, records = ledger.recall()
    try:
        kept = Kept() if state is None else msgspec.msgpack.decode(state, type=Kept)
    except msgspec.MsgspecError as error:
        raise LedgerError(
            f"The door's memory in {ledger.path} is another version's ({error}): start the version that wrote it."
        ) from error
    memory, newest, replayed = kept.memory, kept.newest_wall, 0
    for replayed, record in enumerate(records, 1):  # noqa: B007 - the last number is the count
        wall = record.wall
        newest = max(wall or 0, newest or 0) or None
        if record.kind not in _KINDS:  # a newer version wrote it, and this one came back in its place
            continue
        now_s = None if wall is None else wall // 1000
        day = local_day(wall, settings.policy.zone)
        memory = remember(memory, Kind(record.kind), record.facts, record.visit, now_s, day)
    return Kept(memory, newest), replayed


class _Quiet:
    """What can wait for a quiet moment: the log goes into the database, and the memory beside the records."""

    def __init__(self, ledger: Ledger, clock: WallClock, replayed: int) -> None:
        """`replayed`: how many records there were since the memory was kept; a door cut off often keeps it too."""
        self._ledger, self._clock = ledger, clock
        self._kept_at = ledger.size - replayed

    def __call__(self, door: Door) -> None:
        try:
            self._ledger.tidy()
            if self._ledger.size - self._kept_at > SNAPSHOT_AFTER:
                self._ledger.snapshot(_kept(door, self._clock))
                self._kept_at = self._ledger.size
        except LedgerError:
            return  # the next write finds the same, and tells the door


def _issuer(places: Places) -> str:
    """Whose lists this door believes; nobody's, as long as nobody is named."""
    try:
        return places.issuer.read_text().strip()
    except FileNotFoundError:
        return ""


def _say(status: int, *lines: str) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return status
