from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.rules.messages import Clock, Kind
from kiosk.rules.record import Record
from kiosk.rules.register import (
    AGAIN,
    ASSUMED,
    CLOCK_UNSET,
    DURESS,
    NO_ENTRY,
    NOT_CARRIED_OUT,
    NOT_TAKEN,
    OVERSTAYED,
    UNGRANTED,
    UNSEEN_EXIT,
    WRITTEN_LATE,
    Erased,
    Period,
    Register,
    RegisterLine,
    Show,
    Stay,
    fold,
    lines,
)
from kiosk.rules.view import Say

TAIAN = timezone(timedelta(hours=8))
DAY = date(2026, 3, 16)
EIGHT = datetime(2026, 3, 16, 8, 0, tzinfo=TAIAN)


def record(seq: int, kind: Kind, visit: str | None = "v1", at: datetime | None = EIGHT, **facts: Any) -> Record:
    said = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z") if at else None
    clock = Clock.SYNCED if at else Clock.UNSET
    return Record(seq, 1, seq * 1000, said, clock, "south-gate", kind, "00" * 16, visit, facts)


def granted(seq: int = 0, visit: str = "v1", at: datetime | None = EIGHT, **facts: Any) -> Record:
    said: dict[str, Any] = {
        "name": "王明",
        "person": 7,
        "grounds": "approval",
        "headcount": 3,
        "approver": "李校长",
        "reason": "更换硬盘",
        "companions": [],
    }
    return record(seq, Kind.GRANTED, visit, at, **{**said, **facts})


def read(*records: Record | Erased, show: Show | None = None, period: Period | None = None) -> tuple[RegisterLine, ...]:
    return tuple(lines(records, TAIAN, period, show))


def remarks(*records: Record | Erased, show: Show | None = None) -> tuple[Say, ...]:
    (line,) = read(*records, show=show)
    return line.remarks


def minutes(count: int) -> datetime:
    return EIGHT + timedelta(minutes=count)


def test_a_visit_that_was_taken_and_left_is_one_complete_line() -> None:
    assert read(granted(), record(1, Kind.TAKEN), record(2, Kind.LEFT, at=minutes(40), how="card")) == (
        RegisterLine(
            seqs=(0, 1, 2),
            day=DAY,
            name="王明",
            headcount=3,
            approver="李校长",
            entered=EIGHT,
            left=minutes(40),
            stay=Stay.LEFT,
            reason="更换硬盘",
            visit="v1",
        ),
    )


def test_a_grant_alone_is_no_entry() -> None:
    assert read(granted(), record(1, Kind.RELEASED)) == ()


def test_a_grant_not_taken_is_no_entry() -> None:
    assert read(granted(), record(1, Kind.NOT_TAKEN)) == ()


def test_a_grant_not_taken_is_a_line_without_an_entry_where_it_is_asked_for() -> None:
    (line,) = read(granted(), record(1, Kind.NOT_TAKEN), show=Show(not_entered=True))
    assert (line.entered, line.stay, line.remarks) == (None, Stay.NONE, (NOT_TAKEN,))


def test_a_grant_not_carried_out_says_so_where_it_is_asked_for() -> None:
    assert remarks(granted(), record(1, Kind.NOT_CARRIED_OUT), show=Show(not_entered=True)) == (NOT_CARRIED_OUT,)


def test_whoever_has_not_checked_out_is_inside() -> None:
    (line,) = read(granted(), record(1, Kind.TAKEN))
    assert (line.left, line.stay) == (None, Stay.INSIDE)


def test_a_custodian_enters_by_standing_right() -> None:
    (line,) = read(granted(grounds="custodian", approver="", headcount=1), record(1, Kind.TAKEN))
    assert (line.custodian, line.approver) == (True, "")


def test_one_who_enters_again_without_leaving_has_no_time_out() -> None:
    (line,) = read(granted(), record(1, Kind.TAKEN), record(2, Kind.LEFT, at=minutes(9), how="again"))
    assert (line.left, line.stay, line.remarks) == (None, Stay.UNSEEN, (UNSEEN_EXIT,))


def test_duress_is_not_shown() -> None:
    assert remarks(granted(), record(1, Kind.DURESS, name="王明"), record(2, Kind.TAKEN)) == ()


def test_a_line_does_not_name_the_record_of_a_duress_that_it_does_not_show() -> None:
    (line,) = read(granted(), record(1, Kind.DURESS, name="王明"), record(2, Kind.TAKEN))
    assert line.seqs == (0, 2)


def test_duress_is_shown_where_it_is_asked_for() -> None:
    records = (granted(), record(1, Kind.DURESS, name="王明"), record(2, Kind.TAKEN))
    assert remarks(*records, show=Show(duress=True)) == (DURESS,)


def test_two_persons_who_enter_together_name_each_other() -> None:
    waiting = record(0, Kind.WAITING, None, wants="second_person")
    assert remarks(waiting, granted(1, companions=["赵安"]), record(2, Kind.TAKEN)) == (
        Say("Together with {names}", {"names": "赵安"}),
    )


def test_an_escort_is_named_on_the_visitors_line() -> None:
    waiting = record(0, Kind.WAITING, None, wants="escort")
    assert remarks(waiting, granted(1, companions=["赵安"]), record(2, Kind.TAKEN)) == (
        Say("Escorted by {names}", {"names": "赵安"}),
    )


def test_the_escorted_are_named_on_the_custodians_line() -> None:
    waiting = record(0, Kind.WAITING, None, wants="escort")
    custodian = granted(1, grounds="custodian", name="赵安", companions=["王明"])
    assert remarks(waiting, custodian, record(2, Kind.TAKEN)) == (Say("Escorting {names}", {"names": "王明"}),)


def test_a_soft_anti_passback_is_a_remark() -> None:
    assert remarks(granted(), record(1, Kind.ANTI_PASSBACK), record(2, Kind.TAKEN)) == (AGAIN,)


def test_a_passage_that_a_crash_cut_off_is_taken_to_have_happened_at_an_unknown_time() -> None:
    (line,) = read(granted(), record(1, Kind.TAKEN, at=minutes(5), assumed=True))
    assert (line.entered, line.stay, line.remarks) == (None, Stay.INSIDE, (ASSUMED,))


def test_one_who_leaves_without_having_entered_is_a_line_of_its_own() -> None:
    assert read(record(0, Kind.EXIT, None, how="card", person=7, name="王明")) == (
        RegisterLine(seqs=(0,), day=DAY, name="王明", headcount=1, left=EIGHT, stay=Stay.LEFT, remarks=(NO_ENTRY,)),
    )


def test_one_who_entered_in_an_earlier_period_leaves_without_a_line() -> None:
    later = EIGHT + timedelta(days=1)
    records = (granted(), record(1, Kind.TAKEN), record(2, Kind.EXIT, None, later, how="card", person=7, name="王明"))
    assert read(*records, period=Period(later.date())) == ()


def test_the_exit_button_names_nobody_and_is_no_line() -> None:
    assert read(record(0, Kind.EXIT, None, how="button", person=None, name="")) == ()


def test_one_who_stayed_too_long_has_a_remark() -> None:
    assert remarks(granted(), record(1, Kind.TAKEN), record(2, Kind.OVERSTAYED)) == (OVERSTAYED,)


def test_a_forced_door_is_a_line_of_its_own() -> None:
    assert read(record(0, Kind.FORCED, None)) == (
        RegisterLine(seqs=(0,), day=DAY, entered=EIGHT, remarks=(Say("The door was forced open"),)),
    )


def test_an_evacuation_names_who_ordered_it_and_why() -> None:
    (line,) = read(record(0, Kind.EVACUATION, None, by="赵安", reason="演练"))
    assert (line.approver, line.reason) == ("赵安", "演练")


def test_an_unset_clock_is_marked() -> None:
    (line,) = read(granted(at=None), record(1, Kind.TAKEN, at=None))
    assert (line.day, line.entered, line.remarks) == (None, None, (CLOCK_UNSET,))


def test_a_line_without_a_time_stands_under_the_last_day_known() -> None:
    _, line = read(record(0, Kind.FIRE, None), granted(1, at=None), record(2, Kind.TAKEN, at=None))
    assert line.day == DAY


def test_what_was_written_late_says_so() -> None:
    failed, back = record(0, Kind.STORAGE_FAILED, None), record(3, Kind.STORAGE_BACK, None)
    assert remarks(failed, granted(1), record(2, Kind.TAKEN), back) == (WRITTEN_LATE,)


def test_what_was_written_after_the_storage_came_back_does_not_say_so() -> None:
    failed, back = record(0, Kind.STORAGE_FAILED, None), record(1, Kind.STORAGE_BACK, None)
    assert remarks(failed, back, granted(2), record(3, Kind.TAKEN)) == ()


def test_a_grant_that_says_it_is_late_says_so() -> None:
    assert remarks(granted(late=True), record(1, Kind.TAKEN)) == (WRITTEN_LATE,)


def test_a_leaving_written_late_marks_its_line_once() -> None:
    failed = record(0, Kind.STORAGE_FAILED, None)
    assert remarks(failed, granted(1), record(2, Kind.TAKEN), record(3, Kind.LEFT, how="card")) == (WRITTEN_LATE,)


def test_a_run_of_erased_records_is_one_line() -> None:
    said = Say("Records {first} to {last} were erased when their retention ended", {"first": 4, "last": 6})
    assert read(Erased(4), Erased(5), Erased(6)) == (RegisterLine(seqs=(4, 6), day=None, remarks=(said,)),)


def test_an_entry_whose_grant_was_erased_says_so() -> None:
    _, line = read(Erased(0), record(1, Kind.TAKEN))
    assert (line.name, line.remarks) == ("", (UNGRANTED,))


def test_a_period_holds_the_entries_of_its_local_days() -> None:
    before_midnight = datetime(2026, 3, 15, 15, 59, tzinfo=UTC)  # 23:59 in Tai'an
    records = (
        granted(0, "v1", before_midnight),
        record(1, Kind.TAKEN, "v1", before_midnight),
        granted(2, "v2", before_midnight + timedelta(minutes=1)),
        record(3, Kind.TAKEN, "v2", before_midnight + timedelta(minutes=1)),
    )
    assert [line.visit for line in read(*records, period=Period(DAY, DAY))] == ["v2"]


def test_a_visit_that_ends_after_its_period_keeps_its_time_out() -> None:
    records = (granted(), record(1, Kind.TAKEN), record(2, Kind.LEFT, at=EIGHT + timedelta(days=1), how="card"))
    (line,) = read(*records, period=Period(DAY, DAY))
    assert line.left == EIGHT + timedelta(days=1)


def test_leaving_a_visit_of_an_earlier_period_is_no_line() -> None:
    records = (granted(), record(1, Kind.TAKEN), record(2, Kind.LEFT, at=EIGHT + timedelta(days=1), how="card"))
    assert read(*records, period=Period(DAY + timedelta(days=1))) == ()


def test_lines_stand_in_the_order_of_entry() -> None:
    records = (granted(0, "v1"), granted(1, "v2"), record(2, Kind.TAKEN, "v2"), record(3, Kind.TAKEN, "v1"))
    assert [line.visit for line in read(*records)] == ["v2", "v1"]


_PASSAGE = [Kind.WAITING, Kind.EXIT, Kind.TAKEN, Kind.NOT_TAKEN, Kind.LEFT, Kind.OVERSTAYED, Kind.ANTI_PASSBACK]
_KINDS = [*_PASSAGE, Kind.GRANTED, Kind.FORCED, Kind.FIRE, Kind.STORAGE_FAILED, Kind.STORAGE_BACK, Kind.DURESS]
_TIMES = st.one_of(st.none(), st.integers(0, 3 * 86_400).map(lambda s: EIGHT + timedelta(seconds=s)))


@st.composite
def ledgers(draw: st.DrawFn) -> list[Record | Erased]:
    """Any order of records, sensible or not: the fold is total."""
    kept: list[Record | Erased] = []
    for seq, (kind, visit, at, erased) in enumerate(
        draw(
            st.lists(
                st.tuples(st.sampled_from(_KINDS), st.sampled_from(["v1", "v2", "v3"]), _TIMES, st.booleans()),
                max_size=30,
            )
        )
    ):
        if erased and seq % 3 == 0:
            kept.append(Erased(seq))
        elif kind is Kind.GRANTED:
            kept.append(granted(seq, visit, at))
        else:
            kept.append(record(seq, kind, visit, at, wants="escort", how="card", person=7, name="王明"))
    return kept


@settings(max_examples=150, deadline=None)
@given(ledgers(), st.lists(st.integers(0, 30)))
def test_the_register_does_not_depend_on_how_the_records_were_batched(
    ledger: list[Record | Erased], cuts: list[int]
) -> None:
    register = Register(TAIAN)
    start = 0
    for cut in [*sorted(cuts), len(ledger)]:
        fold(ledger[start:cut], register)
        start = max(start, cut)
    assert tuple(register.lines()) == tuple(lines(ledger, TAIAN))


@settings(max_examples=150, deadline=None)
@given(ledgers())
def test_days_apart_make_up_the_whole_register(ledger: list[Record | Erased]) -> None:
    dated = [line for line in lines(ledger, TAIAN) if line.day is not None]
    days = sorted({line.day for line in dated if line.day is not None})
    apart = [line for day in days for line in lines(ledger, TAIAN, Period(day, day)) if line.day is not None]
    assert sorted(apart, key=_key) == sorted(dated, key=_key)


def _key(line: RegisterLine) -> tuple[int, ...]:
    return line.seqs


@settings(max_examples=100, deadline=None)
@given(ledgers())
def test_no_record_is_told_on_two_lines(ledger: list[Record | Erased]) -> None:
    told = [seq for line in _visits(lines(ledger, TAIAN)) for seq in line.seqs]
    assert len(told) == len(set(told))


def _visits(register: Iterable[RegisterLine]) -> Iterable[RegisterLine]:
    return (line for line in register if line.visit is not None)
