"""Live views of `acme serve`: pages, files and JSON as of questions, with an age that is true for them."""

from datetime import date, timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp

from acme_assets_tests.support.origin import Origin, completed_today
from acme_assets_tests.support.pipeline import Pipeline
from acme_assets_tests.web.served import got
from acme_assets_tests.web.test_pages import text_of
from acme_platform.day import today
from acme_platform.model.engine import SPARK, all_on
from acme_platform.web.answers import Answers
from acme_platform.web.application import application

NOW, YESTERDAY = today(), today() - timedelta(days=1)
TABLE = "analytics.open_orders_agg"
ORDERS = "staging.operations_orders"


@pytest.fixture
def filled(origin: Origin) -> Origin:
    return completed_today(origin)


@pytest.fixture
def app(filled: Origin) -> ASGIApp:
    return application(Answers(filled.services.open_warehouse()))


def asked(app: ASGIApp, part: str, day: date | None = None) -> dict[str, Any]:
    return got(app, f"/api/questions/open_orders_agg_{part}", **{"day": day} if day else {}).json  # type: ignore[no-any-return]


def built_at(origin: Origin, table: str, day: date) -> str:
    ((at,),) = [one.values() for one in origin.ask(
        f"select built_at from ledger.builds where table_name = '{table}' and day = '{day}'"  # noqa: S608  # ours
    )]  # fmt: skip
    return str(at.isoformat())


def test_a_view_of_today_is_as_old_as_what_it_reads(app: ASGIApp, filled: Origin) -> None:
    told = asked(app, "today")
    assert [row["order_count"] for row in told["rows"]] == [1]
    assert (told["day"], told["age"]["newest_day"]) == (None, str(NOW))
    assert told["age"]["filled_at"] == built_at(filled, ORDERS, NOW)
    assert f"key_unique on {ORDERS}" in told["age"]["unjudged"]
    Pipeline(filled.services).check(ORDERS, NOW)
    assert asked(app, "today")["age"]["is_trusted"] is True
    with all_on(SPARK):
        # its view there holds the newest filled answers
        assert asked(app, "today")["age"]["filled_at"] == built_at(filled, TABLE, YESTERDAY)


def test_a_view_of_the_past_is_as_old_as_the_days_that_it_holds(app: ASGIApp, filled: Origin) -> None:
    told = asked(app, "history")
    assert [row["day"] for row in told["rows"]] == [str(YESTERDAY)]
    assert told["age"]["filled_at"] == built_at(filled, TABLE, YESTERDAY)
    assert told["age"]["newest_day"] == str(YESTERDAY)
    assert told["age"]["unjudged"] != []
    Pipeline(filled.services).check(TABLE, YESTERDAY)
    assert asked(app, "history")["age"]["is_trusted"] is True
    filled.fill(YESTERDAY - timedelta(days=1), "run 3")
    assert asked(app, "history")["age"]["is_trusted"] is False


def test_a_view_of_both_is_as_old_as_the_newest_of_either_and_red_by_either(app: ASGIApp, filled: Origin) -> None:
    told = asked(app, "union")
    assert [(row["day"], row["order_count"]) for row in told["rows"]] == [(str(YESTERDAY), 2), (str(NOW), 1)]
    assert told["age"]["filled_at"] == built_at(filled, ORDERS, NOW)
    pipeline = Pipeline(filled.services)
    pipeline.check(ORDERS, NOW)
    pipeline.change("update analytics.open_orders_agg set order_count = 70")
    pipeline.check(TABLE, YESTERDAY)
    assert asked(app, "union")["age"]["red"] != []
    assert asked(app, "union", NOW)["age"]["is_trusted"] is True


def test_pages_name_them_and_say_of_which_days_they_are(app: ASGIApp) -> None:
    home = text_of(got(app, "/").text)
    assert f"open_orders_agg_today The answers of {TABLE}, as it stands this moment, of today." in home
    assert f"Of today, {NOW}, as it stands this moment; what it reads is of {NOW}, filled last" in home
    assert f"As of {YESTERDAY}, filled" in home
    page = got(app, "/questions/open_orders_agg_union").text
    assert f"Of the filled days {YESTERDAY}, and today, {NOW}, as it stands this moment" in text_of(page)
    assert 'href="/questions/open_orders_agg_union">Link to this answer' in page


def test_files_hold_all_days_or_one_and_a_day_that_it_does_not_hold_is_not_found(app: ASGIApp) -> None:
    whole = got(app, "/questions/open_orders_agg_union.csv")
    assert whole.text.count("\n") == 3
    assert whole.headers["content-disposition"] == 'attachment; filename="open_orders_agg_union.csv"'
    one = got(app, "/questions/open_orders_agg_union.csv", day=NOW)
    assert one.text.count("\n") == 2
    assert one.headers["content-disposition"] == f'attachment; filename="open_orders_agg_union_{NOW}.csv"'
    page = got(app, "/questions/open_orders_agg_today", day=YESTERDAY)
    assert page.status == 404
    assert "open_orders_agg_today answers for today only" in page.text
    assert got(app, "/questions/open_orders_agg_today", a=1).status == 400


def test_a_view_without_a_day_before_today_has_no_answer(origin: Origin) -> None:
    """An empty table would say that there was nothing."""
    origin.order(1, f"{NOW} 00:00", due="2024-02-01")
    origin.fill(NOW, "run 1")
    app = application(Answers(origin.services.open_warehouse()))
    page = got(app, "/questions/open_orders_agg_history")
    assert page.status == 404
    assert "open_orders_agg_history has no answer yet: it holds no filled day" in page.text
    assert got(app, "/questions/open_orders_agg_union").status == 200
