"""What the door process and its neighbours say to each other over `door.sock`: typed, versioned, bounded.

A frame is a big-endian u32 length and that many bytes of MessagePack (at most LIMIT). The neighbour speaks first, with
`Hello`; each of its messages but `AskScreen` is answered by one `Done` or `Refused`, in the order in which they were
sent, and `AskScreen` by `Shown`. Between the answers the door says by itself what the role is to hear: `Shown` to
faces, `PhotoWanted` to the camera. There is one version and no negotiation, since all five processes come in one wheel:
another version is a half-done update, and says so.

`MAY_SAY` is the whole of what a role can do. No message releases the lock; there is none to forge.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

from kiosk.rules.messages import Kind, Order, Permit, Side
from kiosk.rules.view import Screen

VERSION: Final = 1
LIMIT: Final = 64 * 1024  # bytes of a frame's payload
PREFIX: Final = 4

Line: TypeAlias = Annotated[str, Meta(max_length=500)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Visit: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Digest: TypeAlias = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Printable: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2048, pattern=r"\A[\x21-\x7e]+\Z")]


class WireError(Exception):
    """Bytes that are no message: one short sentence."""


class TooLongError(WireError):
    """A frame announced more than LIMIT bytes."""


class Role(StrEnum):
    """What a neighbour is to the door. Which users may take a role is the opener's word (`kiosk.link`)."""

    SCREEN = "screen"
    CAMERA = "camera"
    SYNC = "sync"
    BENCH = "bench"  # the demo's page, on which a person plays the hardware; no user has it on a device
    WATCH = "watch"  # sees what the screen shows, and says nothing


class Said(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """A message of either side."""


# ---------------------------------------------------------------- a neighbour to the door


class Hello(Said, frozen=True):
    version: int
    role: Role


class EnterCode(Said, frozen=True):
    """A code typed, or a pass shown to a camera: printable ASCII without spaces. Nothing prints it."""

    code: Printable
    side: Side

    def __repr__(self) -> str:
        return f"EnterCode(code='****', side={self.side!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("code", "****"), ("side", self.side)]


class PlaceOrder(Said, frozen=True):
    """`by` is who gave the order, as the register will name them; a `permit` belongs to maintenance (R12)."""

    order: Order
    by: Name
    reason: Line = ""
    permit: Permit | None = None


class AskScreen(Said, frozen=True):
    pass


class PhotoTaken(Said, frozen=True):
    """`count` pictures were sealed, `digest` is their SHA-256 in hex; None, and the sentence `why`, if none."""

    visit: Visit | None
    digest: Digest | None
    count: Annotated[int, Meta(ge=0, le=1000)]
    why: Line = ""


class ListReady(Said, frozen=True):
    """A verified access list lies beside the one in force."""

    version: Annotated[int, Meta(ge=0, lt=2**53)]


# ---------------------------------------------------------------- the door to a neighbour


class Welcome(Said, frozen=True):
    """The answer to `Hello`. `boot` counts the door's starts: times in a `Screen` are of this boot."""

    version: int
    door: str
    boot: int


class Shown(Said, frozen=True):
    screen: Screen


class PhotoWanted(Said, frozen=True):
    why: Kind
    visit: str | None
    burst: int = 1


class Refused(Said, frozen=True):
    """`why` is an English sentence for a log or a terminal. What a person at the door reads comes as `Shown`."""

    why: str


class Done(Said, frozen=True):
    """Taken in; what comes of it is seen in the next `Shown` and in the ledger."""


ToDoor: TypeAlias = Hello | EnterCode | PlaceOrder | AskScreen | PhotoTaken | ListReady
FromDoor: TypeAlias = Welcome | Shown | PhotoWanted | Refused | Done

MAY_SAY: Final[Mapping[Role, frozenset[type[ToDoor]]]] = {
    Role.SCREEN: frozenset({AskScreen, EnterCode}),
    Role.CAMERA: frozenset({PhotoTaken}),
    Role.SYNC: frozenset({ListReady, PlaceOrder}),
    Role.BENCH: frozenset({AskScreen, EnterCode, PlaceOrder}),
    Role.WATCH: frozenset({AskScreen}),
}

_Message = TypeVar("_Message")

_encoder = msgspec.msgpack.Encoder()
_to_door: msgspec.msgpack.Decoder[ToDoor] = msgspec.msgpack.Decoder(ToDoor)
_from_door: msgspec.msgpack.Decoder[FromDoor] = msgspec.msgpack.Decoder(FromDoor)


def frame(message: ToDoor | FromDoor) -> bytes:
    """The message as it travels. Raises TooLongError: nothing that a process of ours says comes near LIMIT."""
    payload = _encoder.encode(message)
    if len(payload) > LIMIT:
        raise TooLongError(f"A {type(message).__name__} of {len(payload)} bytes is longer than {LIMIT}.")
    return len(payload).to_bytes(PREFIX, "big") + payload


def to_door(payload: bytes) -> ToDoor:
    """What a neighbour said. Raises WireError."""
    return _decode(_to_door, payload)


def from_door(payload: bytes) -> FromDoor:
    """What the door said. Raises WireError."""
    return _decode(_from_door, payload)


def _decode(decoder: msgspec.msgpack.Decoder[_Message], payload: bytes) -> _Message:
    try:
        return decoder.decode(payload)
    # msgspec answers text that is no UTF-8 with ValueError, and arrays nested a thousand deep with RecursionError.
    # None of them is passed on: they can quote what was sent, and that may be a code.
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise WireError("This is no message of this version.") from None


class Frames:
    """Cuts a stream of bytes into payloads, however it arrives; holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that are whole now, in order. Raises TooLongError when a length says so."""
        self._held += data
        payloads = []
        at = 0
        while len(self._held) - at >= PREFIX:
            size = int.from_bytes(self._held[at : at + PREFIX], "big")
            if size > LIMIT:
                raise TooLongError(f"A frame of {size} bytes is longer than {LIMIT}.")
            if len(self._held) - at - PREFIX < size:
                break
            payloads.append(bytes(self._held[at + PREFIX : at + PREFIX + size]))
            at += PREFIX + size
        del self._held[:at]
        return payloads
