"""The one thread that owns the door: an event, a step, its records, its acts.

Order of writes. The commands of a step are carried out in their order; what must be recorded before a command is
durable before it. If a record that a release depends on cannot be made durable, the step did not happen: the door
stays as it was and is told `StorageFailed`. Every other step stands and its records wait in memory
(`kiosk.writing`): leaving, fire and alarms depend on no disk.

A card's frame takes a reader milliseconds. While it comes in, the loop rehearses the decision with the card before,
and begins nothing else: `step` is pure, so nothing comes of it but warm caches, and after a sleep cold ones are most
of what a decision takes.

What a command brought about (the lock took its level, or did not) is an event of its own, stepped right after.
Nothing here decides anything about the door.
"""

from collections.abc import Callable
from typing import assert_never

from kiosk.clock import WallClock
from kiosk.poll import Poll
from kiosk.ports import Output, OutputError
from kiosk.rules.door import deadline, step
from kiosk.rules.messages import (
    Append,
    ClockChanged,
    Command,
    Event,
    LockDriven,
    LockFailed,
    Moment,
    Release,
    Secure,
    Siren,
    Stopping,
    StorageBack,
    StorageFailed,
    TakePhoto,
    Ticked,
)
from kiosk.rules.turn import Door
from kiosk.writing import Writing

LOOK_AT_CLOCK_MS = 60_000
FRAME_MS = 20  # a frame of 14 bytes takes 15 ms at 9600 baud


class Loop:
    """`changed` is called with the door after each round that changed it, `quiet` when all is written and nobody is
    at a reader."""

    def __init__(  # noqa: PLR0917 - the wiring names them all
        self,
        door: Door,
        lock: Output,
        siren: Output | None,
        writing: Writing,
        clock: WallClock,
        poll: Poll,
        *,
        photo: Callable[[TakePhoto], None],
        changed: Callable[[Door], None],
        quiet: Callable[[Door], None],
    ) -> None:
        self.door = door
        self.clock = clock
        self._lock, self._siren, self._writing, self._poll = lock, siren, writing, poll
        self._photo, self._changed, self._quiet = photo, changed, quiet
        self._stop = ""
        self._told: Door | None = None
        mono = clock.moment().mono
        self._look_due = mono + LOOK_AT_CLOCK_MS
        self._expecting_until: int | None = None

    def stop(self, why: str) -> None:
        """End `run` after the present round."""
        self._stop = self._stop or why

    def run(self) -> str:
        """Until `stop`; the reason that it was given."""
        while not self._stop:
            self._poll.wait(self._due())
            self._overdue(self.clock.moment())
        self.happen(Stopping(self.clock.moment(), self._stop))
        self._writing.flush(self.clock.moment().mono)
        return self._stop

    def happen(self, event: Event) -> None:
        """One event, and what follows from it."""
        self._expecting_until = None
        door, commands = step(self.door, event)
        follow, stands = self._carry_out(commands, event.at.mono)
        if stands:
            self.door = door
        for each in follow:
            self.happen(each)
        if self._writing.failed and self.door.storage_failed_at is None:
            self.happen(StorageFailed(self.clock.moment(), self._writing.why))

    def rehearse(self, event: Event) -> None:
        """Do all that the event would take, short of letting it happen, and keep the way free for the real one."""
        _, commands = step(self.door, event)
        self._writing.rehearse([command for command in commands if type(command) is Append])
        self._expecting_until = event.at.mono + FRAME_MS

    # ------------------------------------------------------------ the order of writes

    def _carry_out(self, commands: tuple[Command, ...], now: int) -> tuple[list[Event], bool]:
        """What came of the commands, and whether the step stands."""
        follow: list[Event] = []
        entries: list[Append] = []
        for place, command in enumerate(commands):
            if type(command) is Append:
                entries.append(command)
                continue
            if entries and any(entry.urgent for entry in entries):
                binding = any(type(later) is Release for later in commands[place:])
                if self._writing.commit(entries, now, binding=binding) and binding:
                    return follow, False
                entries = []
            self._act(command, follow)
        self._write(entries, now)
        return follow, True

    def _write(self, entries: list[Append], now: int) -> None:
        if any(entry.urgent for entry in entries):
            self._writing.commit(entries, now, binding=False)
        else:
            for entry in entries:
                self._writing.add(entry)

    def _act(self, command: Command, follow: list[Event]) -> None:
        match command:
            case Release():
                follow.append(self._drive(released=True))
            case Secure():
                follow.append(self._drive(released=False))
            case Siren():
                self._sound(command)
            case TakePhoto():
                self._photo(command)
            case Append():
                raise AssertionError(command)
            case _:
                assert_never(command)

    def _drive(self, *, released: bool) -> Event:
        try:
            self._lock.drive(released)
        except OutputError as error:
            return LockFailed(self.clock.moment(), released, str(error))
        return LockDriven(self.clock.moment(), released)

    def _sound(self, command: Siren) -> None:
        if self._siren is None:
            return
        try:
            self._siren.drive(command.on)
        except OutputError:
            # The siren says `Lost` from `take`, and is driven again by `kiosk.senses` once it is back.
            return

    # ------------------------------------------------------------ times

    def _due(self) -> float:
        times = [self._look_due, self._writing.due, deadline(self.door), self._expecting_until]
        return min(time for time in times if time is not None) / 1000

    def _overdue(self, at: Moment) -> None:
        if self._expecting_until is not None and at.mono >= self._expecting_until:
            self._expecting_until = None
        due = self._writing.due
        if due is not None and at.mono >= due and self._expecting_until is None:
            self._write_what_waits(at)
        due = deadline(self.door)
        if due is not None and at.mono >= due:
            self.happen(Ticked(at))
        if at.mono >= self._look_due or self.clock.stepped:
            self._look_due = at.mono + LOOK_AT_CLOCK_MS
            step_ms = self.clock.look()
            if step_ms is not None:
                self.happen(ClockChanged(self.clock.moment(), step_ms))
        if self.door is not self._told:
            self._told = self.door
            self._changed(self.door)

    def _write_what_waits(self, at: Moment) -> None:
        if not self._writing.failed:
            if self._writing.flush(at.mono):
                self.happen(StorageFailed(at, self._writing.why))
            else:
                self._quiet(self.door)
            return
        back = self._writing.come_back(at.mono)
        if back is not None:
            self.happen(StorageBack(at, *back, self._writing.forget_dropped()))
