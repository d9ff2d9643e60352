"""Every sentence that people read, in their language: standard gettext catalogues, read with the standard library.

The English sentence is its own msgid, so English needs no catalogue, and a sentence that nobody translated yet is
shown in English rather than not at all. `make words` collects the sentences (`Say("…")`, `N_("…")`, `.text("…")`)
and compiles `zh/LC_MESSAGES/doorward.po`; a test fails while one of them has no translation.

Arguments come from cards, codes and phones: they are filled in as text and nothing else. `str.format` is not used,
since it reads attributes; control and direction characters, which could rewrite a terminal or a printed line, are
shown as a replacement character.
"""

import gettext
import re
from collections.abc import Iterable
from pathlib import Path

from kiosk.rules.view import Say
from ui.words.terms import PLACES, SEPARATOR

LANGUAGES = ("zh", "en")
DOMAIN = "doorward"

_FOLDER = Path(__file__).parent
_PLACE = re.compile(r"\{(\w+)\}")
_BREAK = re.compile(r"[\t\n\r]+")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


class UnknownLanguageError(ValueError):
    """One clear sentence: which language was asked for, which there are."""


class Translations:
    """One language's sentences. Never raises on what the world wrote into an argument."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    def tr(self, say: Say) -> str:
        """The sentence with its places filled; a place that has no argument stays visible as `{name}`."""
        return self.text(say.text, **say.args)

    def text(self, msgid: str, /, **args: str | int) -> str:
        """As `tr`, for a sentence that stands in a face itself."""
        sentence = self._catalogue.gettext(msgid) if msgid else ""
        return _PLACE.sub(lambda place: self._filled(place[1], args.get(place[1], place[0])), sentence)

    def term(self, place: str, value: str) -> str:
        """The word for a value that stands in `{place}`; a value that has none stands as it is."""
        word = PLACES.get(place, {}).get(value)
        return value if word is None else self._catalogue.gettext(word)

    def terms(self, place: str, values: Iterable[str]) -> str:
        """Those words one after the other."""
        return self._catalogue.gettext(SEPARATOR).join(self.term(place, value) for value in values)

    def _filled(self, place: str, value: str | int) -> str:
        return printable(self.term(place, str(value)))


def load(language: str) -> Translations:
    """The sentences of "zh" or "en". Raises UnknownLanguageError."""
    if language not in LANGUAGES:
        raise UnknownLanguageError(f"There is no language {language!r}; use one of: {', '.join(LANGUAGES)}.")
    return Translations(language, gettext.translation(DOMAIN, _FOLDER, [language], fallback=language == "en"))


def printable(text: str) -> str:
    """The text on one line, with every character that could move the cursor or turn the line shown as U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", _BREAK.sub(" ", text))
