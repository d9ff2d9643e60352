"""The policy file read: a `Policy`, or everything that is wrong with it, in one reading.

Shapes and bounds are `kiosk.rules.policy`'s, forms `policy_forms`', what must agree `policy_checks`'.
"""

from pathlib import Path

from msgspec import structs

from kiosk.problems import Problem, SettingsError, related
from kiosk.rules.policy import Policy
from kiosk.settings.policy_checks import disagreements
from kiosk.settings.policy_forms import FORMS
from kiosk.tables import load, sketch


def read_policy(path: Path) -> Policy:
    """The policy in this file. Raises SettingsError with every mistake in it."""
    policy, problems = examine(path)
    if policy is None or problems:
        raise SettingsError(problems)
    return policy


def examine(path: Path) -> tuple[Policy | None, list[Problem]]:
    """What could be read, and all that is wrong with it; a policy with problems is good for cross-checks alone."""
    table, problems = load(path)
    if problems:
        return None, problems
    policy, problems = sketch(table, Policy, forms=FORMS)
    wrong = {problem.where for problem in problems}
    problems += [later for later in disagreements(policy, table, wrong) if not related(later.where, wrong)]
    return policy, [structs.replace(problem, file=path.name) for problem in problems]
