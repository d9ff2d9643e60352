from hardware.presentations import Presentations
from kiosk.rules.credentials import Card

A, B = Card("em4100", b"AAAAA"), Card("em4100", b"BBBBB")


def folded() -> Presentations:
    return Presentations(again_s=0.5, repeat_s=0.065)


def test_repeats_of_a_tag_that_stays_are_one_presentation() -> None:
    presentations = folded()
    assert [list(presentations.fresh([A], at * 0.065)) for at in range(100)] == [[A], *([[]] * 99)]


def test_a_tag_counts_again_after_a_silence() -> None:
    presentations = folded()
    assert [list(presentations.fresh([A], at)) for at in (1.0, 1.51)] == [[A], [A]]


def test_a_tag_does_not_count_again_before_the_silence_is_over() -> None:
    presentations = folded()
    assert [list(presentations.fresh([A], at)) for at in (1.0, 1.5, 2.0)] == [[A], [], []]


def test_two_tags_that_alternate_are_two_presentations() -> None:
    assert list(folded().fresh([A, B, A, B, A], 1.0)) == [A, B]


def test_frames_that_waited_while_the_door_was_busy_are_no_new_presentation() -> None:
    presentations = folded()
    presentations.fresh([A], 1.0)
    assert list(presentations.fresh([A] * 12, 1.8)) == []


def test_without_a_silence_every_frame_counts() -> None:
    assert list(Presentations(0, 0).fresh([A, A], 1.0)) == [A, A]


def test_a_flood_of_different_tags_is_not_kept() -> None:
    presentations = folded()
    presentations.fresh([Card("em4100", at.to_bytes(5)) for at in range(1000)], 1.0)
    assert len(presentations._heard) == 16
