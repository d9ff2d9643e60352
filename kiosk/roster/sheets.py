"""Tables as a clerk keeps them: a spreadsheet's CSV, a folder of two, or one TOML file. Out come rows of cells.

    people.csv      one row a card: id, name, roles, department, technology, card, valid_from, valid_to, disabled,
                    duress
    approvals.csv   id, room, name, approver, reason, from, until, headcount, openings, person, withdrawn
    list.toml       [[person]], [[card]] and [[approval]] with the same keys; a card names its `person`

Columns may stand in any order and may carry their Chinese names. A CSV is UTF-8 (with or without a byte order mark),
UTF-16 with one, or GB18030, of which GBK is a part and which Excel writes on Chinese Windows: no text of several
Chinese words is valid in two of these. Columns are separated by comma, semicolon or tab, as the first line is.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec import Struct

from kiosk.problems import Problem, near
from kiosk.rules.view import Say
from kiosk.tables import load, under

LARGEST: Final = 2**30  # bytes of one file
LONGEST_CELL: Final = 4096  # characters
WORKBOOKS: Final = (".xlsx", ".xls", ".ods", ".et")
ENCODINGS: Final = ("utf-8-sig", "gb18030")
_TOLD_EVERY: Final = 20_000  # rows

PERSON: Final = {
    "id": ("工号", "编号"),
    "name": ("姓名",),
    "roles": ("角色", "role"),
    "department": ("部门", "单位"),
    "technology": ("卡类型", "卡种"),
    "card": ("卡号", "number"),
    "valid_from": ("生效", "生效时间"),
    "valid_to": ("失效", "失效时间", "有效期至"),
    "disabled": ("停用", "挂失"),
    "duress": ("胁迫",),
}
APPROVAL: Final = {
    "id": ("审批号", "编号"),
    "room": ("监控室", "房间"),
    "name": ("姓名",),
    "approver": ("批准人",),
    "reason": ("事由",),
    "from": ("开始", "开始时间"),
    "until": ("结束", "结束时间"),
    "headcount": ("人数",),
    "openings": ("次数", "开门次数"),
    "person": ("工号",),
    "withdrawn": ("撤回", "撤销"),
}
_PEOPLE_NEED: Final = ("id", "name", "roles")
_APPROVALS_NEED: Final = ("id", "room", "name", "approver", "reason", "from", "until")

Cells: TypeAlias = Mapping[str, str]
Told: TypeAlias = Callable[[int, int], None]  # bytes read so far, bytes in all


class Row(Struct, frozen=True, gc=False):
    """`table` is person, card or approval; `cells` by column; `names` says what a column is called in the file."""

    file: str
    where: str
    table: str
    cells: dict[str, str]
    names: dict[str, str]

    def place(self, column: str) -> str:
        return f"{self.where}{self.names.get(column, column)}"


class Source:
    """What there is to read at `path`. `rows` yields rows and problems in the file's order; `notes` are remarks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[Say] = []

    def rows(self, told: Told) -> Iterator[Row | Problem]:
        if self.path.is_dir():
            yield from self._csv(self.path / "people.csv", told)
            if (self.path / "approvals.csv").exists():
                yield from self._csv(self.path / "approvals.csv", told)
        elif self.path.suffix.lower() == ".toml":
            yield from _toml(self.path)
        elif self.path.suffix.lower() in WORKBOOKS:
            yield _whole(self.path, Say("is a workbook, not a CSV file."), Say("Save it as “CSV UTF-8”."))
        else:
            yield from self._csv(self.path, told)

    def _csv(self, path: Path, told: Told) -> Iterator[Row | Problem]:
        try:
            size = path.stat().st_size
            encoding = _encoding(path, size)
            if encoding is None:
                yield _whole(path, Say("is neither UTF-8 nor GB18030."), Say("Save it as “CSV UTF-8”."))
                return
            if encoding == "gb18030":
                self.notes.append(Say("{file} was read as GB18030 (GBK).", {"file": path.name}))
            with path.open("rb") as raw, TextIOWrapper(raw, encoding, newline="") as file:
                for number, row in enumerate(_sheet(path, file)):
                    if number % _TOLD_EVERY == 0:
                        told(raw.tell(), size)
                    yield row
        except OSError as error:
            yield _whole(
                path, Say("cannot be read: {why}.", {"why": error.strerror or str(error)}), Say("Check the path.")
            )


def _encoding(path: Path, size: int) -> str | None:
    """Raises OSError; a file that is too large is one."""
    if size > LARGEST:
        raise OSError(0, f"it is larger than {LARGEST} bytes")
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as text:
                while text.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _sheet(path: Path, file: Any) -> Iterator[Row | Problem]:
    first = file.readline(LONGEST_CELL)
    delimiter = max(",;\t", key=first.count)
    head = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    table, columns, problems = _columns(path, head)
    if problems:
        yield from problems
        return
    names = {column: name for column, name in zip(columns, head, strict=True) if column}
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            where = f"line {reader.line_num + 1}"
            if not any(cells):
                continue
            if len(cells) > len(columns) and any(cells[len(columns) :]):
                remedy = Say("Put a text that holds a comma between quotes.")
                yield Problem(where, Say("has more cells than the first line."), remedy, file=path.name)
                continue
            yield Row(path.name, f"{where}, ", table, dict(zip(columns, cells, strict=False)), names)
    except csv.Error as error:
        wrong = Say("is no CSV from here on: {why}.", {"why": str(error)})
        yield Problem(f"line {reader.line_num + 1}", wrong, Say("Look for a quote without its pair."), file=path.name)


def _columns(path: Path, head: list[str]) -> tuple[str, list[str], list[Problem]]:
    """Which table this is, its columns by our names ("" for one that is empty), and what is wrong with its head."""
    approvals = {"approver", "批准人"} & set(head)
    table, known, needed = ("approval", APPROVAL, _APPROVALS_NEED) if approvals else ("person", PERSON, _PEOPLE_NEED)
    ours = {name: column for column, others in known.items() for name in (column, *others)}
    problems, columns = [], []
    for name in head:
        column = ours.get(name, ours.get(name.lower(), "")) if name else ""
        if name and not column:
            problems.append(_unknown_column(path, name, ours))
        elif column and column in columns:
            problems.append(
                _whole(path, Say("has the column {name} twice.", {"name": name}), Say("Keep one."), "line 1")
            )
        columns.append(column)
    for column in needed:
        if column not in columns:
            name = "/".join((column, *known[column]))
            problems.append(_whole(path, Say("has no column {name}.", {"name": name}), Say("Add it."), "line 1"))
    return table, columns, problems


def _unknown_column(path: Path, name: str, ours: Mapping[str, str]) -> Problem:
    meant = near(name, ours)
    remedy = Say("Did you mean {meant}?", {"meant": meant}) if meant else Say("Take it out.")
    return _whole(path, Say("has a column {name} that is not known here.", {"name": name}), remedy, "line 1")


def _toml(path: Path) -> Iterator[Row | Problem]:
    written, problems = load(path)
    yield from problems
    person = {key: key for key in ("id", "name", "roles", "department")}
    card = {key: key for key in PERSON if key not in person} | {"number": "card", "person": "id"}
    approval = {key: key for key in APPROVAL}
    for table, keys in (("person", person), ("card", card), ("approval", approval)):
        entries = written.pop(table, [])
        if not isinstance(entries, list):
            remedy = Say("Write [[{table}]].", {"table": table})
            yield Problem(table, Say("is not a list of tables."), remedy, file=path.name)
            continue
        for at, entry in enumerate(entries, 1):
            yield from _entry(path.name, table, f"{table}[{at}]", entry, keys)
    for key in written:
        yield Problem(key, Say("is not a key that is known here."), Say("Take it out."), file=path.name)


def _entry(file: str, table: str, where: str, entry: Any, keys: Mapping[str, str]) -> Iterator[Row | Problem]:
    if not isinstance(entry, dict):
        yield Problem(where, Say("is not a table."), Say("Write [[{table}]].", {"table": table}), file=file)
        return
    for key in entry.keys() - keys.keys():
        meant = near(key, keys)
        remedy = Say("Did you mean {meant}?", {"meant": meant}) if meant else Say("Take it out.")
        yield Problem(under(where, key), Say("is not a key that is known here."), remedy, file=file)
    cells = {keys[key]: _cell(value) for key, value in entry.items() if key in keys}
    yield Row(file, f"{where}.", table, cells, {column: key for key, column in keys.items()})


def _cell(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case date():
            return value.isoformat()
        case list():
            return " ".join(map(str, value))
        case _:
            return str(value)


def _whole(path: Path, wrong: Say, remedy: Say, where: str = "") -> Problem:
    return Problem(where, wrong, remedy, file=path.name)
