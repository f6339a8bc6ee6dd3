"""Pages of `acme serve`: a question's answer is the one of `acme query`, its age is said, and nothing of it runs."""

import re

import pytest

from acme_assets_tests.web.served import BIG, NEWEST, RED, Served
from acme_platform.serving.question import questions


def text_of(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())


def test_the_first_page_names_every_question_and_says_how_old_its_answer_is(served: Served) -> None:
    page = served.get("/")

    assert page.status == 200
    for name in questions():
        assert f'href="/questions/{name}"' in page.text
    assert "country_spenders Amount spent per customer of a country" in text_of(page.text)
    assert re.search(rf"As of {NEWEST}, filled .+ UTC \(.+\). Checks: all passed", text_of(page.text))
    assert "No answer yet: nothing of analytics.top_dates was filled." in text_of(page.text)


def test_an_answer_is_a_table_with_every_digit(served: Served) -> None:
    page = text_of(served.get("/questions/top_paying_customers").text)
    assert "2 rows." in page
    assert "place customer_id customer_name order_amount 1 1 Ann, the 1st 1000000.05 2 2" in page


def test_what_was_delivered_is_text_and_no_part_of_the_page(served: Served) -> None:
    page = served.get("/questions/country_spenders", country="Norway").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    "value", ['"><script>alert(2)</script>', "'; drop table analytics.customer_orders; --", "{{ 7*7 }}"]
)
def test_a_parameter_is_a_value_and_nothing_else(served: Served, value: str) -> None:
    page = served.get("/questions/country_spenders", country=value)
    assert page.status == 200
    assert "The day was filled, and no row answers this" in text_of(page.text)
    assert "<script" not in page.text
    assert "49" not in text_of(page.text).partition("for")[2][:20]
    assert served.get("/api/questions/customer_orders").json["row_count"] == 3


def test_the_link_asks_for_the_day_that_is_seen(served: Served) -> None:
    page = served.get("/questions/country_spenders", country="Norway").text
    (link,) = re.findall(r'href="([^"]+)">Link to this answer', page)
    assert link == f"/questions/country_spenders?country=Norway&amp;day={NEWEST}"
    assert text_of(served.get(link.replace("&amp;", "&")).text) == text_of(page)


def test_a_red_check_and_a_missing_verdict_are_said(served: Served) -> None:
    red = text_of(served.get("/questions/customer_orders", day=str(RED)).text)
    assert "Checks: red: customer_orders_sum_to_staged_orders on analytics.customer_orders" in red
    assert f"The newest filled day is {NEWEST}" in red
    assert "Checks: no verdict yet of" in text_of(served.get("/questions/customer_orders", day=str(BIG)).text)


def test_a_long_answer_says_how_many_rows_there_are(served: Served) -> None:
    page = served.get("/questions/customer_orders", day=str(BIG)).text
    assert "The first 10,000 of 123,456 rows; the CSV file has all." in text_of(page)
    assert page.count("<tr>") == 10_001


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/questions/country_spender", 404, "there is no question 'country_spender'"),
        ("/questions/country_spenders?land=Norway", 400, "country_spenders has no parameter land"),
        ("/questions/country_spenders?country=a&country=b", 400, "country is given more than once"),
        ("/questions/country_spenders?country=%00", 400, "the value of country holds a character 0"),
        ("/questions/country_spenders?day=2024-13-01", 400, "'2024-13-01' is not a day"),
        ("/questions/customer_orders?day=2024-01-09", 404, "analytics.customer_orders of that day was never filled"),
        ("/questions/top_dates", 404, "top_dates has no answer yet: nothing of analytics.top_dates was built"),
        ("/nothing", 404, "there is no such page"),
        ("/static/..%2fserver.py", 404, "there is no such page"),
        ("/questions/..%2f..%2fetc", 404, "there is no"),
    ],
)
def test_what_has_no_answer_says_why_and_what_to_do(served: Served, path: str, status: int, says: str) -> None:
    """In the browser, and where there is an interface, for programs."""
    page = served.get(path)
    said = text_of(page.text).replace("&#39;", "'")
    assert (page.status, says in said, "Next: " in said) == (status, True, True)
    if path.startswith("/questions/"):
        told = served.get(f"/api{path}")
        assert told.status == status
        assert says in told.json["error"] or "%2f" in path
        assert told.json["next"]
