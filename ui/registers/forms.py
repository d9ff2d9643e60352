"""The forms: what the columns are, and how a line of a register becomes cells.

Annex 2 has 日期 · 姓名（人数） · 批准人 · 出入时间 · 事由 · 备注, in that order. The retrieval register (annex 3)
will be a third form here, beside its fold in `kiosk.rules`.
"""

from collections.abc import Iterable, Iterator
from datetime import tzinfo

from kiosk.rules.policy import Policy, Right, Room, Words
from kiosk.rules.record import Record
from kiosk.rules.register import Erased, Period, RegisterLine, Stay
from ui.records import Teller
from ui.registers.sheet import Column, Row, Sheet, Source
from ui.words import Translations
from ui.words.terms import SEPARATOR


def entry_exit(  # noqa: PLR0917 - the parts of a heading
    policy: Policy, room: Room, period: Period, source: Source, words: Translations, stamp: str = ""
) -> Sheet:
    """The sheet of the entry-exit register (annex 2)."""
    columns = (
        Column(words.text("Date"), 26, centred=True),
        Column(words.text("Name (headcount)"), 38, centred=True),
        Column(words.text("Approver"), 32, centred=True),
        Column(words.text("Time in and out"), 36, centred=True),
        Column(words.text("Reason"), 68),
        Column(words.text("Remarks"), 67),
    )
    title, empty = words.text("Control room entry-exit register"), words.text("Nobody entered or left in this period.")
    return _sheet(policy, room, period, source, words, title=title, empty=empty, columns=columns, stamp=stamp)


def records(  # noqa: PLR0917 - the parts of a heading
    policy: Policy, room: Room, period: Period, source: Source, words: Translations, stamp: str = ""
) -> Sheet:
    """The sheet of all records, as people read them."""
    columns = (
        Column(words.text("Number"), 20, centred=True),
        Column(words.text("Time"), 42, centred=True),
        Column(words.text("Kind"), 32, centred=True),
        Column(words.text("What happened"), 173),
    )
    title, empty = words.text("Records of the door"), words.text("There is no record of this period.")
    return _sheet(
        policy, room, period, source, words, title=title, empty=empty, columns=columns, stamp=stamp, least_row=6.5
    )


def _sheet(
    policy: Policy,
    room: Room,
    period: Period,
    source: Source,
    words: Translations,
    *,
    title: str,
    empty: str,
    columns: tuple[Column, ...],
    stamp: str,
    least_row: float = 9.0,
) -> Sheet:
    return Sheet(
        title=title,
        school=said(policy.school, words),
        room=words.text("{room} ({place})", room=said(room.name, words), place=said(room.place, words)),
        responsible=room.responsible or "—",
        period=told(period, words),
        columns=columns,
        source=source,
        signers=tuple(_signers(policy, words)),
        words=words,
        least_row=least_row,
        empty=empty,
        stamp=stamp,
    )


def _signers(policy: Policy, words: Translations) -> Iterator[str]:
    """Who downloads the registers signs them: not the system's administrator, where there is somebody else."""
    roles = [role for role in policy.roles.values() if Right.DOWNLOAD_REGISTERS in role.may]
    others = [role for role in roles if Right.ADMINISTER not in role.may]
    yield from (said(role.name, words) for role in others or roles)


def said(name: Words, words: Translations) -> str:
    return name.zh if words.language == "zh" else name.en


def told(period: Period, words: Translations) -> str:
    first = period.first.isoformat() if period.first else words.text("the first record")
    last = period.last.isoformat() if period.last else words.text("the last record")
    return words.text("{first} to {last}", first=first, last=last)


def cells(line: RegisterLine, words: Translations) -> Row:
    """The cells of a line of annex 2."""
    return (
        line.day.isoformat() if line.day else "—",
        party(line, words) or "—",
        words.text("Custodian (standing right)") if line.custodian else line.approver or "—",
        times(line, words),
        line.reason or "—",
        words.text(SEPARATOR).join(map(words.tr, line.remarks)),
    )


def party(line: RegisterLine, words: Translations) -> str:
    """王明（3）."""
    if line.headcount > 1:
        return words.text("{name} ({headcount})", name=line.name, headcount=line.headcount)
    return line.name


def times(line: RegisterLine, words: Translations) -> str:
    """08:02–08:41; a time out on another day says so."""
    unknown = words.text("time not known")
    entered = line.entered.strftime("%H:%M") if line.entered else unknown
    match line.stay:
        case Stay.NONE:
            return entered if line.entered or line.visit is None else "—"
        case Stay.INSIDE:
            return words.text("{entered}–not checked out", entered=entered)
        case Stay.UNSEEN:
            return f"{entered}–{unknown}"
        case Stay.LEFT:
            return f"{entered}–{_out(line, words)}"


def _out(line: RegisterLine, words: Translations) -> str:
    if line.left is None:
        return words.text("time not known")
    days = (line.left.date() - line.entered.date()).days if line.entered else 0
    if days == 0:
        return line.left.strftime("%H:%M")
    if days == 1:
        return words.text("{time} next day", time=line.left.strftime("%H:%M"))
    return line.left.strftime(" %Y-%m-%d %H:%M")


def record_cells(kept: Iterable[Record | Erased], words: Translations, zone: tzinfo) -> Iterator[Row]:
    """The cells of the list of records."""
    teller = Teller(words, zone)
    for record in kept:
        if isinstance(record, Erased):
            yield (str(record.seq), "—", "—", teller.tell(record))
        else:
            yield (str(record.seq), teller.when(record), words.term("kind", record.kind), teller.what(record))
