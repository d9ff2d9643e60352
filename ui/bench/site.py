"""A sample site in one folder: the school's policy with short times, an access list, the door's settings.

Everything is made the way a clerk would make it, by the same code as `doorward access import`; only the times are
shorter, so that nobody waits half a minute for a held-open alarm.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

from kiosk.places import Places
from kiosk.problems import SettingsError
from kiosk.roster.enrolment import Issued, Keys, import_file
from kiosk.settings import read_policy

SITE, DOOR, ROOM = "demo.example", "south-gate", "south_gate"
OUTSIDE, INSIDE = "outside", "inside"
READERS = {OUTSIDE: "rdm6300", INSIDE: "rdm6300"}

CUSTODIAN = "67003BA86C"  # 赵国强, security chief
STAFF = "67003BA867"  # 许文博, with an approval of his own
STRANGER = "0123456789"
LOST = "1F00A7C3D2"  # disabled

_TIMES = """
[rooms.south_gate.timing]
release_s = 2
open_s = 5
pre_alarm_s = 3
exit_release_s = 2
"""

_APPROVALS = """
[[approval]]
id = "V-2026-101"
room = "south_gate"
name = "校史馆 陈思远"
approver = "林慧"
reason = "取回校庆录像"
from = "2026-01-01"
until = "2035-12-31"
openings = 50
"""


class Site(Struct, frozen=True):
    """`codes` are the approval codes by approval id, as they would be printed for the visitors."""

    folder: Path
    settings: Path
    policy: Path
    places: Places
    codes: dict[str, str]


def make(folder: Path, lock: str, siren: str, readers: Mapping[str, str], inputs: Mapping[str, str]) -> Site:
    """Write it all below `folder`. The arguments are driver addresses; `readers` and `inputs` by name.

    Raises SettingsError, ListError, KeyFileError, OSError.
    """
    samples = files("kiosk") / "samples"
    policy = folder / "policy.toml"
    policy.write_text((samples / "taishan.toml").read_text() + _TIMES)
    people = folder / "access.toml"
    people.write_text((samples / "access.toml").read_text() + _APPROVALS)
    settings = folder / "door.toml"
    settings.write_text(_settings(folder, lock, siren, readers, inputs))
    places = Places(folder / "data")
    places.make()
    issued = _enrol(people, policy, places)
    return Site(folder, settings, policy, places, {one.approval.id: one.code.reveal().decode() for one in issued})


def _enrol(people: Path, policy: Path, places: Places) -> tuple[Issued, ...]:
    secrets = Keys.of(places, SITE)
    places.issuer.write_text(f"{secrets.verifier}\n")
    report = import_file(people, places.lists, read_policy(policy), secrets)
    if report.problems:
        raise SettingsError(list(report.problems))
    return report.issued


def _settings(folder: Path, lock: str, siren: str, readers: Mapping[str, str], inputs: Mapping[str, str]) -> str:
    lines = [
        "[door]",
        f'id = "{DOOR}"',
        f'site = "{SITE}"',
        f'room = "{ROOM}"',
        f'policy = "{folder / "policy.toml"}"',
        f'data = "{folder / "data"}"',
        "[lock]",
        f'driver = "{lock}"',
        "[siren]",
        f'driver = "{siren}"',
        "[inputs]",
        *(f'{name} = "{address}"' for name, address in inputs.items()),
    ]
    for name, address in readers.items():
        lines += ["[[reader]]", f'side = "{name}"', f'name = "{name}"', f'driver = "{address}"']
    return "\n".join(lines) + "\n"
