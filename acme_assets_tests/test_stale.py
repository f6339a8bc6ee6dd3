"""Staleness: which days are work, from drawn ledgers.

A ledger is drawn as the builds in the order in which they happened, each by what it does in the platform: `built` reads
what is there at that moment. `work` is drawn as lines `days: tables`.
"""

from datetime import date

import pytest

from acme_assets import catalog, ledger, verdict
from acme_assets.services import Services
from acme_assets.stale import Work, reason, work
from acme_assets.verdict import MUST, SHOULD, Verdict
from acme_assets_tests.pipeline import FEED, RUN, day

SHORT = {
    "customers": "staging.sales_customers",
    "orders": "staging.sales_orders",
    "raw_customers": "raw.sales_customers",
    "raw_orders": "raw.sales_orders",
    "answers": "analytics.customer_orders",
    "countries": "analytics.sales_by_country",
    "top": "analytics.top_paying_customers",
    "redis": "cache.country",
}
WHOLE = "raw_customers raw_orders customers orders answers countries top redis"
FOLLOWS = "answers countries top redis"
#: orders wait to be staged, and nothing else is missing
DELIVERED = "raw_customers customers raw_orders"


@pytest.fixture
def book(services: Services) -> "Book":
    return Book(services)


class Book:
    """A ledger that a test writes, and the work it stands for."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def built(self, drawing: str) -> None:
        """Lines `days: tables`; each table is built after the one before it, day by day."""
        with self.services.warehouse.transaction("test") as at:
            for line in drawing.strip().splitlines():
                days, names = line.split(":")
                for name in names.split():
                    table = catalog.table(SHORT[name])
                    for number in numbers(days):
                        seen = ledger.newest_changes(at, table, day(number))
                        ledger.built(at, table.full_name, day(number), rows=1, run_id=RUN, seen=seen)

    def red(self, name: str, number: int, severity: str = MUST, *, rows: int = 1) -> None:
        with self.services.warehouse.transaction("test") as at:
            verdict.record(at, Verdict(SHORT[name], day(number), "a_check", severity, rows, []), RUN)

    def elapse(self, seconds: int) -> None:
        """As if failures had been that much longer ago."""
        with self.services.warehouse.transaction("test") as at:
            at.execute("update ledger.failures set failed_at = failed_at - make_interval(secs => %s)", (seconds,))

    def work(self, longest: int | None = None) -> list[Work]:
        with self.services.warehouse.transaction("test") as at:
            return work(at, FEED, longest)

    def reasons(self) -> dict[date, int]:
        """First day of each work -> its reason."""
        with self.services.warehouse.transaction("test") as at:
            return {one.days.first: reason(at, one) for one in work(at, FEED)}

    def expect(self, drawing: str, longest: int | None = None) -> None:
        """Lines `days: tables`, nothing where nothing is to be done."""
        names = {full_name: short for short, full_name in SHORT.items()}
        found = [f"{span(one)}: {' '.join(names[name] for name in one.tables)}" for one in self.work(longest)]
        assert found == [line.strip() for line in drawing.strip().splitlines()]


def numbers(days: str) -> range:
    first, _, last = days.strip().partition("..")
    return range(int(first), int(last or first) + 1)


def span(one: Work) -> str:
    def number(found: date) -> str:
        assert (found.year, found.month) == (2024, 1)
        return str(found.day)

    return "..".join(dict.fromkeys((number(one.days.first), number(one.days.last))))


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
