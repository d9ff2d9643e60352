"""Key files: made whole, for their owner alone, and refused when anything about them is wrong."""

import os
import stat
from pathlib import Path

import pytest

from kiosk import keys
from kiosk.keys import SIZE, KeyFileError, Secret


def test_a_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    made = keys.read_or_make(path).reveal()
    assert (len(made), keys.read_or_make(path).reveal()) == (SIZE, made)


def test_a_key_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys.read_or_make(tmp_path / "a.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    keys.read_or_make(tmp_path / "a.key")
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_a_key_that_could_not_be_written_is_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(KeyFileError, match=r"a\.key cannot be made: No space left on device\."):
        keys.read_or_make(tmp_path / "a.key")
    assert list(tmp_path.iterdir()) == []


def test_a_key_whose_folder_was_not_synced_is_the_same_key_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sync, synced = tmp_path / "a.key", os.fsync, []

    def second_fails(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 2:
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", second_fails)
    with pytest.raises(KeyFileError):
        keys.read_or_make(path)
    written = path.read_bytes()
    assert keys.read_or_make(path).reveal() == written


def test_of_two_that_make_a_key_at_once_the_first_ones_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.key"
    link = Path.hardlink_to

    def late(self: Path, target: Path) -> None:
        if not self.exists():
            other = tmp_path / "other"
            other.write_bytes(b"o" * SIZE)
            other.chmod(0o600)
            link(self, other)
        link(self, target)

    monkeypatch.setattr(Path, "hardlink_to", late)
    assert keys.read_or_make(path).reveal() == b"o" * SIZE


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    keys.read_or_make(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match=r"can be read by others; replace it, then: chmod 600"):
        keys.read_or_make(path)


@pytest.mark.parametrize("size", [0, SIZE - 1, SIZE + 1])
def test_a_key_of_another_size_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="is damaged: it must hold exactly 32 bytes"):
        keys.read_or_make(path)


def test_a_secret_masks_itself() -> None:
    assert f"{Secret(b'hunter2')}" == "Secret(****)"
