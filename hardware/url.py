"""A driver's URL: `scheme:target?key=value&key=value`.

The scheme is everything before the first colon, the options everything after the *last* question mark: a target may
hold a question mark of its own (`serial:rfc2217://host:4001?ign_set_control?format=line&number=hex`). Nothing is
percent-decoded; an option stands once, is spelt as documented and is never empty. Each reading method notes what is
wrong and goes on with a value that fits, so that one pass finds every problem; whoever opens looks at `problems`.
"""

from collections.abc import Collection

_LONGEST = 1024


class Url:
    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[str] = []
        if len(text) > _LONGEST or not text.isprintable():
            self.problems.append(f"A driver's URL is at most {_LONGEST} printable characters; shorten it.")
            text = ""
        rest, mark, query = text.rpartition("?")
        if not mark:
            rest, query = text, ""
        self.scheme, _, self.target = rest.partition(":")
        self._options = self._split(query) if mark else {}
        self._known: set[str] = set()

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """One of the values allowed; without a default the option is mandatory."""
        value = self._value(key, default, f"one of {', '.join(sorted(allowed))}")
        if value in allowed:
            return value
        if value:
            self.problems.append(f'{key}="{value}" is not known; write one of {", ".join(sorted(allowed))}.')
        return default or min(allowed)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A decimal number in [low, high]; without a default the option is mandatory."""
        value = self._value(key, None if default is None else str(default), f"a whole number from {low} to {high}")
        if value.isascii() and value.isdigit() and len(value) < 12 and low <= int(value) <= high:
            return int(value)
        if value:
            self.problems.append(f'{key}="{value}" must be a whole number from {low} to {high}.')
        return low if default is None else default

    def finish(self) -> None:
        """Note every option that nobody asked for, with the near miss."""
        unknown = [key for key in self._options if key not in self._known]
        if not unknown:
            return
        from difflib import get_close_matches  # only an address with a mistake needs it

        for key in unknown:
            near = get_close_matches(key, self._known, 1)
            remedy = (
                f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(sorted(self._known)) or 'none'}."
            )
            self.problems.append(f'The option "{key}" is not known; {remedy}')

    def _value(self, key: str, default: str | None, wanted: str) -> str:
        self._known.add(key)
        value = self._options.get(key, default)
        if value is None:
            self.problems.append(f"{key} is missing; add {key}=… ({wanted}): it is never guessed.")
        return value or ""

    def _split(self, query: str) -> dict[str, str]:
        options: dict[str, str] = {}
        for pair in query.split("&"):
            key, _, value = pair.partition("=")
            if not key or not value:
                self.problems.append(f'"{pair}" is not an option; write key=value, with & between two of them.')
            elif key in options:
                self.problems.append(f"{key} stands there twice; keep one.")
            if key:
                options.setdefault(key, value)
        return options
