"""The next command is one that helps: none that fills a day of which nothing came, and none that nobody types."""

import io

import pytest

from acme_assets_tests.cli.conftest import Acme
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.cli.terminal.console import complain
from acme_platform.config.settings import Settings
from acme_platform.errors import RefusedFile, TryAgain
from acme_platform.services import Services

CUSTOMERS = """
    customer_id | customer_name | country
    1           | Ann           | USA
"""
ORDERS = """
    order_id | customer_id | order_date | amount
    101      | 1           | 2024-01-01 | 10.10
"""


@pytest.fixture
def pipeline(servers_of_the_tests: None) -> Pipeline:  # noqa: ARG001 (sets the environment)
    """Customers and orders of 1 January are answered."""
    made = Pipeline(Services(Settings.from_env()))
    made.deliver("customers", day(1), CUSTOMERS)
    made.deliver("orders", day(1), ORDERS)
    made.fill(day(1))
    return made


def test_a_question_about_a_day_of_which_nothing_came_names_the_delivery(acme: Acme, pipeline: Pipeline) -> None:
    del pipeline
    answer = acme("query", "customer_orders", "--day", "2024-01-02")

    assert answer.code == 2
    assert "ask as of 2024-01-01" in answer.err
    assert "acme deliver sales customers FILE --day 2024-01-02" in answer.err
    assert "acme run" not in answer.err


def test_a_question_about_a_day_whose_file_was_refused_names_its_delivery(acme: Acme, pipeline: Pipeline) -> None:
    pipeline.deliver("customers", day(2), CUSTOMERS)
    pipeline.services.lake.put("sales/orders/2024-01-02.csv", io.BytesIO(b"a,b\n1,2\n"))
    with pytest.raises(RefusedFile):
        pipeline.fill(day(2), layers=("raw",))
    answer = acme("query", "customer_orders", "--day", "2024-01-02")

    assert "acme deliver sales orders FILE --day 2024-01-02" in answer.err
    assert "acme run" not in answer.err


def test_a_question_about_a_day_that_was_loaded_and_not_answered_names_the_run(acme: Acme, pipeline: Pipeline) -> None:
    pipeline.deliver("customers", day(2), CUSTOMERS)
    pipeline.deliver("orders", day(2), ORDERS)
    pipeline.fill(day(2), layers=("raw",))
    answer = acme("query", "customer_orders", "--day", "2024-01-02")

    assert "next: acme run --days 2024-01-02" in answer.err
    assert "acme deliver" not in answer.err


def test_a_red_feed_names_its_command(acme: Acme, pipeline: Pipeline) -> None:
    pipeline.services.lake.put("sales/orders/2024-01-02.csv", io.BytesIO(b"a,b\n1,2\n"))
    with pytest.raises(RefusedFile):
        pipeline.fill(day(2), layers=("raw",))
    answer = acme("status")

    assert "raw.sales_orders of 2024-01-02: sales/orders/2024-01-02.csv: its first line names none" in answer.err
    assert "next: acme deliver sales orders FILE --day 2024-01-02" in answer.err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TryAgain("the lake went away"), "type the command again"),
        (TryAgain("Redis was not ready", "acme doctor"), "acme doctor"),
    ],
)
def test_nobody_is_told_that_a_command_is_tried_again(
    capsys: pytest.CaptureFixture[str], error: TryAgain, said: str
) -> None:
    complain(error)

    assert capsys.readouterr().err == f"{error.message}\n  next: {said}\n"


@pytest.mark.usefixtures("home")
def test_a_server_that_does_not_answer_is_not_tried_again(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WAREHOUSE", "DAGSTER"):
        monkeypatch.setenv(f"ACME_{name}_URL", "postgresql://anna@127.0.0.1:1/warehouse")
    monkeypatch.setenv("ACME_REDIS_URL", "redis://127.0.0.1:1/0")
    answer = acme("query", "top_dates")

    assert answer.code == 1
    assert "again" not in answer.err
    assert "next: acme doctor" in answer.err
