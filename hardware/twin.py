"""A doorway as it behaves: leaf, strike, closer, exit lever, contacts and their wires. Pure: times are passed in.

The strike gives while its relay is energised or the fire signal is on: that wire releases in hardware and asks no
software (I5). Outside there is a handle that opens only a door whose strike gives; inside there is a lever that
always opens and presses the exit button as it does. The closer shuts a leaf that nobody holds. A strike that fell
shut under an open leaf lets the leaf latch.

Wires say what the contacts are (`active` as in `kiosk.rules.messages.Input`) unless they are broken: cut, short, or
stuck at what they last said.
"""

from msgspec import Struct

from kiosk.rules.messages import Input, Sense

CLOSER_S = 3.0


class Happened(Struct, frozen=True):
    at: float  # seconds of the caller's clock
    what: str


class Doorway:
    def __init__(self, closer_s: float = CLOSER_S) -> None:
        self.energised = False
        self.siren = False
        self.leaf_open = False
        self.history: list[Happened] = []
        self._closer_s = closer_s
        self._shuts_at: float | None = None
        self._active: set[Input] = set()
        self._broken: dict[Input, Sense] = {}

    # ------------------------------------------------------------ what the door does

    def energise(self, on: bool, now: float) -> None:  # noqa: FBT001 - a level is what it is
        """The lock's relay; on = released."""
        if on != self.energised:
            self.energised = on
            self._note("strike gives" if on else "strike holds", now)

    def sound(self, on: bool, now: float) -> None:  # noqa: FBT001 - a level is what it is
        """The siren's relay."""
        if on != self.siren:
            self.siren = on
            self._note("siren on" if on else "siren off", now)

    # ------------------------------------------------------------ what people do

    def push(self, now: float) -> bool:
        """From outside: whether the leaf stands open afterwards."""
        if not self.leaf_open and self.gives:
            self._open("opened", now)
        return self.leaf_open

    def leave(self, now: float) -> None:
        """From inside, by the lever."""
        self.turn(Input.EXIT_BUTTON, True, now)
        if not self.leaf_open:
            self._open("opened from inside", now)

    def force(self, now: float) -> None:
        """With a crowbar."""
        if not self.leaf_open:
            self._open("forced", now)

    def hold(self, now: float) -> None:
        """Keeps an open leaf open until it is let go."""
        if self.leaf_open:
            self._shuts_at = None
            self._note("held", now)

    def let_go(self, now: float) -> None:
        """Leaves leaf and lever to themselves."""
        self.turn(Input.EXIT_BUTTON, False, now)
        if self.leaf_open:
            self._shuts_at = now + self._closer_s

    def shut(self, now: float) -> None:
        if self.leaf_open:
            self.leaf_open = False
            self._shuts_at = None
            self._note("closed", now)

    def turn(self, contact: Input, active: bool, now: float) -> None:  # noqa: FBT001 - a level is what it is
        """Press the exit button, open the case, give the fire signal, step between two doors."""
        if active != (contact in self._active):
            self._active ^= {contact}
            self._note(f"{contact} {'active' if active else 'normal'}", now)

    def tick(self, now: float) -> None:
        """Lets the closer do its work."""
        if self._shuts_at is not None and now >= self._shuts_at:
            self.shut(now)

    def due(self) -> float | None:
        """When `tick` has something to do."""
        return self._shuts_at

    # ------------------------------------------------------------ what wires do

    def cut(self, wire: Input, now: float) -> None:
        self._break(wire, Sense.CUT, "cut", now)

    def short(self, wire: Input, now: float) -> None:
        self._break(wire, Sense.SHORT, "short", now)

    def stick(self, wire: Input, now: float) -> None:
        self._break(wire, self.sense(wire), "stuck", now)

    def mend(self, wire: Input, now: float) -> None:
        if self._broken.pop(wire, None) is not None:
            self._note(f"{wire} mended", now)

    # ------------------------------------------------------------ what can be seen

    @property
    def gives(self) -> bool:
        """Whether a push from outside opens."""
        return self.energised or Input.FIRE in self._active

    @property
    def active(self) -> frozenset[Input]:
        """The contacts that are pressed, opened or signalled, whatever their wires say."""
        return frozenset(self._active)

    def sense(self, wire: Input) -> Sense:
        """What stands at the end of this wire."""
        if wire in self._broken:
            return self._broken[wire]
        match wire:
            case Input.DOOR_POSITION:
                active = self.leaf_open
            case Input.LOCK_POSITION:
                active = not self.gives
            case _:
                active = wire in self._active
        return Sense.ACTIVE if active else Sense.NORMAL

    def _open(self, how: str, now: float) -> None:
        self.leaf_open = True
        self._shuts_at = None
        self._note(how, now)

    def _break(self, wire: Input, sense: Sense, how: str, now: float) -> None:
        self._broken[wire] = sense
        self._note(f"{wire} {how}", now)

    def _note(self, what: str, now: float) -> None:
        self.history.append(Happened(now, what))
