"""One door's settings, read once at start, with the policy that they name.

Everything wrong in both files is told at once, and nothing is guessed: a key that is not known, a driver that cannot
be parsed, a room without a policy each refuse the start. Drivers are chosen by the scheme of their address and
checked by the wiring's `Checks`, since the kiosk imports no hardware. Paths that are not absolute are taken from the
folder of the settings file.
"""

import os
from pathlib import Path
from pwd import getpwnam

from msgspec import structs

from kiosk.problems import Problem, SettingsError, related, shown
from kiosk.rules.view import Say
from kiosk.settings.checks import Checks, agreement, devices, forms, machine, named
from kiosk.settings.page import Link, Lock, Settings, SettingsFile
from kiosk.settings.policy_file import examine, read_policy
from kiosk.tables import load, sketch

__all__ = ["Checks", "Settings", "SettingsError", "link_users", "problems", "read_lock", "read_policy", "read_settings"]


def read_settings(path: Path, *, checks: Checks) -> Settings:
    """The door's settings and policy. Raises SettingsError with every mistake in both files."""
    settings, found = _read(path, checks)
    if settings is None or found:
        raise SettingsError(found)
    return settings


def problems(path: Path, checks: Checks) -> list[Problem]:
    """Everything that is wrong with a settings file and the policy file that it names."""
    return _read(path, checks)[1]


def read_lock(path: Path, *, checks: Checks) -> Lock:
    """The lock alone, for who must drive it safe whatever else is wrong with the file. Raises SettingsError."""
    table, found = load(path)
    if not found:
        lock, found = sketch(table.get("lock", {}), Lock, "lock", forms(path.absolute().parent))
        if not found:
            sentences = checks.output(lock.driver)
            found = [Problem("lock.driver", Say(each), Say(""), shown(lock.driver), path.name) for each in sentences]
        if not found:
            return lock
    raise SettingsError(found)


def link_users(link: Link) -> dict[str, frozenset[int]]:
    """The user ids that may take each role on the socket. Raises KeyError for a user who has gone since the check."""
    own = frozenset({os.geteuid()})
    return {
        role: frozenset(getpwnam(user).pw_uid for user in users) or own for role, users in structs.asdict(link).items()
    }


def _read(path: Path, checks: Checks) -> tuple[Settings | None, list[Problem]]:
    table, found = load(path)
    if found:
        return None, found
    file, found = sketch(table, SettingsFile, forms=forms(path.absolute().parent))
    wrong = {problem.where for problem in found}
    policy, of_policy = (None, []) if related("door.policy", wrong) else examine(file.door.policy)
    later = [*devices(file, checks), *machine(file)]
    if policy is not None:
        later += agreement(file, policy)
    found += [problem for problem in later if not related(problem.where, wrong)]
    found = [structs.replace(problem, file=path.name) for problem in found] + of_policy
    if found or policy is None:
        return None, found
    fields = {key: getattr(file, key) for key in file.__struct_fields__}
    return Settings(**fields | {"reader": named(file.reader)}, policy=policy), []
