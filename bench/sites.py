"""A door's whole folder as an installation would have it: settings, policy, keys, a list of n cards, a million records.

Lists and ledgers are made by Doorward's own writers, once, and kept under `data/kept`; a name carries a digest of the
code that made it, so that a changed format is made anew. Each door gets its own copy of the ledger, which it will
write; a list is never written again, and is linked.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType

from bench import history
from bench.cards import serial
from bench.progress import Advance
from bench.wires import Wires
from kiosk import keys
from kiosk.ledger import disk as ledger_disk
from kiosk.places import Places
from kiosk.roster import access_list, enrolment
from kiosk.roster import writer as list_writer
from kiosk.roster.access_list import card_mac
from kiosk.rules import record, tree
from kiosk.rules.credentials import Card, Credential, Person, Trust

RECORDS = 1_000_000
ROLE = "custodian"
DOOR, SITE, ROOM = "gate", "bench.example", "control_room"
LIST_ORIGIN = f"{SITE}/doorward/list"
LEDGER_ORIGIN = f"{SITE}/doorward/{DOOR}"
Bar = Callable[[str], AbstractContextManager[Advance]]

POLICY = f"""\
school = {{ zh = "测试", en = "Bench" }}
zone = "Asia/Shanghai"
[roles.{ROLE}]
name = {{ zh = "值班员", en = "Custodian" }}
[rooms.{ROOM}]
name = {{ zh = "监控室", en = "Control room" }}
place = {{ zh = "一楼", en = "Ground floor" }}
watches = {{ zh = "校园", en = "Campus" }}
custodians = ["{ROLE}"]
approvers = ["{ROLE}"]
"""
SETTINGS = """\
[door]
id = "{door}"
site = "{site}"
room = "{room}"
policy = "policy.toml"
data = "data"
language = "en"
[lock]
driver = "lcus://{relay}?channel=1"
[inputs]
door_position = "simulated:{leaf}?settle_ms=0"
[[reader]]
side = "outside"
driver = "serial://{reader}?format=rdm6300"
"""


class Site:
    """`settings` is what `doorward door` is started with, `leaf` the door contact's socket, `wires` all the rest."""

    def __init__(self, data: Path, folder: Path, known: int, bar: Bar, *, at_line_speed: bool) -> None:
        self.folder = folder
        self.settings = folder / "settings.toml"
        self.leaf = folder / "leaf"
        self.wires = Wires(at_line_speed=at_line_speed)
        self.places = Places(folder / "data")
        self.places.make()
        self._furnish(data, known, bar)
        (folder / "policy.toml").write_text(POLICY)
        self.settings.write_text(
            SETTINGS.format(
                door=DOOR, site=SITE, room=ROOM, leaf=self.leaf,
                reader=self.wires.reader_path, relay=self.wires.relay_path,
            )
        )  # fmt: skip

    def close(self) -> None:
        self.wires.close()

    def _furnish(self, data: Path, known: int, bar: Bar) -> None:
        places, with_keys = self.places, kept_keys(data)
        shutil.copy(kept_ledger(data, bar) / places.ledger.name, places.ledger)
        for key in (places.ledger_key, places.card_key, places.code_key):
            shutil.copy(data / "kept" / key.name, key)
        for part in kept_list(data, known, 1, bar).iterdir():
            if part.suffix != ".lock":
                os.link(part, places.lists / part.name)
        places.issuer.write_text(with_keys.verifier + "\n")


def kept_keys(data: Path) -> enrolment.Keys:
    """The keys that every list and ledger here is made with."""
    folder = data / "kept"
    folder.mkdir(exist_ok=True)
    card, code, issuer = (keys.read_or_make(folder / f"{name}.key") for name in ("card", "code", "issuer"))
    return enrolment.Keys(LIST_ORIGIN, card, code, issuer)


def kept_list(data: Path, known: int, version: int, bar: Bar) -> Path:
    """A folder with a signed list of the first `known` cards in force, one person each."""
    with_keys = kept_keys(data)

    def make(folder: Path) -> None:
        macs = (card_mac(with_keys.card, Card("em4100", serial(index))) for index in range(known))
        made_at = int(time.time())
        with (
            bar(f"a list of {known:,}") as advance,
            list_writer.Writer(
                folder, card_key=with_keys.card, origin=LIST_ORIGIN, version=version, made_at=made_at
            ) as writer,
        ):
            writer.credentials(Credential(mac, person, Trust.NUMBER) for person, mac in enumerate(macs, 1))
            writer.people(Person(each, f"Person {each}", (ROLE,), "Security") for each in range(1, known + 1))
            writer.finish(with_keys.issuer, advance)

    return _kept(data, f"list-{known}-{version}", (access_list,), make)


def kept_ledger(data: Path, bar: Bar) -> Path:
    """A folder with a ledger of a million records."""

    def make(folder: Path) -> None:
        key = keys.read_or_make(data / "kept" / "ledger.key")
        with bar(f"{RECORDS:,} records") as advance:
            history.make_history(
                folder / "ledger.db", door=DOOR, origin=LEDGER_ORIGIN, key=key, records=RECORDS, advance=advance
            )

    return _kept(data, "ledger", (history, ledger_disk, record, tree), make)


def _kept(data: Path, name: str, made_by: tuple[ModuleType, ...], make: Callable[[Path], None]) -> Path:
    """The folder of this name, made by `make` unless the same code has made it before."""
    code = hashlib.sha256()
    for module in made_by:
        assert module.__file__ is not None
        code.update(Path(module.__file__).read_bytes())
    folder = data / "kept" / f"{name}-{code.hexdigest()[:12]}"
    if not folder.exists():
        made = folder.with_suffix(".new")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        make(made)
        for outdated in folder.parent.glob(f"{name}-{'[0-9a-f]' * 12}"):
            shutil.rmtree(outdated)
        made.rename(folder)
    return folder
