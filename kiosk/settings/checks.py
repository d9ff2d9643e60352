"""How addresses and paths are written in a settings file, and what no single value of it can show.

Drivers are checked by whoever knows them (`Checks`); lines and names are given once; the machine has the folder and
the users; the door has what its room's policy wants.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from pwd import getpwnam
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct, structs

from kiosk.problems import Problem, shown
from kiosk.rules.messages import Side
from kiosk.rules.policy import Policy
from kiosk.rules.view import Say
from kiosk.settings.page import Address, Centre, Reader, SettingsFile
from kiosk.tables import Form, FormError, not_among, under

LOOPBACK = ("127.0.0.1", "::1", "localhost")

Check: TypeAlias = Callable[[str], list[str]]
"""What is wrong with a driver's address: whole sentences, each with its remedy."""


def _nothing_wrong(_address: str) -> list[str]:
    return []


class Checks(Struct, frozen=True):
    reader: Check = _nothing_wrong
    output: Check = _nothing_wrong
    input: Check = _nothing_wrong


def forms(folder: Path) -> Mapping[Any, Form]:
    return {
        Path: Form(str, lambda text: _path(folder, text), Path()),
        Address: Form(str, _address, Address()),
        Centre: Form(str, _centre, Centre()),
    }


def _path(folder: Path, text: str) -> Path:
    if text:
        return folder / text
    raise FormError(Say("is empty."), Say("Write a path."))


def _address(text: str) -> Address:
    scheme, colon, _ = text.partition(":")
    if colon and scheme.isascii() and scheme.replace("-", "").replace("+", "").isalnum():
        return Address(text)
    raise FormError(
        Say("names no driver."), Say("Begin with a driver and a colon, as in {example}.", {"example": "gpio:17"})
    )


def _centre(text: str) -> Centre:
    remedy = Say("Write {example}.", {"example": "https://central.example:8443"})
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise FormError(Say("is no web address."), remedy) from None
    if not host or parts.path.strip("/") or parts.query or parts.username:
        raise FormError(Say("is not the centre's address alone."), remedy)
    if parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK):
        return Centre(text)
    raise FormError(Say("is not encrypted."), remedy)


def named(readers: tuple[Reader, ...]) -> tuple[Reader, ...]:
    """The readers with the names that the file left out."""
    done: list[Reader] = []
    for reader in readers:
        nth = 1 + sum(other.side == reader.side for other in done)
        default = reader.side.value if nth == 1 else f"{reader.side.value}-{nth}"
        done.append(structs.replace(reader, name=reader.name or default))
    return tuple(done)


def _drivers(file: SettingsFile, checks: Checks) -> Iterator[tuple[str, Address, Check]]:
    yield "lock.driver", file.lock.driver, checks.output
    for each, address in file.inputs.wired().items():
        yield f"inputs.{each.value}", address, checks.input
    for at, reader in enumerate(file.reader, 1):
        yield f"reader[{at}].driver", reader.driver, checks.reader
    if file.siren:
        yield "siren.driver", file.siren.driver, checks.output
    for name, address in file.neighbours.items():
        yield under("neighbours", name), address, checks.input


def devices(file: SettingsFile, checks: Checks) -> Iterator[Problem]:
    """Addresses that their drivers refuse, and lines and names that are given to two things."""
    pins: dict[str, str] = {}
    for where, address, check in _drivers(file, checks):
        for sentence in check(address):
            yield Problem(where, Say(sentence), Say(""), value=shown(address))
        pin = address.partition("?")[0]
        if pin.startswith("gpio:") and pins.setdefault(pin, where) != where:
            wrong = Say("is the line of {other} already.", {"other": pins[pin]})
            yield Problem(where, wrong, Say("Give each its own line."), value=shown(address))
    names: set[str] = set()
    for at, reader in enumerate(named(file.reader), 1):
        if reader.name in names:
            wrong, remedy = Say("is another reader's name already."), Say("Give each its own name.")
            yield Problem(f"reader[{at}].name", wrong, remedy, value=shown(reader.name))
        names.add(reader.name)


def machine(file: SettingsFile) -> Iterator[Problem]:
    """What this machine does not have: the data folder, the users of the socket."""
    if complaint := _data(file.door.data):
        yield Problem("door.data", *complaint, value=shown(str(file.door.data)))
    for role, users in structs.asdict(file.link).items():
        for at, user in enumerate(users, 1):
            try:
                getpwnam(user)
            except KeyError:
                wrong, remedy = Say("is no user of this system."), Say("Make the user, or name another.")
                yield Problem(f"link.{role}[{at}]", wrong, remedy, value=shown(user))


def _data(folder: Path) -> tuple[Say, Say] | None:
    """The door makes its own folder, in the nearest one that is there."""
    names: dict[str, str | int] = {"folder": str(folder), "user": os.geteuid()}
    try:
        nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
        mode = nearest.stat().st_mode
    except OSError as error:
        return Say("cannot be read: {why}.", {"why": error.strerror or str(error)}), Say("Check the path.")
    if not stat.S_ISDIR(mode):
        return Say("is not a folder."), Say("Name a folder.")
    if nearest == folder and mode & stat.S_IWOTH:
        return Say("can be written by others."), Say("Close it: chmod o-w {folder}", names)
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Say("cannot be written by this user."), Say("Make it: install -d -m 0700 -o {user} {folder}", names)
    return None


def agreement(file: SettingsFile, policy: Policy) -> Iterator[Problem]:
    """What the room's policy wants of this door."""
    room = policy.rooms.get(file.door.room)
    if room is None:
        yield Problem("door.room", *not_among(file.door.room, policy.rooms), value=shown(file.door.room))
        return
    if room.anti_passback and not any(reader.side is Side.INSIDE for reader in file.reader):
        wrong = Say("has no reader on the inside, but the room's anti-passback must see people leave.")
        yield Problem("reader", wrong, Say("Add one, or take anti_passback out of the policy."))
    doors = room.interlock.doors if room.interlock else ()
    for door in doors:
        if door not in file.neighbours:
            remedy = Say("Add it: {key} = {example}", {"key": under("", door), "example": '"gpio:5?closed=low"'})
            yield Problem(under("neighbours", door), Say("is missing: the room's interlock names this door."), remedy)
    for name in file.neighbours:
        if name not in doors:
            yield Problem(under("neighbours", name), Say("is in no interlock of this room."), Say("Take it out."))
