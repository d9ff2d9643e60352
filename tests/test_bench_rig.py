"""The bench's own arithmetic: a wrong rig would make every number a wrong one."""

import pytest

from bench.cards import frame, number
from bench.contest import contest
from bench.proc import syncs_between
from bench.stats import met, percentile
from bench.wires import WrongAnswerError

READER, RELAY = "/dev/pts/1", "/dev/pts/2"
CARD = f'7 read(3<{READER}>, "\\2BD41821A5531\\3", 4096) = 14'
NOTHING_YET = f"7 read(3<{READER}>, 0x7f00, 4096) = -1 EAGAIN (Resource temporarily unavailable)"
SYNC = "7 fdatasync(5</x/ledger.db-wal>) = 0"
RELEASE = f'7 write(4<{RELAY}>, "\\240\\1\\1\\242", 4) = 4'
LOCK = f'7 write(4<{RELAY}>, "\\240\\1\\0\\241", 4) = 4'


class Scripted:
    """Answers members and strangers as it is told."""

    name, known = "scripted", 10

    def __init__(self, to_members: int | None, to_strangers: int | None) -> None:
        self._to_members, self._to_strangers = to_members, to_strangers

    def decide(self, index: int) -> int | None:
        return self._to_members if index < self.known else self._to_strangers

    def settle(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_frame_is_what_an_rdm6300_sends() -> None:
    framed = frame(3)
    body = bytes.fromhex(framed[1:13].decode())
    check = body[0] ^ body[1] ^ body[2] ^ body[3] ^ body[4]
    assert (framed[0], body[:5], body[5], framed[13], len(framed)) == (
        0x02, number(3).to_bytes(5, "big"), check, 0x03, 14,
    )  # fmt: skip


def test_no_two_cards_have_the_same_number() -> None:
    assert len({number(index) for index in range(100_000)}) == 100_000


def test_a_percentile_is_one_of_the_samples() -> None:
    assert [percentile([40, 10, 30, 20], share) for share in (0.01, 0.5, 0.51, 0.99, 1.0)] == [10, 20, 30, 40, 40]


def test_syncs_are_counted_from_the_card_to_the_release_that_follows() -> None:
    lines = [SYNC, CARD, NOTHING_YET, SYNC, RELEASE, SYNC, LOCK, SYNC, CARD, SYNC, SYNC, RELEASE]
    assert syncs_between(lines, READER, RELAY) == ([1, 2], 6)


def test_a_sync_of_another_thread_counts_as_well() -> None:
    interrupted = [
        f"7 read(3<{READER}>,  <unfinished ...>",
        '7 <... read resumed>"\\2BD41821A5531\\3", 4096) = 14',
        "8 fdatasync(5</x/ledger.db-wal> <unfinished ...>",
        "8 <... fdatasync resumed>) = 0",
        RELEASE,
    ]
    assert syncs_between(interrupted, READER, RELAY) == ([1], 1)


def test_only_releases_count_in_the_distribution() -> None:
    turns: list[int] = []
    taken = contest([Scripted(5, None)], 200, turns.append)
    assert 0 < len(taken["scripted"]) < 200


def test_a_stranger_who_is_let_in_ends_the_contest() -> None:
    with pytest.raises(WrongAnswerError, match="which nobody knows"):
        contest([Scripted(5, 5)], 200, lambda _turn: None)


def test_a_member_who_is_kept_out_ends_the_contest() -> None:
    with pytest.raises(WrongAnswerError, match="which is on its list"):
        contest([Scripted(None, None)], 200, lambda _turn: None)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("decision_p50_vs_c", 1.25, True),
        ("decision_p50_vs_c", 1.26, False),
        ("idle_cpu_percent", 0.04, True),
        ("idle_cpu_percent", 0.05, False),
        ("decision_p50_vs_floor", 9.0, None),
    ],
)
def test_a_number_keeps_its_target_or_not(name: str, value: float, kept: bool | None) -> None:  # noqa: FBT001
    assert met(name, value) is kept
