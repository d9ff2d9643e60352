"""What is wrong in a file that people write: one line each, with the place, the value, the reason and the remedy.

The sentences are msgids (`Say`), so that a face can translate them. A value is shown as TOML would write it, cut
short, with passwords and keys masked: problems are printed, mailed and logged.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time

from msgspec import Struct
from msgspec.json import encode

from kiosk.rules.view import Say

SHOWN = 60

_MASKED_WORD = r"(?:key|passw(?:or)?d|pin|secret|token)"
_MASKED_ARGUMENT = rf"(?i)((?:^|[?&_]){_MASKED_WORD}=)[^/&?][^&?]*"  # with a path it names the secret's file
_MASKED_USER = r"(://[^:/@?]*:)\S*@"


class Problem(Struct, frozen=True):
    """One mistake. `where` is the key's path, list entries counted from 1; `value` is safe to print."""

    where: str
    wrong: Say
    remedy: Say
    value: str | None = None
    file: str = ""

    def __str__(self) -> str:
        return self.line()

    def line(self, translate: Callable[[str], str] = str) -> str:
        """The whole problem on one line; `translate` maps an English msgid to the reader's language."""
        place = ": ".join(part for part in (self.file, self.where) if part)
        given = "" if self.value is None else f" = {self.value}"
        told = " ".join(_told(say, translate) for say in (self.wrong, self.remedy) if say.text)
        return "".join(map(_printable, f"{place}{given}: {told}"))


class SettingsError(Exception):
    """`problems`: all that is wrong with a file of settings or a policy, and never none."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def _printable(letter: str) -> str:
    """A file's stray control characters must not reach a terminal, nor break the line."""
    return letter if letter.isprintable() or letter == "\u3000" else f"\\u{ord(letter):04x}"


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
    if re.search(rf"(?i)(?:^|_){_MASKED_WORD}$", key):
        return '"****"'
    return _short(_written(value))


def masked(url: str) -> str:
    """A driver's address without the password before its @ and without the secrets among its arguments.

    A secret argument that is a path (`key=/etc/…`) stays: it is where the secret is, not the secret.
    """
    return re.sub(_MASKED_ARGUMENT, r"\1****", re.sub(_MASKED_USER, r"\1****@", url))


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
            return encode(masked(str(value))).decode()


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
