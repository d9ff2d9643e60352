"""Where a door keeps its own: folders whose modes are the door's decision."""

import os
import stat
from pathlib import Path

import pytest

from kiosk.places import Places


def modes(folder: Path) -> dict[str, int]:
    made = [folder, *folder.rglob("*")]
    return {path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in made}


WANTED = {".": 0o711, "keys": 0o700, "access": 0o700, "run": 0o755}


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_the_folders_are_made_with_their_modes_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        Places(tmp_path / "data").make()
    finally:
        os.umask(before)
    assert modes(tmp_path / "data") == WANTED


def test_folders_that_somebody_else_opened_are_closed(tmp_path: Path) -> None:
    places = Places(tmp_path / "data")
    places.make()
    for folder in (places.data, places.lists, places.ledger_key.parent):
        folder.chmod(0o755)
    places.make()
    assert modes(tmp_path / "data") == WANTED


def test_what_is_in_the_folders_stays(tmp_path: Path) -> None:
    places = Places(tmp_path / "data")
    places.make()
    places.card_key.write_bytes(b"k")
    places.make()
    assert places.card_key.read_bytes() == b"k"


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(FileExistsError):
        Places(tmp_path / "data").make()


def test_secrets_stand_in_folders_of_their_own() -> None:
    places = Places(Path("/d"))
    secret = [places.ledger_key, places.card_key, places.code_key, places.issuer_key]
    assert {path.parent for path in secret} == {Path("/d/keys")}
