"""Staleness: which days are work, from drawn ledgers (`book.py`)."""

import pytest

from acme_assets_tests.support.book import DELIVERED, FOLLOWS, WHOLE, Book
from acme_assets_tests.support.pipeline import day
from acme_platform.ledger.check_results import MUST, SHOULD
from acme_platform.services import Services


@pytest.fixture
def book(services: Services) -> Book:
    return Book(services)


def test_an_empty_ledger_is_no_work(book: Book) -> None:
    book.expect("")


def test_what_was_built_in_order_is_no_work(book: Book) -> None:
    book.built(f"1..4: {WHOLE}")
    book.expect("")


def test_days_may_come_in_any_order_when_what_follows_is_built_after_them(book: Book) -> None:
    book.built(f"3..4: {WHOLE}")
    book.built(f"1..2: {WHOLE}")
    book.expect(f"3..4: {FOLLOWS}")
    book.built(f"3..4: {FOLLOWS}")
    book.expect("")


def test_a_corrected_day_is_filled_again_in_staging_first_and_nothing_else_there(book: Book) -> None:
    """What is stale behind it is found when this is asked again: else a year of staging would be filled for one day."""
    book.built(f"1..4: {WHOLE}")
    book.built("2: raw_orders")
    book.expect(f"2: orders {FOLLOWS}")


def test_a_corrected_day_of_staging_makes_that_day_and_all_later_answers_stale(book: Book) -> None:
    book.built(f"1..5: {WHOLE}")
    book.built("3: raw_orders orders")
    book.expect(f"3..5: {FOLLOWS}")


def test_later_answers_follow_in_one_range_after_the_day_itself_was_done(book: Book) -> None:
    book.built(f"1..5: {WHOLE}")
    book.built(f"3: raw_orders orders {FOLLOWS}")
    book.expect(f"4..5: {FOLLOWS}")


def test_only_days_that_were_built_before_are_refreshed_behind_a_correction(book: Book) -> None:
    book.built(f"1..3: {WHOLE}")
    book.built(f"20: {WHOLE}")
    book.built(f"2: raw_orders orders {FOLLOWS}")
    book.expect(
        f"""
        3: {FOLLOWS}
        20: {FOLLOWS}
        """
    )


def test_the_cache_follows_a_rebuilt_answer_of_the_newest_day_only(book: Book) -> None:
    book.built(f"1..3: {WHOLE}")
    book.built("2: countries")
    book.expect("")
    book.built("3: countries")
    book.expect("3: redis")


def test_siblings_that_are_up_to_date_are_left_alone(book: Book) -> None:
    book.built("1..2: raw_customers raw_orders customers orders answers top")
    book.expect("1..2: countries redis")


def test_a_cache_that_lacks_every_day_is_filled_with_the_newest_one(book: Book) -> None:
    book.built("1..3: raw_customers raw_orders customers orders answers countries top")
    book.expect("3: redis")


def test_a_click_on_one_table_of_raw_is_followed_by_its_own_staging_only(book: Book) -> None:
    book.built(f"1: {WHOLE}")
    book.built("2: raw_orders")
    book.expect("2: orders")


def test_a_refused_day_that_raw_lacks_is_no_work_and_those_around_it_are(book: Book) -> None:
    book.built("1..4: raw_customers")
    book.built("1: raw_orders")
    book.built("3..4: raw_orders")
    book.built("1..4: customers")
    book.expect(
        f"""
        1: orders {FOLLOWS}
        3..4: orders {FOLLOWS}
        """
    )


def test_long_work_is_cut(book: Book) -> None:
    book.built(f"1..10: {DELIVERED}")
    book.expect(f"1..4: orders {FOLLOWS}\n5..8: orders {FOLLOWS}\n9..10: orders {FOLLOWS}", longest=4)


def test_a_red_must_of_raw_blocks_its_day_and_no_other(book: Book) -> None:
    book.built(f"1..3: {DELIVERED}")
    book.red("raw_orders", 2)
    book.expect(
        f"""
        1: orders {FOLLOWS}
        3: orders {FOLLOWS}
        """
    )


def test_a_red_must_of_staging_blocks_every_answer_from_its_day_on(book: Book) -> None:
    """An answer as of day 4 reads the versions of day 3."""
    book.built("1..5: raw_customers raw_orders customers orders")
    book.red("orders", 3)
    book.expect(f"1..2: {FOLLOWS}")


def test_a_red_must_of_an_answer_blocks_what_reads_the_same_day(book: Book) -> None:
    book.built("1..3: raw_customers raw_orders customers orders answers")
    book.red("answers", 2)
    book.expect(
        """
        1: countries top redis
        3: countries top redis
        """
    )


@pytest.mark.parametrize(("severity", "rows"), [(SHOULD, 5), (MUST, 0)])
def test_a_broken_should_and_a_green_must_block_nothing(book: Book, severity: str, rows: int) -> None:
    book.built(f"1: {DELIVERED}")
    book.red("raw_orders", 1, severity, rows=rows)
    book.expect(f"1: orders {FOLLOWS}")


def test_a_build_forgets_what_was_checked_before_it(book: Book) -> None:
    book.built(f"1: {DELIVERED}")
    book.red("raw_orders", 1)
    book.expect("")
    book.built(f"1: {DELIVERED}")
    book.expect(f"1: orders {FOLLOWS}")


def test_the_same_work_after_a_change_of_what_it_reads_is_other_work(book: Book) -> None:
    """So that a refresh given up after three failures is tried again when something was mended."""
    book.built("1: raw_orders")
    before = book.reasons()
    assert book.reasons() == before
    book.built("2: raw_customers")
    assert book.reasons()[day(1)] == before[day(1)]
    book.built("1: raw_orders")
    assert book.reasons()[day(1)] > before[day(1)]


def test_around_a_refused_file_a_day_waits_until_everything_it_reads_is_there(book: Book) -> None:
    """Given customers of three days, and orders of the first and the last: the orders of day 2 were refused."""
    book.built("1..3: raw_customers")
    book.built("1: raw_orders")
    book.built("3: raw_orders")
    book.expect(
        f"""
        1: customers orders {FOLLOWS}
        2: customers
        3: customers orders {FOLLOWS}
        """
    )
