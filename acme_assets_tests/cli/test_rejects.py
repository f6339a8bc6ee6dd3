"""`acme rejects`: what was refused and quarantined, and why."""

import csv
import io
import json
from collections.abc import Iterator

import pytest

from acme_assets_tests.support.days import TORN
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.errors import RefusedFile
from acme_platform.services import Services

from .conftest import Acme

FIRST = b"order_id,customer_id,order_date,amount\n101,1,2024-01-01,10.00\n102,1,2024-01-01,much\n103,1\n"
SECOND = b"order_id,customer_id,order_date,amount\n201,1,yesterday,10.00\n"


@pytest.fixture
def dirty(servers_of_the_tests: None) -> Iterator[None]:  # noqa: ARG001 (sets the environment)
    """A short line and an unreadable amount on 1 January, a day that does not exist on 2 January, 3 January torn.

    A person accepted the first two.
    """
    services = Services(Settings.from_env())
    pipeline = Pipeline(services)
    for number, content in ((1, FIRST), (2, SECOND)):
        pipeline.deliver("orders", day(number), content)
        pipeline.fill(day(number), accepts_rejects=True)
    pipeline.deliver("orders", day(3), TORN)
    with pytest.raises(RefusedFile):
        pipeline.fill(day(3), layers=("raw",))
    yield
    services.open_warehouse().close()
    services.open_redis().close()


@pytest.mark.usefixtures("dirty")
def test_every_rejected_row_is_shown_with_its_place_and_every_refused_file_with_the_line_that_broke_it(
    acme: Acme,
) -> None:
    answer = acme("rejects", "sales")

    assert answer.code == 0
    assert "refused 2024-01-03 sales/orders/2024-01-03.csv" in answer.err
    assert answer.out.splitlines()[-1] == "4 of 4 quarantined rows, 1 refused file"
    assert [line.split()[:4] for line in answer.out.splitlines()[1:-1]] == [
        ["raw.sales_orders", "2024-01-03", "sales/orders/2024-01-03.csv", "1"],
        ["staging.sales_orders", "2024-01-02", "sales/orders/2024-01-02.csv", "1"],
        ["raw.sales_orders", "2024-01-01", "sales/orders/2024-01-01.csv", "3"],
        ["staging.sales_orders", "2024-01-01", "sales/orders/2024-01-01.csv", "2"],
    ]


@pytest.mark.usefixtures("dirty")
def test_rejects_of_one_table_and_day_as_csv_are_nothing_but_csv(acme: Acme) -> None:
    answer = acme("rejects", "staging/sales_orders", "--day", "2024-01-01", "--format", "csv")

    (row,) = csv.DictReader(io.StringIO(answer.out))
    assert (row["table"], row["day"], row["row"]) == ("staging.sales_orders", "2024-01-01", "2")
    assert json.loads(row["record"])["amount"] == "much"
    assert "amount" in row["reason"]
    assert answer.err == ""


@pytest.mark.usefixtures("dirty")
def test_more_rows_than_wanted_are_counted(acme: Acme) -> None:
    answer = acme("rejects", "--limit", 1)

    assert answer.out.splitlines()[-1].startswith("1 of 4 quarantined rows")


@pytest.mark.usefixtures("servers_of_the_tests")
def test_nothing_rejected_is_said(acme: Acme) -> None:
    answer = acme("rejects")

    assert (answer.code, answer.out.splitlines()[-1]) == (0, "0 of 0 quarantined rows, 0 refused files")


@pytest.mark.parametrize(
    ("words", "says"),
    [(["sale"], "there is no feed or table 'sale'"), (["--day", "monday"], "monday"), (["--limit", "0"], "--limit")],
)
def test_wrong_words_end_with_2_and_are_named(acme: Acme, words: list[str], says: str) -> None:
    answer = acme("rejects", *words)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


@pytest.mark.usefixtures("dirty")
def test_a_replay_of_what_would_be_judged_as_it_was_says_so_and_fills_nothing(acme: Acme) -> None:
    answer = acme("rejects", "sales", "--replay")

    assert answer == (0, "nothing to replay: 4 rows and 1 refused file would be judged as they were\n", "")


@pytest.mark.usefixtures("servers_of_the_tests")
def test_a_replay_of_nothing_is_said(acme: Acme) -> None:
    assert acme("rejects", "--replay") == (0, "nothing to replay: nothing is rejected\n", "")


@pytest.mark.usefixtures("servers_of_the_tests")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--days", "2024-01-01"], "--days is for --replay"),
        (["analytics.customer_orders", "--replay"], "analytics.customer_orders rejects nothing"),
    ],
)
def test_a_replay_of_what_cannot_be_is_told(acme: Acme, words: list[str], says: str) -> None:
    answer = acme("rejects", *words)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
