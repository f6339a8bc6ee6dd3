"""Staleness: which days are work, from drawn ledgers (`ledger.py`)."""

import pytest

from acme_assets_tests.support.drawn_ledger import DELIVERED, FOLLOWS, WHOLE, DrawnLedger
from acme_assets_tests.support.pipeline import day
from acme_platform.ledger.check_results import MUST, SHOULD
from acme_platform.services import Services


@pytest.fixture
def ledger(services: Services) -> DrawnLedger:
    return DrawnLedger(services)


def test_an_empty_ledger_is_no_work(ledger: DrawnLedger) -> None:
    ledger.expect("")


def test_what_was_built_in_order_is_no_work(ledger: DrawnLedger) -> None:
    ledger.built(f"1..4: {WHOLE}")
    ledger.expect("")


def test_days_may_come_in_any_order_when_what_follows_is_built_after_them(ledger: DrawnLedger) -> None:
    ledger.built(f"3..4: {WHOLE}")
    ledger.built(f"1..2: {WHOLE}")
    ledger.expect(f"3..4: {FOLLOWS}")
    ledger.built(f"3..4: {FOLLOWS}")
    ledger.expect("")


def test_a_corrected_day_is_filled_again_in_staging_first_and_nothing_else_there(ledger: DrawnLedger) -> None:
    """What is stale behind it is found when this is asked again: else a year of staging would be filled for one day."""
    ledger.built(f"1..4: {WHOLE}")
    ledger.built("2: raw_orders")
    ledger.expect(f"2: orders {FOLLOWS}")


def test_a_corrected_day_of_staging_makes_that_day_and_all_later_answers_stale(ledger: DrawnLedger) -> None:
    ledger.built(f"1..5: {WHOLE}")
    ledger.built("3: raw_orders orders")
    ledger.expect(f"3..5: {FOLLOWS}")


def test_later_answers_follow_in_one_range_after_the_day_itself_was_done(ledger: DrawnLedger) -> None:
    ledger.built(f"1..5: {WHOLE}")
    ledger.built(f"3: raw_orders orders {FOLLOWS}")
    ledger.expect(f"4..5: {FOLLOWS}")


def test_only_days_that_were_built_before_are_refreshed_behind_a_correction(ledger: DrawnLedger) -> None:
    ledger.built(f"1..3: {WHOLE}")
    ledger.built(f"20: {WHOLE}")
    ledger.built(f"2: raw_orders orders {FOLLOWS}")
    ledger.expect(
        f"""
        3: {FOLLOWS}
        20: {FOLLOWS}
        """
    )


def test_the_cache_follows_a_rebuilt_answer_of_the_newest_day_only(ledger: DrawnLedger) -> None:
    ledger.built(f"1..3: {WHOLE}")
    ledger.built("2: countries")
    ledger.expect("")
    ledger.built("3: countries")
    ledger.expect("3: redis")


def test_siblings_that_are_up_to_date_are_left_alone(ledger: DrawnLedger) -> None:
    ledger.built("1..2: raw_customers raw_orders customers orders answers top")
    ledger.expect("1..2: countries redis")


def test_a_cache_that_lacks_every_day_is_filled_with_the_newest_one(ledger: DrawnLedger) -> None:
    ledger.built("1..3: raw_customers raw_orders customers orders answers countries top")
    ledger.expect("3: redis")


def test_a_click_on_one_table_of_raw_is_followed_by_its_own_staging_only(ledger: DrawnLedger) -> None:
    ledger.built(f"1: {WHOLE}")
    ledger.built("2: raw_orders")
    ledger.expect("2: orders")


def test_a_refused_day_that_raw_lacks_is_no_work_and_those_around_it_are(ledger: DrawnLedger) -> None:
    ledger.built("1..4: raw_customers")
    ledger.built("1: raw_orders")
    ledger.built("3..4: raw_orders")
    ledger.built("1..4: customers")
    ledger.expect(
        f"""
        1: orders {FOLLOWS}
        3..4: orders {FOLLOWS}
        """
    )


def test_long_work_is_cut(ledger: DrawnLedger) -> None:
    ledger.built(f"1..10: {DELIVERED}")
    ledger.expect(f"1..4: orders {FOLLOWS}\n5..8: orders {FOLLOWS}\n9..10: orders {FOLLOWS}", longest=4)


def test_a_red_must_of_raw_blocks_its_day_and_no_other(ledger: DrawnLedger) -> None:
    ledger.built(f"1..3: {DELIVERED}")
    ledger.red("raw_orders", 2)
    ledger.expect(
        f"""
        1: orders {FOLLOWS}
        3: orders {FOLLOWS}
        """
    )


def test_a_red_must_of_staging_blocks_every_answer_from_its_day_on(ledger: DrawnLedger) -> None:
    """An answer as of day 4 reads the versions of day 3."""
    ledger.built("1..5: raw_customers raw_orders customers orders")
    ledger.red("orders", 3)
    ledger.expect(f"1..2: {FOLLOWS}")


def test_a_red_must_of_an_answer_blocks_what_reads_the_same_day(ledger: DrawnLedger) -> None:
    ledger.built("1..3: raw_customers raw_orders customers orders answers")
    ledger.red("answers", 2)
    ledger.expect(
        """
        1: countries top redis
        3: countries top redis
        """
    )


@pytest.mark.parametrize(("severity", "rows"), [(SHOULD, 5), (MUST, 0)])
def test_a_broken_should_and_a_green_must_block_nothing(ledger: DrawnLedger, severity: str, rows: int) -> None:
    ledger.built(f"1: {DELIVERED}")
    ledger.red("raw_orders", 1, severity, rows=rows)
    ledger.expect(f"1: orders {FOLLOWS}")


def test_a_build_forgets_what_was_checked_before_it(ledger: DrawnLedger) -> None:
    ledger.built(f"1: {DELIVERED}")
    ledger.red("raw_orders", 1)
    ledger.expect("")
    ledger.built(f"1: {DELIVERED}")
    ledger.expect(f"1: orders {FOLLOWS}")


def test_the_same_work_after_a_change_of_what_it_reads_is_other_work(ledger: DrawnLedger) -> None:
    """So that a refresh given up after three failures is tried again when something was mended."""
    ledger.built("1: raw_orders")
    before = ledger.reasons()
    assert ledger.reasons() == before
    ledger.built("2: raw_customers")
    assert ledger.reasons()[day(1)] == before[day(1)]
    ledger.built("1: raw_orders")
    assert ledger.reasons()[day(1)] > before[day(1)]


def test_around_a_refused_file_a_day_waits_until_everything_it_reads_is_there(ledger: DrawnLedger) -> None:
    """Given customers of three days, and orders of the first and the last: the orders of day 2 were refused."""
    ledger.built("1..3: raw_customers")
    ledger.built("1: raw_orders")
    ledger.built("3: raw_orders")
    ledger.expect(
        f"""
        1: customers orders {FOLLOWS}
        2: customers
        3: customers orders {FOLLOWS}
        """
    )
