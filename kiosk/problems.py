"""What is wrong in a file that people write: one line each, with the place, the value, the reason and the remedy.

The sentences are msgids (`Say`), so that a face can translate them. A value is shown as TOML would write it, cut
short, with passwords and keys masked: problems are printed, mailed and logged.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, time

from msgspec import Struct

from kiosk.rules.view import Say

SECRET_WORDS = ("key", "password", "passwd", "pin", "secret", "token")
SHOWN = 60


class Problem(Struct, frozen=True):
    """One mistake. `where` is the key's path, list entries counted from 1; `value` is safe to print."""

    where: str
    wrong: Say
    remedy: Say
    value: str | None = None
    file: str = ""

    def line(self, translate: Callable[[str], str] = str) -> str:
        """The whole problem on one line; `translate` maps an English msgid to the reader's language."""
        place = ": ".join(part for part in (self.file, self.where) if part)
        given = "" if self.value is None else f" = {self.value}"
        told = " ".join(_told(say, translate) for say in (self.wrong, self.remedy) if say.text)
        return f"{place}{given}: {told}"


class SettingsError(Exception):
    """`problems`: all that is wrong with a file of settings or a policy, and never none."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(problem.line() for problem in problems))
        self.problems = problems


def _told(say: Say, translate: Callable[[str], str]) -> str:
    text = translate(say.text)
    return text.format(**say.args) if say.args else text


def near(word: str, words: Iterable[str]) -> str | None:
    """The word that was probably meant."""
    from difflib import get_close_matches  # 8 ms, and only a file with a mistake needs it

    return next(iter(get_close_matches(word, list(words), n=1)), None)


def related(where: str, wrong: Iterable[str]) -> bool:
    """Whether something at, below or above this place is known to be wrong: then this may be no mistake of its own."""
    return any(_within(where, place) or _within(place, where) for place in wrong)


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def shown(value: object, key: str = "") -> str:
    """A value of a TOML file for people's eyes: one short line, what is secret masked by its key's name."""
    if _is_secret(key):
        return '"****"'
    return _short(_written(value))


def masked(url: str) -> str:
    """A driver's address without the password before its @ and without secrets among its arguments.

    A secret argument that names a file (`key=/etc/…`) stays: it is where the secret is, not the secret.
    """
    base, mark, query = url.partition("?")
    scheme, slashes, rest = base.partition("://")
    user, at, host = rest.rpartition("@")
    if at and ":" in user:
        base = f"{scheme}{slashes}{user.partition(':')[0]}:****@{host}"
    return base + mark + "&".join(map(_masked_argument, query.split("&")))


def _masked_argument(argument: str) -> str:
    name, equals, value = argument.partition("=")
    return f"{name}=****" if equals and _is_secret(name) and not value.startswith("/") else argument


def _is_secret(key: str) -> bool:
    return key.lower().rpartition("_")[2] in SECRET_WORDS


def _written(value: object) -> str:
    match value:
        case bool() | int() | float():
            return str(value).lower()
        case date() | datetime() | time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(_written, value[:8]))}]"
        case dict():
            return f"{{{', '.join(f'{key} = {shown(inner, key)}' for key, inner in list(value.items())[:8])}}}"
        case _:
            return json.dumps(masked(str(value)), ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
