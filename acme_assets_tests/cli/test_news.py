"""What `acme up` tells: each run that ends, each file that is refused, and nothing of what was there before."""

import io

import dagster as dg
import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.cli.service import news
from acme_platform.cli.service.news import News
from acme_platform.day import Days
from acme_platform.runs import Runner

ORDERS = """
    order_id | customer_id | order_date | amount
    101      | 1           | 2024-01-01 | 10.10
"""


@pytest.fixture
def listening(runner: Runner, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> News:
    monkeypatch.setattr(news, "LOOK_SECONDS", 0.0)
    made = News(runner.services, instance)
    made.tell()
    return made


def test_a_run_and_a_refused_file_are_a_line_each_and_told_once(
    runner: Runner, listening: News, capsys: pytest.CaptureFixture[str]
) -> None:
    Pipeline(runner.services).deliver("orders", day(1), ORDERS)
    runner.run(("raw.sales_orders",), days(1))
    runner.services.lake.put("sales/orders/2024-01-02.csv", io.BytesIO(b"a,b\n1,2\n"))
    runner.run(("raw.sales_orders",), days(2))
    capsys.readouterr()

    listening.tell()
    listening.tell()
    said = capsys.readouterr()

    (done,) = said.out.splitlines()
    assert "sales 2024-01-01: done in " in done
    refused, mend, failed = said.err.splitlines()
    assert "refused sales/orders/2024-01-02.csv: its first line names none of the columns" in refused
    assert "acme deliver sales orders FILE --day 2024-01-02" in mend
    assert "sales 2024-01-02: FAILED" in failed
    assert "raw.sales_orders: sales/orders/2024-01-02.csv" in failed


def test_what_was_refused_before_is_no_news(runner: Runner, instance: dg.DagsterInstance) -> None:
    runner.services.lake.put("sales/orders/2024-01-02.csv", io.BytesIO(b"a,b\n1,2\n"))
    runner.run(("raw.sales_orders",), days(2))
    late = News(runner.services, instance)
    late.tell()

    assert list(late._new_refusals()) == []


def days(number: int) -> Days:
    return Days(day(number), day(number))
