"""TOML tables into typed values, with every mistake at once.

`msgspec.convert` stops at the first mistake; a person at a door with a laptop wants all of them. So the fields of the
Structs are walked here: nested tables, lists, dictionaries, enumerations, `Meta` bounds (a pattern's `description`
lists its letters). What TOML has no word for (hours, a time zone) is a `Form`: how people write it, and what makes
the value of it.

A file is read once through one descriptor: regular, at most LIMIT bytes, and writable by nobody but its owner — who
may write the policy may make himself a custodian. A group of the owner's own number counts as the owner.
A type that cannot be walked is our bug and raises TypeError.
"""

import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from msgspec import Meta, Struct, structs

from kiosk.problems import Problem, near, shown
from kiosk.rules.view import Say

LIMIT = 256 * 1024
DOTS = 64  # on one line: a.a.a.… costs tomllib memory by the square of its length, 256 KiB of it more than there is

T = TypeVar("T")


class Form(Struct, frozen=True):
    """`source` is the type that stands in the file; `make` turns it into the value, or raises FormError."""

    source: Any
    make: Callable[[Any], object]
    stand_in: object = None


class FormError(Exception):
    """A form's answer to a value that it cannot take."""

    def __init__(self, wrong: Say, remedy: Say) -> None:
        super().__init__(wrong.text)
        self.wrong = wrong
        self.remedy = remedy


Forms = Mapping[Any, Form]

_WRITE = {
    bool: (Say("is neither true nor false."), Say("Write true or false, without quotes."), "true"),
    int: (Say("is not a whole number."), Say("Write digits, without quotes."), "1"),
    str: (Say("is not text."), Say("Write it between quotes."), '"…"'),
    tuple: (Say("is not a list."), Say("Write a list: [ … ]."), "[ … ]"),
    dict: (Say("is not a table."), Say("Write a table of keys and values."), "{ … }"),
}


def convert(
    table: object, into: type[T], where: str = "", forms: Forms | None = None
) -> tuple[T | None, list[Problem]]:
    """The value, or None and everything that is wrong with the table. `where` begins every problem's key path."""
    value, problems = sketch(table, into, where, forms)
    return (None if problems else value), problems


def sketch(table: object, into: type[T], where: str = "", forms: Forms | None = None) -> tuple[T, list[Problem]]:
    """As `convert`, but with stand-ins for what is wrong: only for checks that look across the whole table."""
    walk = _Walk(forms or {})
    return walk.read(table, into, where), walk.problems


def load(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """What stands in a TOML file; empty with the one reason where it cannot be read. Never raises."""
    data, problems = _bytes(path)
    if problems:
        return {}, problems
    try:
        text = data.decode("utf-8-sig")
        dotted = next((at for at, line in enumerate(text.split("\n"), 1) if line.count(".") > DOTS), None)
        if dotted is None:
            return tomllib.loads(text), []
        wrong = Say("Line {line} has more than {dots} dots.", {"line": dotted, "dots": DOTS})
        remedy = Say("Break it up.")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong, remedy = Say("Line {line} is not UTF-8.", {"line": line}), Say("Save the file as UTF-8.")
    except tomllib.TOMLDecodeError as error:
        wrong, remedy = Say("This is not TOML: {why}.", {"why": str(error)}), Say("Mend that line.")
    except (ValueError, RecursionError):  # digits without end, brackets without end: not TOMLDecodeErrors
        wrong, remedy = Say("This is not TOML that can be read."), Say("Look for huge numbers and deep brackets.")
    return {}, [Problem("", wrong, remedy, file=path.name)]


def _bytes(path: Path) -> tuple[bytes, list[Problem]]:
    data, refused = b"", None
    try:  # O_NONBLOCK: a pipe in the file's place must not hang the door
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            refused = _refused(os.fstat(descriptor), path)
            data = b"" if refused else _whole(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        refused = Say("cannot be read: {why}.", {"why": error.strerror or str(error)}), Say("Check the path.")
    if len(data) > LIMIT:
        refused = Say("is larger than {limit} bytes.", {"limit": LIMIT}), Say("Is it the right file?")
    return data, [Problem("", *refused, file=str(path))] if refused else []


def _whole(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(LIMIT + 1)


def _refused(info: os.stat_result, path: Path) -> tuple[Say, Say] | None:
    if not stat.S_ISREG(info.st_mode):
        return Say("is not a regular file."), Say("Name a file.")
    group_is_owner = info.st_gid in (0, info.st_uid)
    if info.st_mode & stat.S_IWOTH or (info.st_mode & stat.S_IWGRP and not group_is_owner):
        return Say("can be written by others."), Say("Read it through, then: chmod go-w {path}", {"path": str(path)})
    return None


class _Walk:
    """One conversion: what was found wrong so far. What is wrong gives its type's stand-in."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        self.problems: list[Problem] = []

    def read(self, value: object, hint: Any, where: str) -> Any:
        if (form := self.forms.get(hint)) is not None:
            return self._form(value, form, where)
        origin = get_origin(hint)
        if origin is Annotated:
            return self._annotated(value, hint, where)
        if origin in (UnionType, Union):
            return self.read(value, _present(hint), where)
        if origin is tuple:
            return self._list(value, get_args(hint)[0], where)
        if origin is dict:
            return self._dictionary(value, get_args(hint), where)
        if issubclass(hint, Struct):
            return self._struct(value, hint, where)
        if issubclass(hint, Enum):
            return self._choice(value, hint, where)
        return self._plain(value, hint, where)

    def _form(self, value: object, form: Form, where: str) -> Any:
        before = len(self.problems)
        read = value if form.source is object else self.read(value, form.source, where)
        if len(self.problems) > before:
            return form.stand_in
        try:
            return form.make(read)
        except FormError as refused:
            self._note(where, value, (refused.wrong, refused.remedy))
            return form.stand_in

    def _annotated(self, value: object, hint: Any, where: str) -> Any:
        base, *notes = get_args(hint)
        before = len(self.problems)
        read = self.read(value, base, where)
        if len(self.problems) == before:
            complaints = (_outside(read, note) for note in notes if isinstance(note, Meta))
            self._note(where, value, next(filter(None, complaints), None))
        return read

    def _plain(self, value: object, hint: type, where: str) -> Any:
        if hint not in _WRITE:
            raise TypeError(f"{where}: no form is given for {hint!r}")
        if type(value) is not hint:  # a bool is an int to isinstance
            self._note(where, value, _WRITE[hint][:2])
            return hint()
        if isinstance(value, str) and not value.replace("\u3000", " ").isprintable():
            self._note(where, value, (Say("holds a control character."), Say("Write it plainly, on one line.")))
        return value

    def _choice(self, value: object, hint: type[Enum], where: str) -> Any:
        choices = _choices_of(hint)
        if isinstance(value, str) and value in choices:
            return choices[value]
        self._note(where, value, not_among(value, choices))
        return next(iter(hint))

    def _list(self, value: object, hint: Any, where: str) -> Any:
        if isinstance(value, list):
            return tuple(self.read(item, hint, f"{where}[{at}]") for at, item in enumerate(value, 1))
        self._note(where, value, _WRITE[tuple][:2])
        return ()

    def _dictionary(self, value: object, hints: tuple[Any, ...], where: str) -> Any:
        key_hint, hint = hints
        if isinstance(value, dict):
            places = {key: under(where, key) for key in value}
            return {self.read(key, key_hint, at): self.read(value[key], hint, at) for key, at in places.items()}
        self._note(where, value, _WRITE[dict][:2])
        return {}

    def _struct(self, value: object, hint: type[Struct], where: str) -> Any:
        if not isinstance(value, dict):
            self._note(where, value, _WRITE[dict][:2])
            return self.stand_in(hint)
        fields = _fields_of(hint)
        for key in value:
            if key not in fields:
                free = [name for name in fields if name not in value]
                remedy = _instead(near(key, free), Say("Take it out."))
                self._note(under(where, key), value[key], (Say("is not a key that is known here."), remedy))
        given = {key: self.read(value[key], fields[key].type, under(where, key)) for key in fields if key in value}
        missing = [key for key, info in fields.items() if key not in value and info.required]
        for key in missing:
            remedy = Say("Add it: {key} = {example}", {"key": key, "example": _example(fields[key].type, self.forms)})
            self.problems.append(Problem(under(where, key), Say("is missing."), remedy))
        return hint(**given, **{key: self.stand_in(fields[key].type) for key in missing})

    def _note(self, where: str, value: object, complaint: tuple[Say, Say] | None) -> None:
        if complaint:
            self.problems.append(Problem(where, *complaint, value=shown(value, where.rpartition(".")[2])))

    def stand_in(self, hint: Any) -> Any:
        """An empty value of the type."""
        if hint in self.forms:
            return self.forms[hint].stand_in
        origin = get_origin(hint)
        if origin is Annotated:
            return self.stand_in(get_args(hint)[0])
        if origin in (UnionType, Union):
            return None
        if origin is None and issubclass(hint, Struct):
            required = {key: info for key, info in _fields_of(hint).items() if info.required}
            return hint(**{key: self.stand_in(info.type) for key, info in required.items()})
        return next(iter(hint)) if origin is None and issubclass(hint, Enum) else (origin or hint)()


def not_among(value: object, choices: Mapping[str, object]) -> tuple[Say, Say]:
    """Wrong and remedy for a word that is none of the choices."""
    listed = ", ".join(choices)
    meant = near(value, choices) if isinstance(value, str) else None
    return Say("is none of: {choices}.", {"choices": listed}), _instead(meant, Say("Write one of them."))


def under(where: str, key: str) -> str:
    """The path of a key below `where`; quoted as TOML would where it is not a bare key."""
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    name = key if bare else f'"{key}"'
    return f"{where}.{name}" if where else name


def _instead(meant: str | None, otherwise: Say) -> Say:
    return Say("Did you mean {meant}?", {"meant": meant}) if meant else otherwise


def _outside(value: Any, meta: Meta) -> tuple[Say, Say] | None:
    if meta.ge is not None and meta.le is not None and not meta.ge <= value <= meta.le:
        limits: dict[str, str | int] = {"low": int(meta.ge), "high": int(meta.le)}
        return Say("is out of range."), Say("Write a number from {low} to {high}.", limits)
    if meta.min_length is not None and len(value) < meta.min_length:
        return Say("is empty."), Say("Write something here.")
    if meta.max_length is not None and len(value) > meta.max_length:
        return Say("is too long."), Say("At most {count} characters.", {"count": meta.max_length})
    if meta.pattern is not None and not re.fullmatch(meta.pattern, value):
        wrong = Say("is not written as a name must be, from its first letter on.")
        return wrong, Say("Keep to {letters}", {"letters": meta.description or meta.pattern})
    return None


@cache
def _choices_of(hint: type[Enum]) -> dict[str, Enum]:
    return {each.value if isinstance(each.value, str) else each.name.lower(): each for each in hint}


def _present(hint: Any) -> Any:
    """X of `X | None`: TOML has no null, so a value that is there is never None."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    if len(kinds) != 1:
        raise TypeError(f"no form is given for {hint!r}")
    return kinds[0]


@cache
def _fields_of(hint: type[Struct]) -> dict[str, structs.FieldInfo]:
    return {info.name: info for info in structs.fields(hint)}


def _example(hint: Any, forms: Forms) -> str:
    if hint in forms:
        return _example(forms[hint].source, forms)
    origin = get_origin(hint)
    if origin is Annotated:
        return _example(get_args(hint)[0], forms)
    if origin is None and issubclass(hint, Enum):
        return f'"{next(iter(_choices_of(hint)))}"'
    return _WRITE.get(origin or hint, _WRITE[dict])[2]
