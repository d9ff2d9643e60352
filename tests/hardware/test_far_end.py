from pathlib import Path

import pytest

from hardware.far_end import FarEnd, RelayEnd, frame
from hardware.lcus import encode
from kiosk.rules.credentials import Card

TAG = Card("em4100", bytes.fromhex("62E3086CED"))


@pytest.mark.parametrize(
    ("name", "card", "sent"),
    [
        ("rdm6300", TAG, b"\x0262E3086CED08\x03"),
        ("id12", TAG, b"\x0262E3086CED08\r\n\x03"),
        ("gwiot", Card("em4100", bytes.fromhex("2E00B6D7B5")), bytes.fromhex("020A022E00B6D7B5F203")),
        ("gwiot", Card("gwiot", bytes.fromhex("016B3D12D6")), bytes.fromhex("0209016B3D12D69A03")),
        ("line", Card("line-hex", b"\x04\xa1"), b"04A1\r\n"),
        ("line", Card("line-text", b"pass"), b"pass\r\n"),
    ],
)
def test_a_card_becomes_its_reader_s_frame(name: str, card: Card, sent: bytes) -> None:
    assert frame(name, card) == sent


def test_the_name_leads_to_a_terminal_while_it_is_plugged_in(tmp_path: Path) -> None:
    end = FarEnd(tmp_path / "port")
    assert end.link.is_char_device()
    end.unplug()
    assert not end.link.is_symlink()
    end.plug()
    assert end.link.is_char_device()
    end.close()


def test_a_plug_may_be_pulled_and_put_in_twice(tmp_path: Path) -> None:
    end = FarEnd(tmp_path / "port")
    end.plug()
    end.unplug()
    end.unplug()
    assert end.fileno() is None
    end.close()


def test_a_cable_that_is_full_loses_what_is_sent(tmp_path: Path) -> None:
    end = FarEnd(tmp_path / "port")
    for _ in range(1000):
        end.send(b"x" * 100)
    end.close()


def test_a_relay_without_its_plug_is_off(tmp_path: Path) -> None:
    end = RelayEnd(tmp_path / "relay")
    end.active = True
    end.unplug()
    assert end.active is False


def test_a_relay_forgets_half_a_command_without_its_plug(tmp_path: Path) -> None:
    end = RelayEnd(tmp_path / "relay")
    end._commands.feed(encode(1, True)[:3])
    end.unplug()
    assert end._commands.feed(encode(1, True)[3:]) == []
