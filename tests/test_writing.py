"""What waits to be written: in order, within its time, and after a disk that failed in either way."""

import pytest

from kiosk.rules.messages import Append, Clock, Kind, Moment
from kiosk.writing import LAST_MS, MOST, RETRY_MS, Writing
from tests.books import Books, BooksError


def entry(mono: int, kind: Kind = Kind.EXIT) -> Append:
    return Append(Moment(1, mono, None, Clock.UNSET), kind, {})


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def writing(books: Books) -> Writing:
    return Writing(books, BooksError)


def test_a_record_that_waits_is_due_within_the_company_time(writing: Writing) -> None:
    writing.add(entry(1000))
    writing.add(entry(1050))
    assert writing.due == 1000 + LAST_MS


def test_an_urgent_record_takes_those_that_wait_along_in_their_order(writing: Writing, books: Books) -> None:
    writing.add(entry(1))
    assert writing.commit([entry(2, Kind.GRANTED)], 2, binding=True) == ""
    assert books.written == [entry(1), entry(2, Kind.GRANTED)]


def test_a_signature_is_due_after_an_urgent_record(writing: Writing, books: Books) -> None:
    writing.commit([entry(2)], 2, binding=True)
    assert writing.due == 2 + LAST_MS
    writing.flush(102)
    assert books.signed == 1


def test_decisions_that_follow_each_other_do_not_put_the_signature_off(writing: Writing) -> None:
    writing.commit([entry(0)], 0, binding=True)
    writing.commit([entry(60)], 60, binding=True)
    assert writing.due == LAST_MS


def test_binding_records_that_failed_are_given_up(writing: Writing, books: Books) -> None:
    writing.add(entry(1))
    books.refuses = True
    assert writing.commit([entry(2, Kind.GRANTED)], 2, binding=True) == "The disk takes nothing."
    books.refuses = False
    assert writing.come_back(3) == (1, ())
    assert books.written == [entry(1)]


def test_other_records_that_failed_wait_and_are_written_in_order(writing: Writing, books: Books) -> None:
    books.refuses = True
    writing.commit([entry(1, Kind.FORCED)], 1, binding=False)
    writing.add(entry(2))
    books.refuses = False
    assert writing.come_back(3) == (2, ())
    assert books.written == [entry(1, Kind.FORCED), entry(2)]


def test_a_grant_whose_answer_was_lost_is_said_to_stand(writing: Writing, books: Books) -> None:
    books.loses_answer = True
    writing.commit([entry(1, Kind.GRANTED)], 1, binding=True)
    assert writing.come_back(2) == (0, (entry(1, Kind.GRANTED),))
    assert books.written == [entry(1, Kind.GRANTED)]


def test_waiting_records_whose_answer_was_lost_are_not_written_twice(writing: Writing, books: Books) -> None:
    writing.add(entry(1))
    books.loses_answer = True
    writing.flush(101)
    writing.add(entry(102))
    assert writing.come_back(103) == (1, ())
    assert books.written == [entry(1), entry(102)]


def test_the_first_retry_is_at_once_and_the_next_a_second_later(writing: Writing, books: Books) -> None:
    books.refuses = True
    writing.commit([entry(1)], 1, binding=True)
    assert writing.due == 1
    assert writing.come_back(1) is None
    assert writing.due == 1 + RETRY_MS


def test_what_stood_is_told_even_if_the_first_write_after_it_fails(writing: Writing, books: Books) -> None:
    books.loses_answer = True
    writing.commit([entry(1, Kind.GRANTED)], 1, binding=True)
    writing.add(entry(2))
    books.refuses_after_reopening = 1
    assert writing.come_back(3) is None
    assert writing.come_back(4) == (1, (entry(1, Kind.GRANTED),))


def test_memory_is_bounded_while_nothing_can_be_written(writing: Writing, books: Books) -> None:
    books.refuses = True
    writing.flush(0)
    for mono in range(MOST + 10):
        writing.add(entry(mono))
    books.refuses = False
    assert writing.come_back(0) == (MOST, ())
    assert (writing.forget_dropped(), writing.forget_dropped()) == (10, 0)
