"""What holds for every frame format, whatever comes down the wire."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware import gwiot, id12, line, rdm6300
from hardware.far_end import frame
from hardware.frames import Frames
from kiosk.rules.credentials import Card

CARD = Card("em4100", bytes.fromhex("62E3086CED"))
LINE_CARD = Card("line-hex", bytes.fromhex("62E3086CED"))

FORMATS: dict[str, tuple[Callable[[], Frames], Card, re.Pattern[bytes]]] = {
    "rdm6300": (rdm6300.Frames, CARD, re.compile(rb"\x02[0-9A-F]{12}\x03")),
    "id12": (id12.Frames, CARD, re.compile(rb"\x02[0-9A-F]{12}\r\n\x03")),
    "gwiot": (gwiot.Frames, CARD, re.compile(rb"(?s)\x02[\x09-\x0f].{6,12}\x03")),
    "line": (lambda: line.Frames("hex", 64), LINE_CARD, re.compile(rb"[0-9A-Fa-f]{2,64}[\r\n]")),
}
PIECES = st.sampled_from([
    *(frame(name, card) for name, (_, card, _) in FORMATS.items()),
    b"\x02", b"\x03", b"\r\n", b"\x0a", b"62E3086CED", b"\x02\x0a\x02", b"\xa0",
])  # fmt: skip
STREAMS = st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=12).map(b"".join)
each_format = pytest.mark.parametrize("name", FORMATS)


@each_format
@settings(max_examples=150, deadline=None)
@given(stream=STREAMS, cuts=st.lists(st.integers(0, 200), max_size=8))
def test_the_same_comes_out_however_the_stream_is_cut(name: str, stream: bytes, cuts: list[int]) -> None:
    whole = FORMATS[name][0]().feed(stream)
    frames, bad, at = FORMATS[name][0](), 0, 0
    cards: list[Card] = []
    for cut in [*sorted(cut for cut in cuts if cut <= len(stream)), len(stream)]:
        more, worse = frames.feed(stream[at:cut])
        cards, bad, at = cards + more, bad + worse, cut
    assert (cards, bad) == whole


@each_format
@settings(max_examples=150, deadline=None)
@given(stream=STREAMS)
def test_no_more_cards_come_out_than_well_formed_frames_went_in(name: str, stream: bytes) -> None:
    make, _, well_formed = FORMATS[name]
    frames = [at for at in range(len(stream)) if well_formed.match(stream, at)]
    assert len(make().feed(stream)[0]) <= len(frames)


@each_format
@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=100))
def test_after_any_noise_the_second_presentation_at_the_latest_is_read(name: str, noise: bytes) -> None:
    make, card, _ = FORMATS[name]
    assert card in make().feed(noise + frame(name, card) * 2)[0]


@each_format
@settings(max_examples=50, deadline=None)
@given(flips=st.integers(1, 255), data=st.data())
def test_a_damaged_byte_never_makes_another_card(name: str, flips: int, data: st.DataObject) -> None:
    make, card, _ = FORMATS[name]
    good = bytearray(frame(name, card))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= flips
    if name != "line":  # a line has no check
        assert set(make().feed(bytes(good))[0]) <= {card}


@each_format
def test_an_endless_stream_without_an_end_is_not_kept(name: str) -> None:
    frames = FORMATS[name][0]()
    for piece in (b"\x02\x0f" * 5000, b"A" * 10_000):
        frames.feed(piece)
    assert len(frames._held) <= 65  # type: ignore[attr-defined]
