"""The frames of door.sock: what they carry, what they bound, what they never print."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from kiosk.link import wire
from kiosk.rules.messages import Kind, Order, Permit, Side
from kiosk.rules.view import Say, Screen, Tone

DIGEST = "0123456789abcdef" * 4
FROM_NEIGHBOURS: list[wire.ToDoor] = [
    wire.Hello(version=1, role=wire.Role.SCREEN),
    wire.EnterCode(code="27182818", side=Side.OUTSIDE),
    wire.PlaceOrder(order=Order.MAINTENANCE, by="王明", reason="摄像机", permit=Permit("p1", "r", "a", 1, 2, (3, 4))),
    wire.AskScreen(),
    wire.PhotoTaken(visit="v1", digest=DIGEST, count=3),
    wire.PhotoTaken(visit=None, digest=None, count=0, why="The camera is gone."),
    wire.ListReady(version=7),
]
FROM_THE_DOOR: list[wire.FromDoor] = [
    wire.Welcome(version=1, door="south-gate", boot=12),
    wire.Shown(screen=Screen(word=Say("Locked"), tone=Tone.CALM, lines=(Say("{n} tries left", {"n": 4}),), until=9)),
    wire.PhotoWanted(why=Kind.FORCED, visit=None, burst=5),
    wire.Refused(why="This is not for this role to say."),
    wire.Done(),
]


def payload(message: wire.ToDoor | wire.FromDoor) -> bytes:
    return wire.frame(message)[wire.PREFIX :]


@pytest.mark.parametrize("message", FROM_NEIGHBOURS, ids=lambda message: type(message).__name__)
def test_what_a_neighbour_says_arrives_as_it_was_said(message: wire.ToDoor) -> None:
    assert wire.to_door(payload(message)) == message


@pytest.mark.parametrize("message", FROM_THE_DOOR, ids=lambda message: type(message).__name__)
def test_what_the_door_says_arrives_as_it_was_said(message: wire.FromDoor) -> None:
    assert wire.from_door(payload(message)) == message


def test_a_frame_is_a_big_endian_length_and_messagepack_with_the_messages_name() -> None:
    assert wire.frame(wire.Done()) == bytes.fromhex("0000000b 81 a474797065 a4") + b"Done"


@pytest.mark.parametrize("message", FROM_THE_DOOR, ids=lambda message: type(message).__name__)
def test_a_neighbour_cannot_speak_as_the_door(message: wire.FromDoor) -> None:
    with pytest.raises(wire.WireError):
        wire.to_door(payload(message))


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "EnterCode", "code": "", "side": "outside"},
        {"type": "EnterCode", "code": "1" * 2049, "side": "outside"},
        {"type": "EnterCode", "code": "1234\n", "side": "outside"},
        {"type": "EnterCode", "code": "12 34", "side": "outside"},
        {"type": "EnterCode", "code": "１２３４", "side": "outside"},
        {"type": "EnterCode", "code": 12345678, "side": "outside"},
        {"type": "EnterCode", "code": "12345678", "side": "above"},
        {"type": "EnterCode", "code": "12345678", "side": "outside", "open": True},
        {"type": "PhotoTaken", "visit": "v1", "digest": DIGEST.upper(), "count": 1},
        {"type": "PhotoTaken", "visit": "v1", "digest": DIGEST + "\n", "count": 1},
        {"type": "PhotoTaken", "visit": "v1", "digest": DIGEST, "count": -1},
        {"type": "PlaceOrder", "order": "release", "by": "me"},
        {"type": "PlaceOrder", "order": "lockdown", "by": ""},
        {"type": "ListReady", "version": -1},
        {"type": "Release"},
        {},
        [],
        None,
    ],
    ids=str,
)
def test_what_is_no_message_is_refused(wrong: object) -> None:
    with pytest.raises(wire.WireError):
        wire.to_door(msgspec.msgpack.encode(wrong))


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(wire.WireError):
        wire.to_door(b"\x82\xa1a" + b"\x91" * 60_000)


def test_text_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(wire.WireError):
        wire.to_door(b"\x81\xa4type\xa2\xff\xff")


def test_what_was_sent_stands_in_no_error() -> None:
    spoilt = payload(wire.EnterCode(code="27182818", side=Side.OUTSIDE)).replace(b"outside", b"2718281")
    with pytest.raises(wire.WireError) as raised:
        wire.to_door(spoilt)
    assert (raised.value.args, raised.value.__cause__) == (("This is no message of this version.",), None)


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_arbitrary_bytes_are_a_message_or_a_wire_error(data: bytes) -> None:
    try:
        wire.to_door(data)
    except wire.WireError:
        return


def test_a_code_prints_as_stars() -> None:
    code = wire.EnterCode(code="27182818", side=Side.OUTSIDE)
    printed = f"{code} {code!r} {[code]} {pretty_repr(code)}"
    assert ("27182818" in printed, printed.count("****")) == (False, 4)


def test_every_role_has_its_word_on_what_it_may_say() -> None:
    assert set(wire.MAY_SAY) == set(wire.Role)


def test_nothing_that_may_be_said_is_a_word_of_the_door() -> None:
    said = {kind for kinds in wire.MAY_SAY.values() for kind in kinds}
    assert said == {type(message) for message in FROM_NEIGHBOURS} - {wire.Hello}


def test_a_message_longer_than_a_frame_is_not_made() -> None:
    with pytest.raises(wire.TooLongError):
        wire.frame(wire.Refused(why="x" * wire.LIMIT))


def test_a_length_over_the_limit_is_refused_before_its_bytes_come() -> None:
    with pytest.raises(wire.TooLongError):
        wire.Frames().feed((wire.LIMIT + 1).to_bytes(4, "big"))


def test_a_frame_of_exactly_the_limit_is_taken() -> None:
    assert wire.Frames().feed(wire.LIMIT.to_bytes(4, "big") + bytes(wire.LIMIT)) == [bytes(wire.LIMIT)]


@given(st.lists(st.binary(max_size=40), max_size=8), st.data())
@settings(max_examples=100)
def test_frames_come_out_whole_however_their_bytes_arrive(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(len(each).to_bytes(4, "big") + each for each in payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    frames = wire.Frames()
    heard = [each for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) for each in frames.feed(stream[a:b])]
    assert heard == payloads
