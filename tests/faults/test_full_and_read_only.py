"""F4 and F5 on a real ext4 file system of 12 MB: it fills up; it turns read-only under the door.

It needs root and loop devices. The kernel turns it read-only by itself, as it does after an error of the medium.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.ledger import Ledger, LedgerError
from kiosk.ledger import disk as ledger_disk
from kiosk.ledger import ledger as ledger_module
from kiosk.ledger.verify import verify
from tests.ledgers import VERIFIER, entry, open_ledger

MB = 1024 * 1024


class SmallDisk:
    def __init__(self, folder: Path) -> None:
        self.image, self.folder = folder / "image", folder / "disk"
        self.folder.mkdir()
        with self.image.open("wb") as file:
            file.truncate(12 * MB)
        run("mkfs.ext4", "-q", "-m", "0", self.image)

    def mount(self) -> None:
        run("mount", "-o", "loop,errors=remount-ro", self.image, self.folder)

    def unmount(self) -> None:
        run("umount", self.folder)

    def repair(self) -> None:
        self.unmount()
        subprocess.run(["e2fsck", "-fy", self.image], check=False, capture_output=True)
        self.mount()

    def fill(self) -> Path:
        """Photos until nothing more fits."""
        photos = self.folder / "photos"
        with photos.open("wb", buffering=0) as file:
            piece = 64 * 1024
            while piece:
                try:
                    file.write(b"p" * piece)
                except OSError:
                    piece //= 2
        return photos

    def break_down(self) -> None:
        device = run("findmnt", "-no", "SOURCE", self.folder).strip()
        Path("/sys/fs/ext4", Path(device).name, "trigger_fs_error").write_text("1")


def run(*command: object) -> str:
    return subprocess.run([str(one) for one in command], check=True, capture_output=True, text=True).stdout


def write_until_refused(ledger: Ledger) -> LedgerError:
    for mono in range(5000):
        try:
            ledger.append([entry(mono)])
        except LedgerError as error:
            return error
    pytest.fail("it was never refused")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("needs root and mkfs.ext4")
    small = SmallDisk(tmp_path)
    try:
        small.mount()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"needs loop devices: {error.stderr}")
    yield small
    small.unmount()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_disk, "WAL_BYTES", MB // 8)
    monkeypatch.setattr(ledger_disk, "BALLAST_BYTES", MB)
    monkeypatch.setattr(ledger_module, "TIDY_AFTER", 10)


def test_on_a_full_disk_the_ballast_is_spent_and_records_go_on(disk: SmallDisk) -> None:
    path = disk.folder / "ledger.db"
    refusals = []
    with open_ledger(path) as ledger:
        disk.fill()
        for mono in range(120):
            wanted = ledger.size + 1
            try:
                ledger.append([entry(mono)], sign=True)
                ledger.tidy()
            except LedgerError as error:
                refusals.append(error.full)
                ledger.reopen()
                if ledger.size < wanted:
                    ledger.append([entry(mono)], sign=True)
        assert [record.mono_ms for record in ledger.tail()] == list(range(120))
        assert set(refusals) == {True}
        assert not ledger_disk.ballast_path(path).exists()
    assert verify(path, [VERIFIER]) == []


def test_when_photos_have_given_way_the_ballast_is_kept_again(disk: SmallDisk) -> None:
    with open_ledger(disk.folder / "ledger.db") as ledger:
        photos = disk.fill()
        ledger.free_ballast()
        disk.fill()
        photos.unlink()
        for mono in range(10):
            ledger.append([entry(mono)])
        ledger.tidy()
        assert ledger_disk.ballast_path(ledger.path).stat().st_size == MB


def test_on_a_disk_that_is_full_for_good_every_acknowledged_record_stands(disk: SmallDisk) -> None:
    path = disk.folder / "ledger.db"
    with open_ledger(path) as ledger:
        disk.fill()
        ledger.free_ballast()
        disk.fill().with_name("more").touch()
        refusal = write_until_refused(ledger)
        acknowledged = ledger.size
    assert (acknowledged > 0, refusal.full) == (True, True)
    (disk.folder / "photos").unlink()
    with open_ledger(path) as ledger:
        assert ledger.size >= acknowledged


def test_on_a_disk_turned_read_only_nothing_is_acknowledged_and_nothing_lost(disk: SmallDisk) -> None:
    path = disk.folder / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.append([entry(0), entry(0)], sign=True)
        disk.break_down()
        assert "took no record" in str(write_until_refused(ledger))
        with pytest.raises(LedgerError, match="cannot be read or written: Read-only file system"):
            ledger.reopen()
    with pytest.raises(LedgerError):
        open_ledger(path)
    disk.repair()
    with open_ledger(path) as ledger:
        assert [record.mono_ms for record in ledger.tail()][:2] == [0, 0]
        ledger.append([entry(1, boot=ledger.boot)], sign=True)
    assert verify(path, [VERIFIER]) == []
