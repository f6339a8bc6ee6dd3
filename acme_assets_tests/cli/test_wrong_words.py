"""A wrong word: what was meant is named, and all there is where nothing comes close."""

import pytest

from acme_assets_tests.cli.conftest import Acme
from acme_platform.wording import count, instead_of

TABLES = [
    f"{layer}.{name}" for layer in ("raw", "staging") for name in ("orders", "customers", "visits", "users", "tax")
]


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("sals", ["sales", "shop"], "did you mean sales? There is: sales, shop"),
        ("ordres", ["sales", "shop"], "take one of: sales, shop"),
        ("staging.order", TABLES, "did you mean staging.orders?"),
        ("orders", TABLES, "did you mean raw.orders or staging.orders?"),
        ("VISITS", TABLES, "did you mean raw.visits or staging.visits?"),
        ("xyz", ["sales"], "take one of: sales"),
    ],
)
def test_what_comes_close_is_named(word: str, known: list[str], said: str) -> None:
    assert instead_of(word, known) == said


def test_one_is_one() -> None:
    assert (count(1, "day"), count(2, "day"), count(1_200, "row")) == ("1 day", "2 days", "1,200 rows")


@pytest.mark.usefixtures("servers_of_the_tests")
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("query", "top_costumers"), "did you mean top_customers"),
        (("query", "country_spenders", "--param", "contry=Norway"), "did you mean country?"),
        (("query", "top_dates", "--param", "date=1"), "ask it without --param"),
        (("status", "sale"), "did you mean sales?"),
        (("rejects", "staging.sales_order"), "did you mean staging.sales_orders"),
        (("deliver", "sales", "order", "pyproject.toml", "--day", "today"), "did you mean orders?"),
        (("sample", "sail", "--days", "today"), "did you mean sales?"),
        (("run", "--days", "today", "--select", "staging.sales_orders+"), "did you mean staging/sales_orders"),
        (("run", "--days", "today", "--select", "group:sale"), "did you mean sales?"),
        (("run", "--days", "today", "--select", "orders"), "or raw/sales_orders or"),
        (("stauts",), "Did you mean 'status'?"),
    ],
)
def test_every_command_says_what_was_meant(acme: Acme, typed: tuple[str, ...], meant: str) -> None:
    answer = acme(*typed)

    assert answer.code == 2
    assert meant in answer.err


@pytest.mark.usefixtures("servers_of_the_tests")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("query", "top_dates", "--format", "jsn"), "there is no format 'jsn'\n  next: did you mean json?"),
        (("plan", "--format", "markdwn"), "did you mean markdown?"),
        (("query", "top_dates", "--day", "2020-01-01"), "begins before the first day, 2022-01-01"),
        (("export", "top_dates", "--day", "2020-01-01"), "begins before the first day, 2022-01-01"),
        (("diff", "analytics.top_dates", "2024-01-01", "2999-01-01"), "2999-01-01 ends after today"),
        (("deliver", "operations", "orders", "pyproject.toml", "--day", "today"), "operations, which reads a database"),
        (
            ("sample", "sales", "--days", "today", "--rows", "1", "--to", "/dev/null/x"),
            "/dev/null/x/sales/customers cannot be used",
        ),
        (("docs", "--to", "/dev/null/x"), "/dev/null cannot be used"),
    ],
)
def test_every_command_says_what_is_wrong_and_what_to_type(acme: Acme, typed: tuple[str, ...], said: str) -> None:
    answer = acme(*typed)

    assert answer.code == 2
    assert said in answer.err
    assert "next: " in answer.err
    assert "Traceback" not in answer.err
