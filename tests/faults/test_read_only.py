"""F5: the disk under a running door goes read-only, or full, and comes back: nobody is let in without a record."""

import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.rules.access import Reason
from kiosk.rules.messages import Input, Kind, Order
from kiosk.rules.view import Say
from tests.faults.test_full_and_read_only import SmallDisk, run
from tests.house import CHIEF, STAFF, House, Process, until
from ui.bench import site

NOBODY = Say("Records cannot be written: nobody is let in. Leaving works.")
CUSTODIANS = Say("Records cannot be written: only custodians are let in. Leaving works.")


class Disk:
    """What the door may write: nothing, once it is told to be read-only. RLIMIT_FSIZE refuses every write to a file."""

    def __init__(self) -> None:
        self._process: Process | None = None

    def under(self, process: Process) -> Process:
        self._process = process
        return process

    def read_only(self) -> None:
        self._limit(0)

    def writable(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, most: int) -> None:
        assert self._process is not None
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@pytest.fixture
def disk() -> Disk:
    return Disk()


def cannot_write(house: House, disk: Disk) -> None:
    """The door has found out: a card was refused because it could not be recorded."""
    disk.under(house.start())
    house.recorded(Kind.LIST)
    disk.read_only()
    house.badge(CHIEF)
    until("the screen says so", lambda: NOBODY in house.screen.faults, said=lambda: house.screen)


def test_nobody_is_let_in_without_a_record(house: House, disk: Disk) -> None:
    cannot_write(house, disk)
    house.badge(CHIEF)
    house.type(house.code)
    assert Say("Entry cannot be recorded now. Ask the security office.") in house.screen.lines
    assert True not in house.relay


def test_the_exit_button_releases(house: House, disk: Disk) -> None:
    cannot_write(house, disk)
    house.stage.turn(Input.EXIT_BUTTON, active=True)
    house.released()


def test_the_inner_reader_releases(house: House, disk: Disk) -> None:
    cannot_write(house, disk)
    house.badge(STAFF, site.INSIDE)
    house.released()


def test_a_fire_releases(house: House, disk: Disk) -> None:
    cannot_write(house, disk)
    house.stage.turn(Input.FIRE, active=True)
    house.released()


def test_an_evacuation_releases(house: House, disk: Disk) -> None:
    cannot_write(house, disk)
    house.order(Order.EVACUATION)
    house.released()


def test_leaving_releases_though_nobody_has_found_out_yet(house: House, disk: Disk) -> None:
    disk.under(house.start())
    house.recorded(Kind.LIST)
    disk.read_only()
    house.stage.leave()
    house.was_released()


def test_a_forced_door_sounds_the_siren(house: House, disk: Disk) -> None:
    cannot_write(house, disk)
    house.stage.force()
    until("the siren sounds", lambda: house.stage.seen().siren)


def test_what_happened_meanwhile_is_written_in_its_order(house: House, disk: Disk) -> None:
    cannot_write(house, disk)
    seen = len(house.records)
    house.stage.leave()
    until("the leaf is seen open", lambda: house.screen.leaf == "open")
    house.stage.turn(Input.FIRE, active=True)
    until("the fire is seen", lambda: house.screen.mode == "fire")
    disk.writable()
    house.recorded(Kind.STORAGE_BACK)
    kinds = [record.kind for record in house.records[seen:]]
    assert [kind for kind in kinds if kind not in {Kind.RELEASED, Kind.RELOCKED}] == [
        Kind.STORAGE_FAILED,
        Kind.EXIT,
        Kind.FIRE,
        Kind.STORAGE_BACK,
    ]
    assert house.recorded(Kind.STORAGE_BACK).facts["queued"] >= 4


def test_the_ledger_is_sound_afterwards_and_lets_in_again(house: House, disk: Disk) -> None:
    cannot_write(house, disk)
    disk.writable()
    house.recorded(Kind.STORAGE_BACK)
    house.badge(CHIEF)
    house.released()
    assert (house.faults(), house.screen.faults) == ([], ())


def test_a_policy_may_let_custodians_in_and_each_entry_is_marked_once_the_disk_is_back(
    house: House, disk: Disk
) -> None:
    house.settle("custodians_without_record_hours = 8")
    disk.under(house.start())
    house.recorded(Kind.LIST)
    disk.read_only()
    house.badge(CHIEF)
    until("the screen says so", lambda: CUSTODIANS in house.screen.faults, said=lambda: house.screen)
    house.badge(STAFF)
    house.badge(CHIEF)
    house.released()
    disk.writable()
    assert house.recorded(Kind.GRANTED).facts["late"] is True
    house.recorded(Kind.DENIED, reasons=[Reason.STORAGE_FAILED])


def test_sigterm_ends_a_door_that_cannot_write(house: House, disk: Disk) -> None:
    process = disk.under(house.start())
    house.recorded(Kind.LIST)
    disk.read_only()
    house.badge(CHIEF)
    until("the screen says so", lambda: NOBODY in house.screen.faults)
    assert process.stop() == 0


# ---------------------------------------------------------------- a real file system


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallDisk]:
    """12 MB of ext4 under the door's data; let go of after its door has ended."""
    try:
        small = SmallDisk(tmp_path)
        run("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", small.image)  # the blocks of every real disk
        small.mount()
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        pytest.skip(f"no file system can be made and mounted here: {error}")
    (tmp_path / "data").symlink_to(small.folder)
    yield small
    small.unmount()


def test_a_file_system_that_the_kernel_turned_read_only_lets_nobody_in_and_everybody_out(
    small: SmallDisk, tmp_path: Path
) -> None:
    with House(tmp_path) as house:
        house.start()
        house.recorded(Kind.LIST)
        small.break_down()
        house.badge(CHIEF)
        until("the screen says so", lambda: NOBODY in house.screen.faults, said=lambda: house.screen)
        assert True not in house.relay
        house.stage.leave()
        house.was_released()


def test_a_full_disk_gives_its_ballast_and_records_go_on(small: SmallDisk, tmp_path: Path) -> None:
    with House(tmp_path) as house:
        house.start()
        house.recorded(Kind.LIST)
        small.fill()
        house.badge(CHIEF)
        house.released()
        for number in range(300):
            house.badge(f"{number:010X}")
        house.recorded(Kind.DENIED, 300)


def test_a_door_on_a_full_disk_starts(small: SmallDisk, tmp_path: Path) -> None:
    with House(tmp_path) as house:
        house.start().stop()
        small.fill()
        house.start()
        house.badge(CHIEF)
        house.released()


def test_a_door_that_cannot_write_at_its_start_says_why(small: SmallDisk, tmp_path: Path) -> None:
    with House(tmp_path) as house:
        house.start().stop()
        small.break_down()
        process = house.spawn()
        assert process.status() == 1
        assert "Read-only file system" in process.said
