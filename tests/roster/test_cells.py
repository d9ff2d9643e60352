"""Values as clerks type them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kiosk.roster import cells
from kiosk.tables import FormError

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
EIGHT = int(datetime(2026, 3, 2, 0, 0, tzinfo=UTC).timestamp())  # 08:00 in Shanghai


@pytest.mark.parametrize(
    "written",
    ["2026-03-02 08:00", "2026/3/2 8:00", "2026-03-02T08:00:00", "2026年3月2日 08:00",
     "２０２６－０３－０２　０８：００",
     "2026-03-02 00:00Z", "2026-03-02T01:00:00+01:00", " 2026.3.2 8:00:00 "],
)  # fmt: skip
def test_a_time_may_be_written_in_many_ways(written: str) -> None:
    assert cells.moment(written, SHANGHAI, ends=False) == EIGHT


def test_a_day_begins_at_its_midnight_and_ends_at_the_next() -> None:
    both = [cells.moment("2026-03-02", SHANGHAI, ends=ends) for ends in (False, True)]
    assert both == [EIGHT - 8 * 3600, EIGHT + 16 * 3600]


@pytest.mark.parametrize("written", ["2026-02-29 08:00", "2026-13-01", "2026-03-02 25:00", "0000-01-01", "9999-12-31"])
def test_a_time_that_does_not_exist_is_refused(written: str) -> None:
    with pytest.raises(FormError, match="does not exist"):
        cells.moment(written, SHANGHAI, ends=True)


@pytest.mark.parametrize("written", ["tomorrow", "46083.33", "2026-03", "2026-03-02 08", "08:00", "2026-03-02 08:00 x"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(FormError, match="is no date and time"):
        cells.moment(written, SHANGHAI, ends=False)


@pytest.mark.parametrize(("written", "why"), [("2026-03-29 02:30", "is left out"), ("2026-10-25 02:30", "comes twice")])
def test_a_time_that_a_clock_change_leaves_out_or_repeats_is_refused(written: str, why: str) -> None:
    with pytest.raises(FormError, match=why):
        cells.moment(written, BERLIN, ends=False)


def test_a_repeated_time_is_taken_with_its_offset() -> None:
    assert cells.moment("2026-10-25 02:30+02:00", BERLIN, ends=False) == 1_792_888_200


@pytest.mark.parametrize("written", ["yes", "Yes", "TRUE", "1", "是", "√", "ｙｅｓ"])
def test_these_say_yes(written: str) -> None:
    assert cells.yes(written)


@pytest.mark.parametrize("written", ["", " ", "no", "False", "0", "否"])
def test_these_say_no(written: str) -> None:
    assert not cells.yes(written)


def test_what_says_neither_is_refused() -> None:
    with pytest.raises(FormError, match="neither yes nor no"):
        cells.yes("maybe")


def test_a_number_may_have_full_width_digits() -> None:
    assert cells.number("　１２ ") == 12


@pytest.mark.parametrize("written", ["", "-1", "1.0", "1e3", "٣", "0", "9" * 17, "9" * 5000])
def test_what_is_no_number_in_range_is_refused(written: str) -> None:
    with pytest.raises(FormError, match="is no number that fits here"):
        cells.number(written, 1)


def test_a_name_stays_as_it_was_written() -> None:
    assert cells.words(" 欧阳　娜娜（外聘）“O'Neil” ", 64) == "欧阳　娜娜（外聘）“O'Neil”"


@pytest.mark.parametrize(("written", "why"), [("a\nb", "line break"), ("a\0", "control"), ("a" * 65, "too long")])
def test_what_is_no_line_of_words_is_refused(written: str, why: str) -> None:
    with pytest.raises(FormError, match=why):
        cells.words(written, 64)
