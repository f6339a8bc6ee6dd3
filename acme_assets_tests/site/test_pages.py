"""The pages of `acme docs`: what they say, and that they need nothing but each other."""

import html
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from acme_assets_tests.cli.conftest import Acme
from acme_platform.registry import catalog
from acme_platform.serving.question import questions

from .conftest import SCRIPT


class Found(HTMLParser):
    """Links, what is loaded, places that can be linked to, and the text that a person reads."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links, self.loads, self.ids, self.text = list[str](), list[str](), set[str](), ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        if tag == "a":
            self.links.append(given["href"])
        self.loads += [given[name] for name in ("src", "srcset", "xlink:href", "data") if name in given]
        if tag == "link":
            self.loads.append(given["href"])

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def text_of(page: Path) -> str:
    """What stands apart is told apart by single blanks."""
    return " ".join(Found(page).text.split())


def test_the_pages_need_nothing_but_each_other_and_take_data_for_text(pages: Path, tmp_path: Path) -> None:
    """One look at all of them: filling a platform takes longer than reading its pages."""
    found = {page.name: Found(page) for page in pages.glob("*.html")}
    expected = {f"table-{name}.html" for name in catalog.tables()} | {f"question-{name}.html" for name in questions()}

    assert found.keys() >= expected | {f"feed-{name}.html" for name in catalog.feeds()} | {"index.html"}
    assert {loaded for one in found.values() for loaded in one.loads} == {"data:,", "style.css", "search.js"}
    assert [link for one in found.values() for link in one.links if not _leads_somewhere(link, found)] == []
    for page in pages.iterdir():
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(href|src)=.?https?:|url\(|@import|fetch\(", text), page.name
        assert not any(secret in text for secret in (str(tmp_path), *_addresses())), page.name
        assert "<script>alert" not in text, page.name
    answer = pages / "question-top_paying_customers.html"
    assert text_of(answer).count(SCRIPT) == 2, "in the table and in the picture"
    assert html.escape("Bob & Co") in answer.read_text(encoding="utf-8")


def _addresses() -> list[str]:
    """Of the servers, with their passwords."""
    urls = [urlsplit(os.environ[name]) for name in ("ACME_WAREHOUSE_URL", "ACME_REDIS_URL")]
    return [part for url in urls for part in (url.netloc, url.password) if part]


def _leads_somewhere(link: str, found: dict[str, Found]) -> bool:
    page, _, place = unquote(link).partition("#")
    return page in found and (not place or place in found[page].ids)


def test_a_page_says_what_a_table_is_where_its_columns_come_from_and_how_it_stands(pages: Path) -> None:
    """Norway's Bob ordered for 15.10, and one of three orders of 1 January cannot be read."""
    orders = text_of(pages / "table-staging.sales_orders.html")
    answers = text_of(pages / "table-analytics.customer_orders.html")

    assert "One row is one version of an order" in orders
    assert "owner team:sales newest day 2024-01-02, 1 row; 2 days in all" in orders
    assert "in time (something new every day by 08:00 UTC)" in orders
    assert "amount numeric(14,2) what the order cost raw.sales_orders.amount analytics.customer_orders" in orders
    assert "amount is not a number of at most 14 digits, 2 of them decimals 1 1 2024-01-01" in orders
    assert "customer_orders_sum_to_staged_orders must passed 2024-01-02 0" in answers
    assert "sales_orders_not_from_the_future should never looked" in orders
    assert "day rows 2024-01-02 2 2024-01-01 2" in answers
    assert "asked by country_spenders , customer_orders" in answers
    assert "newest day never filled" in text_of(pages / "table-analytics.top_products.html")
    assert "No answer: top_products has no answer yet" in text_of(pages / "question-top_products.html")


def test_pages_are_written_anew_and_never_over_what_somebody_else_put_there(
    acme: Acme, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time without the packages for pictures, which is said, and the numbers are there."""
    assert "<figure>" in (pages / "table-analytics.customer_orders.html").read_text(encoding="utf-8")
    monkeypatch.setattr("acme_platform.rendering.drawing.can_draw", lambda: False)
    before = (pages / "index.html").stat().st_ino
    again = acme("docs", "--to", pages)
    assert (again.code, "5 feeds, 59 tables, 21 questions" in again.out) == (0, True)
    assert "without pictures: altair and vl-convert-python are not installed" in again.err
    without = (pages / "table-analytics.customer_orders.html").read_text(encoding="utf-8")
    assert ("<figure>" in without, "<details open>" in without) == (False, True)
    assert (pages / "index.html").stat().st_ino != before
    assert [path.name for path in pages.parent.iterdir() if path.name.startswith(".docs")] == []

    (pages / "CNAME").write_text("docs.acme.example")
    refused = acme("docs", "--to", pages)

    assert refused.code == 2
    assert "holds what acme docs did not write: CNAME" in refused.err
    assert (pages / "CNAME").is_file()
    assert (pages / "index.html").is_file()


@pytest.mark.parametrize("name", ["notes", "notes/mine.txt"])
def test_a_foreign_folder_and_a_file_are_refused_before_any_server_starts(
    acme: Acme, home: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")

    refused = acme("docs", "--to", tmp_path / name)

    assert refused.code == 2
    assert "mine.txt" in refused.err
    assert "next: name a" in refused.err
    assert (tmp_path / "notes" / "mine.txt").read_text() == "mine"
    assert not home.exists()
