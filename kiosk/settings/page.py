"""One door's settings on one typed page.

The keys of the TOML file are these fields; `kiosk.settings` reads them. Every optional table that is left out is a
device that this door does not have.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct, field

from kiosk.problems import masked
from kiosk.rules.messages import Input, Side
from kiosk.rules.policy import Policy, Room


class Address(str):
    """A driver's address, `scheme:rest?argument=value&…`; its repr masks passwords and keys."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(masked(self))


class Centre(Address):
    """The centre's https address."""

    __slots__ = ()


# In C2SP's signed notes a key's name holds neither space nor plus; this door's is <site>/doorward/<door>.
_NAME = Meta(
    pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
    max_length=60,
    description="a-z 0-9 . -",
)
DoorName = Annotated[str, _NAME]


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


class LockKind(StrEnum):
    FAIL_SECURE = "fail-secure"  # locked without power
    FAIL_SAFE = "fail-safe"  # released without power


class Door(Struct, frozen=True):
    """`site` and `id` together name the ledger: they never change once records exist."""

    id: DoorName
    site: DoorName
    room: str
    policy: Path
    data: Path = Path("/var/lib/doorward")
    language: Language = Language.ZH


class Lock(Struct, frozen=True):
    driver: Address
    kind: LockKind = LockKind.FAIL_SECURE


class Inputs(Struct, frozen=True):
    """One field for each `Input`; None is not wired."""

    door_position: Address | None = None
    exit_button: Address | None = None
    tamper: Address | None = None
    fire: Address | None = None
    lock_position: Address | None = None
    presence: Address | None = None

    def wired(self) -> dict[Input, Address]:
        addresses = {each: getattr(self, each) for each in Input}
        return {each: address for each, address in addresses.items() if address is not None}

    def absent(self) -> tuple[str, ...]:
        """What `Started` tells: the inputs that are not wired."""
        return tuple(each.value for each in Input if each not in self.wired())


class Reader(Struct, frozen=True):
    """`name` stands in records; left out, it is the side, then side-2, side-3."""

    side: Side
    driver: Address
    name: DoorName = ""


class Siren(Struct, frozen=True):
    driver: Address


class Camera(Struct, frozen=True):
    source: Address


class Central(Struct, frozen=True):
    url: Centre


class Link(Struct, frozen=True):
    """System users who may take each role on the door's socket; none named: the door's own user alone."""

    screen: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    sync: tuple[str, ...] = ()


class SettingsFile(Struct, frozen=True, kw_only=True):
    door: Door
    lock: Lock
    reader: Annotated[tuple[Reader, ...], Meta(min_length=1)]
    inputs: Inputs = field(default_factory=Inputs)
    siren: Siren | None = None
    camera: Camera | None = None
    central: Central | None = None
    link: Link = field(default_factory=Link)
    neighbours: dict[DoorName, Address] = {}  # an interlock's other doors, each by an input that is active while unsafe


class Settings(SettingsFile, frozen=True, kw_only=True):
    policy: Policy

    @property
    def room(self) -> Room:
        return self.policy.rooms[self.door.room]

    @property
    def origin(self) -> str:
        """The ledger's name on checkpoints."""
        return f"{self.door.site}/doorward/{self.door.id}"
