"""A supervised input's level out of a contact that bounces.

A reading counts once it stood still for `settle_s`; the first counts at once. A contact that never stands still is
not what it last was: after UNSETTLED times `settle_s` (at least a second) it is `unknown`, said once, so that
rattling a contact hides nothing and fills no ledger.
"""

from kiosk.rules.messages import Sense

UNSETTLED = 10


class Settling:
    """Times are monotonic seconds."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._patience_s = max(1.0, UNSETTLED * settle_s)
        self._said: Sense | None = None
        self._raw: Sense | None = None
        self._since = 0.0
        self._restless_since: float | None = None

    def hear(self, sense: Sense, now: float) -> None:
        if sense == self._raw:
            return
        self._raw, self._since = sense, now
        if self._restless_since is None and self._said is not None:
            self._restless_since = now

    def settled(self, now: float) -> Sense | None:
        """A level that is news, or None."""
        if self._raw is None:
            return None
        if self._said is None or now >= self._since + self._settle_s:
            self._restless_since = None
            return self._say(self._raw)
        if self._restless_since is not None and now >= self._restless_since + self._patience_s:
            return self._say(Sense.UNKNOWN)
        return None

    def due(self) -> float | None:
        """When `settled` may have news though nothing more is heard."""
        return None if self._restless_since is None else self._since + self._settle_s

    def _say(self, sense: Sense) -> Sense | None:
        if sense == self._said:
            return None
        self._said = sense
        return sense
