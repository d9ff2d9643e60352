"""The door process as a whole: its start, its end, and the lock in both."""

import stat
from pathlib import Path
from typing import cast

import msgspec
import pytest
from msgspec import structs

from kiosk import door_process, keys
from kiosk.door_process import Kept
from kiosk.ledger import Ledger, LedgerReader
from kiosk.rules.messages import Append, Clock, Kind, Moment
from tests.house import CHIEF, House, until
from ui.bench import site


def test_a_start_drives_the_lock_shut_and_nothing_else(house: House) -> None:
    house.start()
    until("the relay was told", lambda: bool(house.relay))
    assert set(house.relay) == {False}


def test_a_start_is_recorded_and_says_which_inputs_are_absent(house: House) -> None:
    house.start()
    assert house.recorded(Kind.STARTED).facts == {"absent": ["lock_position", "presence"]}


def test_a_card_on_the_list_releases_the_lock(house: House) -> None:
    house.start()
    house.badge(CHIEF)
    house.released()
    assert house.recorded(Kind.GRANTED).facts["name"] == "赵国强"


def test_sigterm_is_a_clean_end(house: House) -> None:
    process = house.start()
    assert (process.stop(), process.said) == (0, "")


def test_sigterm_shuts_a_lock_that_is_released(house: House) -> None:
    process = house.start()
    house.badge(CHIEF)
    house.released()
    process.stop()
    house.locked()


def test_sigterm_closes_a_passage_that_is_under_way(house: House) -> None:
    process = house.start()
    house.badge(CHIEF)
    house.recorded(Kind.RELEASED)
    process.stop()
    assert [record.kind for record in house.records[-3:]] == [Kind.NOT_TAKEN, Kind.STOPPED, Kind.RELOCKED]


def test_the_end_is_recorded_with_its_signal(house: House) -> None:
    house.start().stop()
    assert house.recorded(Kind.STOPPED).facts == {"why": "SIGTERM"}


def test_the_end_keeps_the_doors_memory_signed(house: House) -> None:
    process = house.start()
    house.badge(CHIEF)
    house.stage.push()
    until("the door opens", house.stage.push)
    house.recorded(Kind.TAKEN)
    process.stop()
    with LedgerReader.open(house.places.ledger) as reader:
        kept = reader.state()
        assert kept is not None
        seq, state = kept
        assert (seq, list(msgspec.msgpack.decode(state, type=Kept).memory.inside)) == (reader.size, ["p4"])


def test_the_manager_is_told_of_readiness_and_of_the_end(house: House) -> None:
    process = house.start()
    process.stop()
    assert process.states == [b"READY=1", b"STOPPING=1"]


def test_the_ledger_that_it_wrote_is_sound(house: House) -> None:
    process = house.start()
    house.badge(CHIEF)
    house.released()
    process.stop()
    assert house.faults() == []


def test_a_mistake_in_the_settings_is_told_and_nothing_is_started(house: House) -> None:
    text = house.site.settings.read_text().replace("lcus:", "lkus:")
    house.site.settings.write_text(text)
    process = house.spawn()
    assert process.status() == 1
    assert len(process.said.splitlines()) == 2  # the lock and the siren
    assert 'No output driver is called "lkus:"' in process.said


def test_a_door_without_a_folder_to_write_to_says_so(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.places.data / "run").rmdir()
    (house.places.data / "run").write_text("in the way")
    assert door_process.run(house.site.settings) == 1
    assert capsys.readouterr().err == (
        f"The folder {house.places.data}/run cannot be made ready: File exists. Give {house.places.data} to the user "
        "who runs the door, and to nobody else.\n"
    )


def test_a_ledger_of_another_key_is_refused_with_what_to_do(house: House) -> None:
    house.start().stop()
    house.places.ledger_key.unlink()
    process = house.spawn()
    assert process.status() == 1
    assert "its newest checkpoint is not one of this door's key" in process.said
    assert f"run `doorward verify {house.places.ledger}`" in process.said


def test_a_key_that_others_can_read_is_refused(house: House) -> None:
    house.start().stop()
    house.places.ledger_key.chmod(0o644)
    process = house.spawn()
    key = house.places.ledger_key
    assert process.status() == 1
    assert process.said == f"The key {key} can be read by others; replace it, then: chmod 600 {key}.\n"


def test_whoever_is_named_comes_to_the_socket_and_to_nothing_else(house: House) -> None:
    house.start()
    modes = {
        path.relative_to(house.places.data).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in [house.places.data, *house.places.data.rglob("*")]
    }
    public = {"ledger.vkey"}
    assert modes.pop(".") == 0o711
    assert modes.pop("run") == 0o755
    assert modes.pop("run/door.sock") == 0o660
    hidden = {name for name in modes if name.startswith(("keys/", "access/"))}
    open_to_others = {name for name, mode in modes.items() if name not in public | hidden and mode & 0o077}
    assert open_to_others == set()


def test_the_verifier_key_is_written_again_when_it_is_damaged(house: House) -> None:
    house.start().stop()
    key = house.places.verifier_key.read_text()
    house.places.verifier_key.write_bytes(b"\xff")
    house.start()
    assert house.places.verifier_key.read_text() == key


def test_relock_drives_the_lock_shut(house: House) -> None:
    house.start().stop()
    house.relay.clear()
    assert house.relock() == 0
    until("the relay was told", lambda: house.relay == [False])


def test_relock_needs_neither_the_policy_nor_the_users_of_the_socket(house: House) -> None:
    house.site.policy.write_text("nonsense")
    house.site.settings.write_text(house.site.settings.read_text() + '[link]\nscreen = ["nobody-of-that-name"]\n')
    assert house.relock() == 0
    until("the relay was told", lambda: house.relay == [False])


def test_relock_says_that_a_lock_is_not_there(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    lock = house.folder / "lock"
    house.stage.close()
    assert not lock.exists()
    assert door_process.relock(house.site.settings) == 1
    assert capsys.readouterr().err.startswith("Relay 1 could not be switched off: ")


def test_relock_says_what_is_wrong_with_the_lock_in_the_settings(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "other.toml"
    settings.write_text('[lock]\ndriver = "gpoi:17"\n')
    assert door_process.relock(settings) == 1
    assert 'lock.driver = "gpoi:17": No output driver is called "gpoi:"' in capsys.readouterr().err


def test_records_since_the_memory_was_kept_are_remembered(house: House) -> None:
    process = house.start()
    house.type(house.code)
    house.recorded(Kind.GRANTED)
    until("the door opens", house.stage.push)
    house.recorded(Kind.TAKEN)
    process.kill()
    house.start()
    house.badge(CHIEF)
    house.recorded(Kind.GRANTED, 2)
    assert house.of(Kind.NOT_CARRIED_OUT) == []


def appended(house: House, *entries: Append) -> None:
    """Records that another version of the door wrote, behind those that there are."""
    places = house.places
    origin = f"{site.SITE}/doorward/{site.DOOR}"
    with Ledger.open(places.ledger, door=site.DOOR, origin=origin, key=keys.read(places.ledger_key)) as ledger:
        ledger.append([structs.replace(entry, at=Moment(ledger.boot, 1, None, Clock.UNSET)) for entry in entries])


def test_records_of_a_kind_that_a_newer_version_wrote_keep_nobody_from_starting(house: House) -> None:
    house.start().stop()
    at = Moment(0, 0, None, Clock.UNSET)
    appended(house, Append(at, cast("Kind", "levitated"), {"height": 3}), Append(at, Kind.LOCKDOWN, {"by": "x"}))
    house.start()
    assert house.screen.mode == "lockdown"


def test_a_memory_of_another_version_is_refused_with_what_to_do(house: House) -> None:
    house.start().stop()
    places = house.places
    origin = f"{site.SITE}/doorward/{site.DOOR}"
    with Ledger.open(places.ledger, door=site.DOOR, origin=origin, key=keys.read(places.ledger_key)) as ledger:
        ledger.snapshot(msgspec.msgpack.encode({"memory": 7}))
    process = house.spawn()
    assert process.status() == 1
    assert process.said.startswith(f"The door's memory in {places.ledger} is another version's")
