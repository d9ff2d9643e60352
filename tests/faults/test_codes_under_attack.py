"""F23: a million random codes, replay, other door, early, late; accepted no more often than was published."""

import hmac
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.roster.access_list import Code, code_mac
from kiosk.roster.roster import Roster
from kiosk.rules import codes
from kiosk.rules.codes import DURATIONS, OfflineGrant, Refusal, as_approval, draw, offline_code, twin, verify_offline
from kiosk.rules.credentials import Approval, CodeMatch
from tests import lists

MILLION = 1_000_000
NOW = 1_772_409_600
KEY = b"k" * 32
_LETTERS = bytes(ord(codes.ALPHABET[byte & 31]) for byte in range(256))


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - to be the same each time


@pytest.mark.parametrize("guesses", [100_000, pytest.param(MILLION, marks=pytest.mark.slow)])
def test_random_offline_codes_open_nothing(guesses: int) -> None:
    """The published bound is 2^-34 for each: a million guesses succeed once in 17,000 runs of other numbers."""
    guess = chance(23).randbytes
    typed = (guess(12).translate(_LETTERS).decode() for _ in range(guesses))
    opened = [code for code in typed if verify_offline(code, KEY, "south-gate", NOW) is not Refusal.WRONG]
    assert opened == []


def test_of_all_heads_only_those_whose_window_covers_now_can_be_completed_and_by_one_mac_each() -> None:
    """The bound itself: accepted codes over 2^60 are the covering windows over 2^26, times 2^-34."""
    completed = {
        (slot, serial, duration)
        for slot in range(NOW // 900 - 100, NOW // 900 + 100)
        for serial in (0, 511, 1023)
        for duration in DURATIONS
        if isinstance(verify_offline(offline_code(KEY, "d", serial, slot * 900, duration), KEY, "d", NOW), OfflineGrant)
    }
    covering = sum(duration // 900 for duration in DURATIONS)
    assert len(completed) == 3 * covering
    assert 1024 * covering < 2**26


def test_the_bits_of_a_mac_that_decide_are_34() -> None:
    code = offline_code(KEY, "d", 5, NOW, 900)
    tail = [code[:-7] + other for other in ("0000000", code[-7:-1] + ("0" if code[-1] != "0" else "1"))]
    assert [verify_offline(guess, KEY, "d", NOW) for guess in tail] == [Refusal.WRONG] * 2


def test_an_offline_code_is_worth_nothing_at_another_door_early_or_late() -> None:
    code = offline_code(KEY, "south-gate", 9, NOW, 900)
    tries = [("main", NOW), ("south-gate", NOW - 1), ("south-gate", NOW + 900), ("south-gate", NOW + 900 * 8192)]
    assert [verify_offline(code, KEY, door, at) for door, at in tries] == [
        Refusal.WRONG,
        Refusal.EARLY,
        Refusal.LATE,
        Refusal.WRONG,
    ]


def test_a_replayed_offline_code_is_the_same_approval_of_one_opening() -> None:
    code = offline_code(KEY, "south-gate", 9, NOW, 3_600)
    twice = [verify_offline(typed, KEY, "south-gate", at) for typed, at in ((code, NOW), (code.lower(), NOW + 3_599))]
    approvals = [as_approval(grant, "south_gate") for grant in twice if isinstance(grant, OfflineGrant)]
    assert (approvals[0], approvals[0].openings, len(approvals)) == (approvals[1], 1, 2)


def test_the_right_and_the_wrong_offline_code_cost_the_same_macs(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []
    digest = hmac.digest

    def counted(key: bytes, message: bytes, kind: str) -> bytes:
        made.append(message)
        return digest(key, message, kind)

    right = offline_code(KEY, "d", 5, NOW, 900)
    early = offline_code(KEY, "d", 5, NOW + 90_000, 900)
    late = offline_code(KEY, "d", 5, NOW - 90_000, 900)
    monkeypatch.setattr(hmac, "digest", counted)
    work = []
    for code in (right, early, late, "0" * 12):
        made.clear()
        verify_offline(code, KEY, "d", NOW)
        work.append([len(message) for message in made])
    assert work == [work[0]] * 4


# ---------------------------------------------------------------- approval codes

FORCE = 500  # as many approvals as no school has at one time


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, CodeMatch], Roster]]:
    """Every code that opens, with what it opens; and the list that holds them."""
    folder: Path = tmp_path_factory.mktemp("list")
    draws, taken = chance(1), set[str]()
    answers: dict[str, CodeMatch] = {}
    with lists.writer(folder) as making:
        for number in range(FORCE):
            approval = Approval(f"V-{number}", "main", "来访", "校长", "检修", NOW, NOW + 3_600)
            code = draw(iter(lambda: draws.randbytes(16), None), taken.__contains__)
            taken |= {code, twin(code)}
            answers |= {code: CodeMatch(approval), twin(code): CodeMatch(approval, duress=True)}
            making.approvals([approval])
            making.codes(
                Code(code_mac(lists.CODE_KEY, typed), approval.id, duress=typed != code) for typed in (code, twin(code))
            )
        making.finish(lists.ISSUER_KEY)
    with closing(lists.open_list(folder)) as roster:
        yield answers, roster


def test_codes_and_twins_never_meet(issued: tuple[dict[str, CodeMatch], Roster]) -> None:
    answers, _ = issued
    assert len(answers) == 2 * FORCE


def test_every_code_in_force_opens_its_own_approval(issued: tuple[dict[str, CodeMatch], Roster]) -> None:
    answers, roster = issued
    assert {code: roster.match(code) for code in answers} == answers


def test_a_million_random_codes_open_as_often_as_published(issued: tuple[dict[str, CodeMatch], Roster]) -> None:
    """2 × 500 of 10^8 codes open: 10 of a million guesses, and more than 30 in no run in a million."""
    answers, roster = issued
    in_force = {code_mac(lists.CODE_KEY, code) for code in answers}
    draws, key = chance(5), lists.CODE_KEY
    guesses = (f"{draws.randrange(10**8):08d}" for _ in range(MILLION))
    hits = [guess for guess in guesses if code_mac(key, guess) in in_force]
    assert [roster.match(guess) for guess in hits] == [answers[guess] for guess in hits]
    assert len(hits) <= 30


def test_what_a_hit_proves_holds_for_every_miss_beside_it(issued: tuple[dict[str, CodeMatch], Roster]) -> None:
    answers, roster = issued
    near = {f"{(int(code) + step) % 10**8:08d}" for code in answers for step in (-10, -1, 1, 2, 10)} - answers.keys()
    assert {roster.match(code) for code in near} == {CodeMatch()}
