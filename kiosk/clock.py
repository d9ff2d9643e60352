"""The one place where the door reads a clock.

Order comes from (boot, mono); the wall clock is only told, with its standing: synchronised (the kernel says so),
held (it was, and lost its source), rtc (set, never synchronised), unset. A clock that stands before the newest
record that the door itself wrote, or before this program was made, is not believed: it counts as unset until it is
synchronised (F13). A step is seen with the next `moment`, so that no decision stands on a time that has just been
turned back; `look` tells it.
"""

import ctypes
import time
from collections.abc import Callable

from kiosk.rules.messages import Clock, Moment

MADE = 1_767_225_600_000  # 2026-01-01T00:00:00Z in ms: no clock that is right says less
TOLERATED_STEP_MS = 2000
_TIME_ERROR = 5  # adjtimex's answer while nothing disciplines the clock
_TIMEX_BYTES = 256  # more than struct timex takes anywhere; all zero: change nothing


def kernel_says_synced() -> bool:
    """adjtimex(2) in its reading mode: the kernel's own word on whether something disciplines the clock."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    state: int = ctypes.CDLL(None).adjtimex(timex)
    return 0 <= state < _TIME_ERROR


class WallClock:
    """Gives `Moment`s of one boot. `look` is to be called about once a minute; it reads the clock's standing."""

    def __init__(
        self,
        boot: int,
        newest_wall: int | None,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        synced: Callable[[], bool] = kernel_says_synced,
    ) -> None:
        """`newest_wall`: Unix ms of the newest record that has one."""
        self._boot = boot
        self._wall_ns, self._mono_ns, self._synced = wall_ns, mono_ns, synced
        self._least = max(MADE, newest_wall or 0)
        self._was_synced = False
        self._offset = self._measure()
        self._told = self.standing = Clock.UNSET
        self.stepped = False  # `moment` saw a step that `look` has not told yet
        self.look()

    def moment(self) -> Moment:
        mono, wall = self._mono_ns() // 1_000_000, self._wall_ns() // 1_000_000
        if not self.stepped and abs(step := wall - mono - self._offset) > TOLERATED_STEP_MS:
            self.stepped = True
            self._judge(wall, step)
        return Moment(self._boot, mono, None if self.standing is Clock.UNSET else wall, self.standing)

    @property
    def newest(self) -> int:
        """Unix ms: the latest time told so far that still counts, for the next start not to fall behind."""
        wall = self.moment().wall
        return self._least if wall is None else max(self._least, wall)

    def look(self) -> int | None:
        """The step in ms that the wall clock made since the last look, 0 where only its standing changed, or None."""
        offset = self._measure()
        step, self._offset, self.stepped = offset - self._offset, offset, False
        self._judge(self._wall_ns() // 1_000_000, step)
        told, self._told = self._told, self.standing
        if abs(step) > TOLERATED_STEP_MS:
            return step
        return 0 if self.standing is not told else None

    def _judge(self, wall: int, step: int) -> None:
        if self._synced():
            self._was_synced = True
            self._least = MADE
            self.standing = Clock.SYNCED if wall >= MADE else Clock.UNSET
            return
        if step < -TOLERATED_STEP_MS:
            self._least = max(self._least, wall - step)  # records have told the time before the step
        if wall < self._least:
            self.standing = Clock.UNSET
        else:
            self.standing = Clock.HELD if self._was_synced else Clock.RTC

    def _measure(self) -> int:
        return (self._wall_ns() - self._mono_ns()) // 1_000_000
