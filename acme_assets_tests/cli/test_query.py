"""`acme query`: answers on the terminal, in a pipe and in a file."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from acme_assets.company import COMPANY
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.serving.live_question import PARTS

from .conftest import Acme

CUSTOMERS = """
    customer_id | customer_name | country
    1           | Ann, the 1st  | USA
    2           | Bob           | Norway
    3           | Eve           | Norway
"""
ORDERS = """
    order_id | customer_id | order_date | amount
    101      | 2           | 2024-01-01 | 10.10
    102      | 2           | 2024-01-01 | 0.20
    103      | 1           | 2024-01-01 | 1000000.05
"""
LATER = """
    order_id | customer_id | order_date | amount
    201      | 3           | 2024-01-02 | 5.00
"""


@pytest.fixture
def filled(servers_of_the_tests: None) -> Iterator[Pipeline]:  # noqa: ARG001 (sets the environment)
    """Three customers and three orders on 1 January, one order more on 2 January."""
    services = Services(Settings.from_env())
    pipeline = Pipeline(services)
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.deliver("orders", day(2), LATER)
    pipeline.fill(day(1), day(2))
    yield pipeline
    services.open_warehouse().close()
    services.open_redis().close()


@pytest.mark.usefixtures("filled")
def test_an_answer_in_a_pipe_is_a_plain_aligned_table_as_of_the_newest_day(acme: Acme) -> None:
    answer = acme("query", "country_spenders", "--param", "country=Norway")

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        "country_spenders as of 2024-01-02",
        "customer_id  customer_name  order_amount",
        "          2  Bob                   10.30",
        "          3  Eve                    5.00",
    ]


@pytest.mark.usefixtures("filled")
def test_a_parameter_that_is_not_given_has_its_usual_value(acme: Acme) -> None:
    assert "Ann, the 1st" in acme("query", "country_spenders").out


@pytest.mark.usefixtures("filled")
def test_an_earlier_day_is_answered_as_of_that_day(acme: Acme) -> None:
    answer = acme("query", "sales_by_country", "--day", "2024-01-01", "--format", "csv")

    assert answer.out == (
        "country,users_counts,registered_customers,order_amount\nUSA,1,1,1000000.05\nNorway,1,2,10.30\n"
    )


@pytest.mark.usefixtures("filled")
def test_csv_and_json_hold_the_answer_and_nothing_else_with_every_digit(acme: Acme, tmp_path: Path) -> None:
    """Also when the answer goes to a file at the same time."""
    as_csv = acme("query", "top_paying_customers", "--format", "csv", "--export", tmp_path)
    as_json = acme("query", "top_paying_customers", "--format", "json", "--export", tmp_path)

    assert list(csv.reader(io.StringIO(as_csv.out))) == [
        ["place", "customer_id", "customer_name", "order_amount"],
        ["1", "1", "Ann, the 1st", "1000000.05"],
        ["2", "2", "Bob", "10.30"],
        ["3", "3", "Eve", "5.00"],
    ]
    assert json.loads(as_json.out)[1] == {"place": 2, "customer_id": 2, "customer_name": "Bob", "order_amount": "10.30"}


@pytest.mark.usefixtures("filled")
def test_an_export_is_a_csv_file_whose_name_is_said(acme: Acme, tmp_path: Path) -> None:
    answer = acme("query", "customer_orders", "--export", tmp_path / "exports")

    (file,) = (tmp_path / "exports").iterdir()
    assert file.name.startswith("customer_orders_result_")
    assert str(file) in answer.err
    assert file.read_text() == 'customer_id,customer_name,order_count\n1,"Ann, the 1st",1\n2,Bob,2\n3,Eve,1\n'


def test_the_list_names_every_question_its_parameters_and_its_meaning(acme: Acme) -> None:
    """Without a server: it says what can be asked."""
    listed = acme("query", "--list", "--format", "json")

    questions = {entry["question"]: entry for entry in json.loads(listed.out)}
    live = {f"{table.name}_{part}" for table in catalog.tables().values() if table.live for part in PARTS}
    assert questions.keys() == {path.stem for path in (COMPANY.sql / "queries").glob("*.sql")} | live
    assert "open_orders_agg_today" in live
    assert questions["country_spenders"]["parameters"] == "country"
    assert questions["top_paying_customers"]["meaning"].startswith("The three customers who paid most")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["top_customer"], "there is no question 'top_customer'"),
        ([], "which question?"),
        (["customer_orders", "--day", "2024-13-01"], "2024-13-01"),
        (["country_spenders", "--param", "country"], "--param country gives no value"),
        (["country_spenders", "--param", "country=a", "--param", "country=b"], "country is given more than once"),
        (["customer_orders", "--param", "day=2024-01-01"], "the day is no parameter"),
        (["customer_orders", "--format", "xml"], "xml"),
        (["customer_orders", "--chart", "orders.pdf"], "orders.pdf ends in neither .svg nor .png"),
        (["--list", "--format", "xlsx"], "the list is no answer, and not written as xlsx"),
    ],
)
def test_wrong_words_end_with_2_and_are_named_before_any_server_starts(
    acme: Acme, home: Path, words: list[str], says: str
) -> None:
    answer = acme("query", *words)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert not home.exists()


@pytest.mark.usefixtures("filled")
def test_an_unknown_parameter_and_a_day_without_answer_end_with_2_and_are_named(acme: Acme) -> None:
    parameter = acme("query", "country_spenders", "--param", "land=Norway")
    nothing = acme("query", "customer_orders", "--day", "2024-01-09")

    assert (parameter.code, nothing.code) == (2, 2)
    assert "country_spenders has no parameter land" in parameter.err
    assert "2024-01-09" in nothing.err


@pytest.mark.usefixtures("servers_of_the_tests")
def test_a_question_before_any_run_says_what_to_type_first(acme: Acme) -> None:
    answer = acme("query", "customer_orders")

    assert answer.code == 2
    assert "acme run --days" in answer.err


@pytest.mark.usefixtures("filled")
def test_a_parameter_that_matches_nothing_is_said(acme: Acme) -> None:
    answer = acme("query", "country_spenders", "--param", "country=Norwey", "--format", "csv")

    assert (answer.code, answer.out.count("\n")) == (0, 1)
    assert answer.err == "no row of country_spenders as of 2024-01-02 matches country=Norwey\n"


@pytest.mark.usefixtures("filled")
def test_an_answer_is_drawn_into_a_file_beside_what_is_written(acme: Acme, tmp_path: Path) -> None:
    """And where it cannot be drawn, that is said, after the answer."""
    drawn = acme("query", "sales_by_country", "--format", "csv", "--chart", tmp_path / "countries.svg")
    as_picture = acme("query", "sales_by_country", "--chart", tmp_path / "countries.png")
    refused = acme("query", "country_spenders", "--param", "country=Peru", "--chart", tmp_path / "peru.svg")

    assert drawn.code == as_picture.code == 0
    assert drawn.out.startswith("country,users_counts")
    assert f"drawn to {tmp_path / 'countries.svg'}" in drawn.err
    assert ">Norway</text>" in (tmp_path / "countries.svg").read_text(encoding="utf-8")
    assert (tmp_path / "countries.png").read_bytes().startswith(b"\x89PNG")
    assert refused.code == 2
    assert "country_spenders has no rows, so there is nothing to draw" in refused.err
    assert not (tmp_path / "peru.svg").exists()
