"""A record: the exact bytes that are stored, hashed, sent, and never re-made.

One flat object in RFC 8785 canonical JSON, at most 4 KiB: the header (`HEADER`), the facts of its kind
(`kiosk.rules.messages.Kind`), and a salt, so that a body erased under retention cannot be guessed back from its leaf
hash. Order is (boot, mono_ms); the wall clock is only told.

RFC 8785 sorts keys by UTF-16 and writes numbers as ECMAScript does. Keys here are ASCII and numbers are integers
that a double holds exactly, so sorting by code point and writing plain digits gives the same bytes; what would not
is refused, both ways. `compose` stands between a card and the lock: it is written to be fast.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, NoReturn, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from kiosk.rules.messages import Append, Clock, Moment

VERSION = 1
MOST_BYTES = 4096
SALT_BYTES = 16
MOST_NAME = 128
MOST_INTEGER = 2**53 - 1
MOST_DEPTH = 4  # of lists and objects within a fact
HEADER = frozenset({"v", "seq", "boot", "mono_ms", "at", "clock", "door", "kind", "visit", "salt"})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Count = Annotated[int, Meta(ge=0, le=MOST_INTEGER)]
_Salt = Annotated[str, Meta(min_length=2 * SALT_BYTES, max_length=2 * SALT_BYTES)]
_Name = Annotated[str, Meta(min_length=1, max_length=MOST_NAME)]


class RecordError(ValueError):
    """One clear sentence: which record, and what about it cannot stand."""


class Header(Struct, frozen=True, gc=False):
    """What every record says, as the JSON has it: `visit` is left out where there is none."""

    seq: _Count
    boot: _Count
    mono_ms: _Count
    at: str | None
    clock: Clock
    door: _Name
    kind: _Name
    salt: _Salt
    v: Literal[1]
    visit: _Name | UnsetType = UNSET


class Record(Struct, frozen=True):
    """A record as read: the header, and in `facts` all the rest.

    `kind` is a plain string: an older reader must be able to carry a newer door's records. It compares equal to
    `Kind`. `at` is RFC 3339 UTC with milliseconds, or None while the clock was unset.
    """

    seq: int
    boot: int
    mono_ms: int
    at: str | None
    clock: Clock
    door: str
    kind: str
    salt: str
    visit: str | None = None
    facts: dict[str, Any] = {}

    @property
    def wall(self) -> int | None:
        """Unix milliseconds UTC."""
        return None if self.at is None else _wall(self.at)

    @property
    def moment(self) -> Moment:
        return Moment(self.boot, self.mono_ms, self.wall, self.clock)


# What a fact may be, for msgspec to hold its C code to: four levels, no fractions, no number that a double rounds.
_Word = Annotated[str, Meta(pattern="^[\\x00-\\x7f]*$")]
_Plain: TypeAlias = str | bool | Annotated[int, Meta(ge=-MOST_INTEGER, le=MOST_INTEGER)] | None
_Fact1: TypeAlias = _Plain | list[_Plain] | dict[_Word, _Plain]
_Fact2: TypeAlias = _Plain | list[_Fact1] | dict[_Word, _Fact1]
_Fact3: TypeAlias = _Plain | list[_Fact2] | dict[_Word, _Fact2]
_Fact4: TypeAlias = _Plain | list[_Fact3] | dict[_Word, _Fact3]
_decode = msgspec.json.Decoder(dict[str, _Fact4]).decode
_decode_header = msgspec.json.Decoder(Header).decode
_decode_header_lines = msgspec.json.Decoder(Header).decode_lines
# RFC 3339 as records write it: UTC, milliseconds, the years 1 to 9999, and only days that the calendar has.
_AT = (
    r"(?:(?!0000)[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?!00)(?:[02468][048]|[13579][26])00)"
    r"-02-29)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"
)
_RFC3339 = re.compile(_AT)
_HEX = re.compile(r"[0-9a-f]*")

_AS_IS = frozenset({str, bool, type(None)})
_encode = msgspec.json.Encoder(order="sorted").encode


def compose(seq: int, entry: Append, door: str, salt: bytes) -> bytes:
    """The bytes of record `seq`. `salt` is 16 fresh random bytes. Raises RecordError."""
    at, body = entry.at, entry.body
    if not HEADER.isdisjoint(body):
        _refuse(seq, f"its facts may not be called {', '.join(sorted(HEADER & body.keys()))}")
    whole = {
        **body,
        "v": VERSION,
        "seq": seq,
        "boot": at.boot,
        "mono_ms": at.mono,
        "at": None if at.wall is None else _rfc3339(seq, at.wall),
        "clock": at.clock,
        "door": door,
        "kind": entry.kind,
        "salt": salt.hex(),
    }
    if entry.visit is not None:
        whole["visit"] = entry.visit
        if not 0 < len(entry.visit) <= MOST_NAME:
            _refuse(seq, f"its visit {entry.visit[:MOST_NAME]!r} is no name")
    _check(seq, body, MOST_DEPTH)
    if max(seq, at.boot, at.mono) > MOST_INTEGER or min(seq, at.boot, at.mono) < 0:
        _refuse(seq, f"its place in time, boot {at.boot} and {at.mono} ms, is no place in time")
    try:
        written = _encode(whole)
    except UnicodeEncodeError:
        _refuse(seq, "it holds half a surrogate pair, which no text file can hold")
    if len(written) > MOST_BYTES:
        _refuse(seq, f"it takes {len(written)} bytes; {MOST_BYTES} are allowed")
    return written


def parse(written: bytes) -> Record:
    """The record that these bytes are. They must be exactly what `compose` writes. Raises RecordError."""
    whole = decode(written)
    header = read_header(written)
    return Record(
        header.seq,
        header.boot,
        header.mono_ms,
        header.at,
        header.clock,
        header.door,
        header.kind,
        header.salt,
        None if header.visit is UNSET else header.visit,
        {key: value for key, value in whole.items() if key not in HEADER},
    )


def decode(written: bytes) -> dict[str, Any]:
    """The object in these canonical bytes: RFC 8785, no fractions, nothing twice. Raises RecordError."""
    if len(written) > MOST_BYTES:
        _refuse(None, f"it takes {len(written)} bytes; {MOST_BYTES} are allowed")
    try:
        whole: dict[str, Any] = _decode(written)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"A record is refused: it is not JSON as records hold it ({error}).") from error
    if not "".join(whole).isascii():
        _refuse(None, f"the names {', '.join(whole)} are not all ASCII")
    # Every other way to write the same object (spaces, another order, a key twice, 1e2, \u0041) ends here.
    if _encode(whole) != written:
        _refuse(whole.get("seq"), "its bytes are not canonical JSON (RFC 8785)")
    return whole


def read_header(written: bytes) -> Header:
    """The header in bytes that `decode` takes. Raises RecordError."""
    try:
        header = _decode_header(written)
    except msgspec.MsgspecError as error:
        raise RecordError(f"A record is refused: {error}.") from error
    if header.at is not None and not _is_rfc3339(header.at):
        _refuse(header.seq, f"{header.at!r} is no time of day as records write it")
    if not _HEX.fullmatch(header.salt):
        _refuse(header.seq, "its salt is not 16 bytes in small hexadecimal digits")
    return header


def read_headers(records: Sequence[bytes]) -> list[Header]:
    """The header of each, five times faster than `read_header`: for bytes that are known to be those that were signed.

    Raises RecordError when any has none, without saying which. Nothing is said of how it is written, nor of its facts,
    time and salt: that is for `decode` and `read_header`. Every record begins an object, so where there are as many
    objects on lines of their own as there are records, each is one record's.
    """
    try:
        headers = _decode_header_lines(b"\n".join(records))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"A record among many is refused: {error}.") from error
    if (
        len(headers) != len(records)
        or not {record[:1] for record in records} <= {b"{"}
        or max(map(len, records), default=0) > MOST_BYTES
    ):
        _refuse(None, "it is one of many that are not all records")
    return headers


def _check(seq: int | None, values: dict[str, Any], depth: int) -> None:
    try:
        if not "".join(values).isascii():
            _refuse(seq, f"the names {', '.join(values)} are not all ASCII")
    except TypeError:
        _refuse(seq, "a name in it is not text")
    for key, value in values.items():
        kind = type(value)
        if kind in _AS_IS:
            continue
        if kind is int:
            if not -MOST_INTEGER <= value <= MOST_INTEGER:
                _refuse(seq, f"{key} is {value}: JSON keeps whole numbers only up to 2^53 - 1")
        elif not isinstance(value, StrEnum):
            _check_compound(seq, key, value, depth)


def _check_compound(seq: int | None, key: str, value: object, depth: int) -> None:
    if depth == 0:
        _refuse(seq, f"{key} is nested more than {MOST_DEPTH} deep")
    if isinstance(value, dict):
        _check(seq, value, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(seq, {key: item}, depth - 1)
    else:
        _refuse(seq, f"{key} is {value!r}: only text, whole numbers, true, false, null, lists and objects are kept")


@lru_cache(maxsize=64)  # records come many to the second
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")


@lru_cache(maxsize=64)
def _seconds(second: str) -> int:
    seconds = (datetime.fromisoformat(second).replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
    if _second(seconds) != second:
        raise ValueError(second)
    return seconds


def _rfc3339(seq: int | None, wall: int) -> str:
    try:
        return f"{_second(wall // 1000)}.{wall % 1000:03}Z"
    except OverflowError:
        _refuse(seq, f"its time of day, {wall} ms, lies outside the years 1 to 9999")


def _wall(at: str) -> int:
    return _seconds(at[:19]) * 1000 + int(at[20:23])


def _is_rfc3339(at: str) -> bool:
    return len(at) == 24 and _RFC3339.fullmatch(at) is not None


def _refuse(seq: object, why: str) -> NoReturn:
    which = "A record" if seq is None else f"Record {seq}"
    raise RecordError(f"{which} is refused: {why}.")
