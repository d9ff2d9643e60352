"""The typefaces of a print, from Debian's packages: one for text, others for the characters of rarer names.

reportlab embeds TrueType outlines (glyf) and nothing else, which rules out Noto CJK (CFF). WenQuanYi Micro Hei is
small, has the mainland's shapes, all of GB 2312 and U+4E00–9FA5, and good digits. Names reach beyond it (䶮, 㛃, 𬱖):
BabelStone Han has 63,000 characters in the mainland's shapes; Hanazono, in Japan's, is the last resort. A character
that none of them has is drawn as □ and told in a footnote: a name is never printed short.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from msgspec import Struct
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from kiosk.rules.view import Say
from ui.registers.whole import ExportError


class Face(Struct, frozen=True):
    """One font file and the Debian package that brings it."""

    name: str
    path: Path
    package: str


_FOLDER = Path("/usr/share/fonts/truetype")
TEXT = Face("DoorwardText", _FOLDER / "wqy/wqy-microhei.ttc", "fonts-wqy-microhei")
RARE = (
    Face("DoorwardRare", _FOLDER / "babelstone/BabelStoneHan.ttf", "fonts-babelstone-han"),
    Face("DoorwardRareA", _FOLDER / "hanazono/HanaMinA.ttf", "fonts-hanazono"),
    Face("DoorwardRareB", _FOLDER / "hanazono/HanaMinB.ttf", "fonts-hanazono"),
)
MISSING = "□"

_BEYOND = re.compile("<([0-9A-F]{5,6})>")


class FontError(ExportError):
    """Which font is not there, or not whole, and which package brings it."""


class Run(Struct, frozen=True):
    """Characters that one font draws. `missing` are those that no font has, drawn as □."""

    font: str
    text: str


class Fonts:
    """The fonts that there are. `TEXT` must be there; the others are opened when a character needs them."""

    def __init__(self, text: Face = TEXT, rare: Sequence[Face] = RARE) -> None:
        self._text = _open(text)
        self._rare = [face for face in rare if face.path.exists()]
        self._absent = tuple(dict.fromkeys(face.package for face in rare if not face.path.exists()))
        self._chosen: dict[str, TTFont | None] = {}

    @property
    def absent(self) -> tuple[str, ...]:
        """The packages that would draw more characters and are not installed."""
        return self._absent

    @property
    def text(self) -> str:
        """The name of the font for text."""
        return str(self._text.fontName)

    def lacks(self, text: str) -> list[str]:
        """The characters of `text` that no font has, each once, in their order."""
        return [character for character in dict.fromkeys(text) if self._font(character) is None]

    def width(self, text: str, size: float) -> float:
        """In points."""
        return float(sum(self._advance(character) for character in text) * size / 1000)

    def runs(self, text: str) -> Iterator[Run]:
        for font, group in groupby(text, self._font):
            run = "".join(group)
            yield Run(self._text.fontName, MISSING * len(run)) if font is None else Run(font.fontName, run)

    def _advance(self, character: str) -> float:
        font = self._font(character)
        face, code = (self._text.face, ord(MISSING)) if font is None else (font.face, ord(character))
        return float(face.charWidths.get(code, face.defaultWidth))

    def _font(self, character: str) -> TTFont | None:
        if character not in self._chosen:
            self._chosen[character] = self._first(ord(character))
        return self._chosen[character]

    def _first(self, code: int) -> TTFont | None:
        if code in self._text.face.charToGlyph:
            return self._text
        return next((font for font in map(_open, self._rare) if code in font.face.charToGlyph), None)


@cache
def _open(face: Face) -> TTFont:
    """Read once a process and registered under its own name, as reportlab wants it."""
    what: dict[str, str | int] = {"font": str(face.path), "package": face.package}
    if not face.path.exists():
        raise FontError(Say("The font {font} is not installed. Install it: apt-get install {package}", what))
    try:
        font = _Font(face.name, str(face.path))
    except (TTFError, OSError) as error:
        raise FontError(
            Say("The font {font} is damaged. Install it again: apt-get install --reinstall {package}", what)
        ) from error
    pdfmetrics.registerFont(font)
    return font


class _Font(TTFont):  # type: ignore[misc]  # reportlab is not typed
    """reportlab writes U+2CB50 into the table for copying and searching as five digits, where UTF-16 belongs."""

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - reportlab's name
        super().addObjects(doc)
        for name, part in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                part.content = _BEYOND.sub(_utf16, part.content)


def _utf16(code: re.Match[str]) -> str:
    return f"<{chr(int(code[1], 16)).encode('utf-16-be').hex().upper()}>"
