"""Making a list and putting it in force, with the power cut at every write."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.roster.access_list import CURRENT, Code, Header
from kiosk.roster.roster import RosterError, check
from kiosk.roster.writer import ListError, install, issuer, next_version
from kiosk.rules.checkpoint import parse_verifier_key
from kiosk.rules.credentials import Approval, Card, Person
from tests import lists


def in_force(folder: Path) -> int:
    return check(folder, issuer=lists.ISSUER).version


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_first_list_leaves_its_file_its_note_and_the_lock(tmp_path: Path) -> None:
    lists.write(tmp_path)
    assert names(tmp_path) == ["access-1.db", "access.current", "access.lock"]


def test_the_list_in_force_and_the_one_before_are_kept(tmp_path: Path) -> None:
    for version in (1, 2, 3):
        lists.write(tmp_path, version)
    assert names(tmp_path) == ["access-2.db", "access-3.db", "access.current", "access.lock", "access.previous"]


def test_rows_in_any_order_make_the_same_list(tmp_path: Path) -> None:
    cards = [lists.credential(Card("em4100", at.to_bytes(5, "big")), 1) for at in range(200)]
    made = []
    for order in (cards, cards[::-1]):
        with lists.writer(tmp_path) as making:
            making.credentials(order)
            making.people([lists.CHIEF])
            made.append(making.finish(lists.ISSUER_KEY).digest)
    assert made[0] == made[1]


def test_progress_tells_of_every_row(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with lists.writer(tmp_path) as making:
        making.credentials([lists.CHIEFS])
        making.people([lists.CHIEF])
        making.finish(lists.ISSUER_KEY, lambda done, total: told.append((done, total)))
    assert (told[0], told[-1]) == ((0, 2), (2, 2))


def test_a_writer_that_is_left_leaves_nothing_in_force(tmp_path: Path) -> None:
    with lists.writer(tmp_path) as making:
        making.people([lists.CHIEF])
    assert names(tmp_path) == ["access.lock"]


def test_one_card_twice_is_refused(tmp_path: Path) -> None:
    with lists.writer(tmp_path) as making:
        making.credentials([lists.CHIEFS, lists.CHIEFS])
        with pytest.raises(ListError, match="two rows under one key"):
            making.finish(lists.ISSUER_KEY)


def test_a_card_of_nobody_is_refused(tmp_path: Path) -> None:
    with lists.writer(tmp_path) as making:
        making.credentials([lists.CHIEFS])
        with pytest.raises(ListError, match="belongs to person 1, who is not in the list"):
            making.finish(lists.ISSUER_KEY)


@pytest.mark.parametrize(("until", "read"), [(-5, 1), (0, 1), (1, 1), (2**53, 2**53), (2**60, 2**53)])
def test_no_end_is_read_as_for_ever_but_for_ever(tmp_path: Path, until: int, read: int) -> None:
    with lists.writer(tmp_path) as making:
        making.people([lists.CHIEF])
        making.credentials([replace(lists.CHIEFS, valid_to=until)])
        making.finish(lists.ISSUER_KEY)
    with closing(lists.open_list(tmp_path)) as opened:
        assert opened.find(lists.CHIEFS_CARD).credential == replace(lists.CHIEFS, valid_to=read)


def test_one_approval_twice_is_refused(tmp_path: Path) -> None:
    with lists.writer(tmp_path) as making, pytest.raises(ListError, match="V-1 stands in the list twice"):
        making.approvals([lists.TEACHERS_ENTRY, lists.TEACHERS_ENTRY])


def test_one_code_twice_is_refused(tmp_path: Path) -> None:
    with lists.writer(tmp_path) as making:
        making.approvals([lists.TEACHERS_ENTRY, lists.VISITORS_ENTRY])
        making.codes([Code(5, "V-1"), Code(5, "V-3")])
        with pytest.raises(ListError, match="two rows under one key"):
            making.finish(lists.ISSUER_KEY)


@pytest.mark.parametrize(
    ("people", "approvals"),
    [
        ([Person(1, "张\0三")], []),
        ([Person(1, "张三", ("a\0",))], []),
        ([], [Approval("V", "r", "n\0", "a", "r", 1, 2)]),
    ],
)
def test_a_nul_is_refused_since_seals_part_fields_by_it(
    tmp_path: Path, people: list[Person], approvals: list[Approval]
) -> None:
    with lists.writer(tmp_path) as making:
        making.people(people)
        making.approvals(approvals)
        with pytest.raises(ListError, match="A NUL character stands in"):
            making.finish(lists.ISSUER_KEY)


def test_a_full_disk_leaves_the_old_list_in_force_and_nothing_behind(tmp_path: Path) -> None:
    lists.write(tmp_path, 1)
    before = names(tmp_path)
    with pytest.raises(ListError, match=r"cannot be written in .*: database or disk is full"):
        write_on_a_full_disk(tmp_path)
    assert (in_force(tmp_path), names(tmp_path)) == (1, before)


def write_on_a_full_disk(folder: Path) -> None:
    with lists.writer(folder, 2) as making:
        (pages,) = making._connection.execute("PRAGMA page_count").fetchone()
        making._connection.execute(f"PRAGMA max_page_count={pages}")
        making.people(Person(number, "张三") for number in range(1, 1_000))
        making.finish(lists.ISSUER_KEY)


def test_two_makers_at_once_are_refused(tmp_path: Path) -> None:
    with lists.writer(tmp_path), pytest.raises(ListError, match="Another list is being made"):
        lists.writer(tmp_path, 2)


def test_the_issuers_key_can_be_written_into_settings(tmp_path: Path) -> None:
    assert str(parse_verifier_key(lists.ISSUER)) == str(issuer(lists.ORIGIN, lists.ISSUER_KEY))


def test_the_next_version_is_one_that_no_attempt_has_used(tmp_path: Path) -> None:
    lists.write(tmp_path, 4)
    (tmp_path / "access-9.db").write_bytes(b"left by an attempt that failed")
    assert next_version(tmp_path) == 10


def test_the_next_version_counts_a_note_whose_file_is_gone(tmp_path: Path) -> None:
    lists.write(tmp_path, 4)
    (tmp_path / "access-4.db").unlink()
    assert next_version(tmp_path) == 5


# ---------------------------------------------------------------- a list that was fetched


@pytest.fixture
def fetched(tmp_path: Path) -> tuple[Path, Path, bytes]:
    """A door's folder with version 1, and version 2 as it came over the wire."""
    folder, centre = tmp_path / "door", tmp_path / "centre"
    folder.mkdir()
    centre.mkdir()
    lists.write(folder, 1)
    lists.write(centre, 2)
    arrived = folder / "arrived"
    arrived.write_bytes((centre / "access-2.db").read_bytes())
    return folder, arrived, (centre / CURRENT).read_bytes()


def test_a_fetched_list_comes_into_force(fetched: tuple[Path, Path, bytes]) -> None:
    folder, arrived, note = fetched
    assert install(folder, arrived, note, lists.ISSUER) == check(folder, issuer=lists.ISSUER)


def test_a_fetched_list_that_lost_a_byte_is_refused(fetched: tuple[Path, Path, bytes]) -> None:
    folder, arrived, note = fetched
    arrived.write_bytes(arrived.read_bytes()[:-1] + b"x")
    with pytest.raises(RosterError, match="not what its note says: fetch it again"):
        install(folder, arrived, note, lists.ISSUER)
    assert in_force(folder) == 1


def test_a_fetched_list_of_another_issuer_is_refused(fetched: tuple[Path, Path, bytes]) -> None:
    folder, arrived, note = fetched
    with pytest.raises(RosterError, match="not to be believed"):
        install(folder, arrived, note, str(issuer(lists.ORIGIN, lists.CARD_KEY)))


def test_an_older_list_is_never_put_back(fetched: tuple[Path, Path, bytes], tmp_path: Path) -> None:
    folder, arrived, note = fetched
    lists.write(folder, 3)
    with pytest.raises(RosterError, match="2 is not newer than 3"):
        install(folder, arrived, note, lists.ISSUER)


def test_the_same_list_may_come_again_to_mend_a_damaged_file(fetched: tuple[Path, Path, bytes]) -> None:
    folder, arrived, note = fetched
    whole = arrived.read_bytes()
    install(folder, arrived, note, lists.ISSUER)
    (folder / "access-2.db").write_bytes(b"damaged")
    arrived.write_bytes(whole)
    install(folder, arrived, note, lists.ISSUER)
    assert in_force(folder) == 2


def test_a_list_whose_note_is_damaged_can_be_replaced(fetched: tuple[Path, Path, bytes]) -> None:
    folder, arrived, note = fetched
    (folder / CURRENT).write_bytes(b"damaged")
    install(folder, arrived, note, lists.ISSUER)
    assert in_force(folder) == 2


# ---------------------------------------------------------------- the power cut at every write, in pairs


class Cut(BaseException):
    """The power is gone: nothing that comes after it is carried out."""


class Power:
    """Fails at the n-th act on the disk: before it (`lost` False), or after it, so that only its answer is lost."""

    def __init__(self, after: int, *, lost: bool) -> None:
        self._after, self._lost = after, lost
        self.acts = 0

    def wrap(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **more: Any) -> Any:
            self.acts += 1
            if self.acts < self._after:
                return act(*args, **more)
            if self.acts == self._after and self._lost:
                act(*args, **more)
            raise Cut

        return wrapped


def cuts() -> Iterator[tuple[int, bool]]:
    for act in range(1, 40):
        yield act, False
        yield act, True


def write_until_cut(folder: Path, power: Power) -> Header | None:
    with pytest.MonkeyPatch.context() as patch:
        for owner, act in ((os, "fsync"), (Path, "replace"), (Path, "write_bytes"), (Path, "unlink")):
            patch.setattr(owner, act, power.wrap(getattr(owner, act)))
        making = None
        try:
            making = lists.writer(folder, 2)
            making.credentials([lists.CHIEFS])
            making.people([lists.CHIEF])
            return making.finish(lists.ISSUER_KEY)
        except Cut:
            return None
        finally:
            if making is not None:  # what the kernel does for a process that dies
                making._held.close()


def test_wherever_the_power_is_cut_the_old_list_or_the_new_is_in_force_and_the_next_can_be_made(tmp_path: Path) -> None:
    outcomes = set()
    for act, lost in cuts():
        folder = tmp_path / f"{act}-{lost}"
        folder.mkdir()
        lists.write(folder, 1)
        answered = write_until_cut(folder, Power(act, lost=lost))
        found = in_force(folder)
        with closing(lists.open_list(folder)) as opened:
            assert opened.find(lists.CHIEFS_CARD).person == lists.CHIEF
        following = next_version(folder)
        lists.write(folder, following)
        outcomes.add((answered is not None, found))
        assert in_force(folder) == following > found
        if answered:
            assert found == 2
            break
    assert outcomes == {(False, 1), (False, 2), (True, 2)}


def test_the_file_is_durable_before_its_note_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists.write(tmp_path, 1)
    acts: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        acts.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        fsync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        acts.append(f"name {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    lists.write(tmp_path, 2)
    assert acts == [
        "sync access.making",
        "name access-2.db",
        f"sync {tmp_path.name}",
        "sync access.previous.new",
        "name access.previous",
        "sync access.current.new",
        "name access.current",
        f"sync {tmp_path.name}",
    ]
