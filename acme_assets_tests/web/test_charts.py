"""Charts of `acme serve`: drawn in the page where the answer can be, within bounds, and nothing of them runs."""

import re
import threading

import pytest
from starlette.types import ASGIApp

from acme_assets_tests.support.pipeline import Pipeline
from acme_assets_tests.web.served import BIG, Served, got
from acme_assets_tests.web.test_pages import text_of
from acme_platform.rendering import drawing
from acme_platform.web import charts
from acme_platform.web.answers import Answers
from acme_platform.web.application import application


@pytest.fixture
def app(sales: Pipeline) -> ASGIApp:
    return application(Answers(sales.services.open_warehouse()))


def picture(page: str) -> str:
    return "".join(re.findall("<figure.*?</figure>", page, re.DOTALL))


def test_an_answer_that_can_be_drawn_is_drawn_beside_its_table(served: Served) -> None:
    page = served.get("/questions/top_paying_customers")
    assert "Ann, the 1st" in text_of(picture(page.text))
    assert "order_amount" in text_of(picture(page.text))
    assert "style=" not in page.text
    assert "style-src 'self'" in page.headers["content-security-policy"]


def test_what_was_delivered_is_text_in_it(served: Served) -> None:
    drawn = picture(served.get("/questions/country_spenders", country="Norway").text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in drawn
    assert "<script" not in drawn


def test_where_the_packages_are_missing_the_page_says_how_to_get_them(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "can_draw", lambda: False)
    page = got(app, "/questions/top_paying_customers").text
    assert f"No chart: {drawing.MISSING}; {drawing.INSTALL}" in text_of(page)
    assert (picture(page), "<table>" in page) == ("", True)


def test_a_long_answer_is_not_drawn_and_the_page_says_what_draws_it(
    app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is cut, and what has more points than a chart may have."""
    says = "No chart: the answer is too long for one here; acme query {} --chart FILE.svg"
    page = got(app, "/questions/customer_orders", day=BIG).text
    assert (picture(page), says.format("customer_orders") in text_of(page)) == ("", True)
    monkeypatch.setattr(charts, "MOST_MARKS", 1)
    page = got(app, "/questions/top_paying_customers").text
    assert (picture(page), says.format("top_paying_customers") in text_of(page)) == ("", True)


def test_an_answer_without_rows_has_neither_chart_nor_excuse(app: ASGIApp) -> None:
    page = got(app, "/questions/country_spenders", country="Nowhere").text
    assert (picture(page), "No chart" in page) == ("", False)


def test_whoever_waits_too_long_for_the_pen_gets_the_table(app: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "TURN_SECONDS", 0.01)
    monkeypatch.setattr(charts, "_turn", threading.Lock())
    with charts._turn:  # somebody else draws
        page = got(app, "/questions/top_paying_customers").text
    assert "No chart just now: others are being drawn" in text_of(page)
    assert "Ann, the 1st" in text_of(page)
