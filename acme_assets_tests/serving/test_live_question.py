"""Live views, asked by name as questions are."""

from datetime import date, timedelta

import pytest

from acme_assets_tests.support.origin import Origin, completed_today
from acme_platform.day import today
from acme_platform.errors import UsageError
from acme_platform.serving.question import question

NOW, YESTERDAY = today(), today() - timedelta(days=1)


@pytest.fixture
def filled(origin: Origin) -> Origin:
    return completed_today(origin)


def ask(origin: Origin, part: str, day: date | None = None) -> list[tuple[object, ...]]:
    """Of each row the day and how many orders are open."""
    asked, warehouse = question(f"open_orders_agg_{part}"), origin.services.open_warehouse()
    answer = asked.ask(warehouse, day or asked.newest_day(warehouse), {})
    return list(answer[["day", "order_count"]].itertuples(index=False, name=None))


def test_a_live_view_answers_with_all_the_days_that_it_holds_or_with_one(filled: Origin) -> None:
    assert ask(filled, "today") == [(NOW, 1)]
    assert ask(filled, "history") == [(YESTERDAY, 2)]
    assert ask(filled, "union") == [(YESTERDAY, 2), (NOW, 1)]
    assert ask(filled, "union", NOW) == [(NOW, 1)]


def test_a_day_that_a_view_does_not_hold_is_refused(filled: Origin) -> None:
    before = YESTERDAY - timedelta(days=1)
    with pytest.raises(UsageError, match=f"open_orders_agg_union has no answer of {before}: .* was never filled"):
        ask(filled, "union", before)
    with pytest.raises(UsageError, match="open_orders_agg_history holds no day after yesterday"):
        ask(filled, "history", NOW)
    with pytest.raises(UsageError, match="open_orders_agg_today answers for today only") as refused:
        ask(filled, "today", YESTERDAY)
    assert refused.value.next_step == f"acme query open_orders_agg_history --day {YESTERDAY}"


def test_a_view_that_was_never_made_has_no_answer_and_says_how_it_gets_one(origin: Origin) -> None:
    with pytest.raises(UsageError, match="open_orders_agg_today has no answer yet") as refused:
        ask(origin, "today")
    assert refused.value.next_step.startswith("acme run --select analytics/open_orders_agg --days")
