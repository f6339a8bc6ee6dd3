"""`acme profile FILE|TABLE`."""

import json
from pathlib import Path

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.services import Services

from .conftest import Acme

pytestmark = pytest.mark.usefixtures("servers_of_the_tests")


def test_a_file_is_profiled_within_the_width_of_a_terminal(acme: Acme, tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("visit_id,shop,amount\n1,Harbour,$5\n2,Station,7\n")

    answer = acme("profile", file)

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[1:] == [
        "column    type    nulls  distinct  least    greatest",
        "visit_id  bigint      0         2  1        2",
        "shop      text        0         2  Harbour  Station",
        "amount    text        0         2  $5       7",
        "key: visit_id",
        "shop is spelt a (100%)",
        "amount is spelt $9 (50%), 9 (50%)",
        "worth a look:",
        "  amount: numbers with a currency or unit: 1, like '$5'",
    ]


def test_a_day_of_a_table_is_profiled_the_newest_unless_one_is_named(acme: Acme) -> None:
    services = Services(Settings.from_env())
    pipeline = Pipeline(services)
    for number, amount in ((1, "10.00"), (2, "20.00")):
        pipeline.deliver(
            "orders", day(number), f"order_id | customer_id | order_date | amount\n7|1|2024-01-01|{amount}"
        )
        pipeline.fill(day(number), layers=("raw", "staging"))
    services.open_warehouse().close()

    newest, first = (
        {row["column"]: row for row in json.loads(acme("profile", *words, "--format", "json").out)}
        for words in (["staging/sales_orders"], ["raw.sales_orders", "--day", "2024-01-01"])
    )

    assert (newest["amount"]["type"], newest["amount"]["least"]) == ("numeric(14,2)", "20.00")
    assert (first["amount"]["type"], first["amount"]["least"]) == ("numeric(14,2)", "10.00")
    assert newest["customer_id"]["type"] == "bigint"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["visits.csv"], "there is no file visits.csv"),
        (["raw.sale"], "there is no table 'raw.sale'"),
        (["raw.sales_orders"], "acme run --select raw/sales_orders --days"),
        (["raw.sales_orders", "--day", "2024-01-05"], "raw.sales_orders of 2024-01-05 was never filled"),
    ],
)
def test_what_is_not_there_is_said_with_what_to_type(acme: Acme, words: list[str], says: str) -> None:
    answer = acme("profile", *words)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
