"""A replay fills the days again whose rejects would be judged otherwise now, and no other day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from acme_assets_tests.support.days import TORN
from acme_assets_tests.support.extra import Extra, forget, read_beside
from acme_assets_tests.support.foreign import declared
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.day import Days
from acme_platform.errors import RefusedFile
from acme_platform.ledger.rejected import Places, places
from acme_platform.model.tolerance import Tolerance
from acme_platform.registry import catalog
from acme_platform.replay import Became, became, due, with_neighbours
from acme_platform.services import Services

RAW, STAGING = "raw.sales_orders", "staging.sales_orders"
#: row 2 has a decimal more than is declared, row 3 is no number at all
ORDERS = """
    order_id | customer_id | order_date | amount
    101      | 1           | 2024-01-01 | 10.00
    102      | 1           | 2024-01-01 | 10.005
    103      | 1           | 2024-01-01 | much
"""
#: of ten days four can be read: too few
SWAPPED = b"order_id,customer_id,order_date,amount\n" + b"".join(
    b"%d,1,%s,5.005\n" % (n, b"2024-01-01") for n in range(1, 11)
)


@pytest.fixture
def extra(tmp_path: Path) -> Iterator[Extra]:
    made = Extra(tmp_path / "extra")
    with read_beside(made):
        yield made


def widen(extra: Extra) -> None:
    """The declaration takes three decimals from now on."""
    path = extra.sql / "staging/sales_orders.sql"
    path.write_text(path.read_text().replace("numeric(14, 2)", "numeric(16, 3)"))
    forget()


def sales(services: Services) -> Pipeline:
    """As the files are now."""
    return Pipeline(services, catalog.feed("sales"))


def found(services: Services, days: Days | None = None) -> dict[str, set[date]]:
    return due(services, with_neighbours(list(catalog.tables())), days)


def fill(services: Services) -> None:
    """What is due, table after table."""
    for name, days in found(services).items():
        for each in sorted(days):
            sales(services).fill_table(name, each)


def staged(services: Services, content: str | bytes = ORDERS, number: int = 1) -> None:
    sales(services).deliver("orders", day(number), content)
    sales(services).fill(day(number), layers=("raw", "staging"), accepts_rejects=True)


def test_what_is_declared_as_before_is_judged_as_before(services: Services, extra: Extra) -> None:
    staged(services)
    forget()
    assert found(services) == {}
    assert extra.sql.is_dir()


def test_a_row_comes_back_when_its_declaration_is_widened_and_one_that_is_still_wrong_stays(
    services: Services, extra: Extra
) -> None:
    """Of the day with rejects only: the other one is merely of an older SQL, which the doctor tells."""
    staged(services)
    staged(services, "order_id | customer_id | order_date | amount\n201 | 1 | 2024-01-02 | 1.00", 2)
    before = rejects(services)
    widen(extra)

    assert found(services) == {STAGING: {day(1)}}
    fill(services)

    sales(services).expect(
        "staging.sales_orders",
        """
        order_id | amount
        101      | 10.000
        102      | 10.005
        201      | 1.000
        """,
    )
    sales(services).expect("quarantine.rows", "row_number | reason\n3 | " + NO_NUMBER)
    assert became(before, rejects(services)) == {STAGING: Became(back=1, stay=1, new=0)}


NO_NUMBER = "amount is not a number of at most 16 digits, 3 of them decimals: 'much'"


def rejects(services: Services) -> Places:
    with services.open_warehouse().transaction("test") as cursor:
        return places(cursor, [RAW, STAGING])


def test_a_second_replay_has_nothing_to_do(services: Services, extra: Extra) -> None:
    staged(services)
    widen(extra)
    fill(services)
    assert found(services) == {}


def test_days_can_be_chosen(services: Services, extra: Extra) -> None:
    staged(services)
    staged(services, number=2)
    widen(extra)
    assert found(services, Days(day(2), day(3))) == {STAGING: {day(2)}}


def test_a_broken_line_stays_until_its_file_is_another_one(services: Services) -> None:
    """The lake keeps the file: mended in place it is read again, and its day is staged."""
    header = b"order_id,customer_id,order_date,amount\n"
    staged(services, header + b"101,1,2024-01-01,1.00\n102,1\n")
    assert found(services) == {}

    sales(services).deliver("orders", day(1), header + b"101,1,2024-01-01,1.00\n102,1,2024-01-01,2.00\n")
    assert found(services) == {RAW: {day(1)}, STAGING: {day(1)}}
    fill(services)

    sales(services).expect("staging.sales_orders", "order_id\n101\n102")
    assert (found(services), rejects(services)) == ({}, {})


def test_a_delivery_that_staging_refused_comes_in_when_the_rule_is_another_one(
    services: Services, extra: Extra
) -> None:
    """Not one of its amounts could be read; all of them can, with a decimal more."""
    sales(services).deliver("orders", day(1), SWAPPED)
    with pytest.raises(RefusedFile):
        sales(services).fill(day(1), layers=("raw", "staging"))
    assert found(services) == {}

    widen(extra)
    assert found(services) == {RAW: {day(1)}, STAGING: {day(1)}}
    fill(services)

    assert len(sales(services).ask("select from staging.sales_orders")) == 10
    assert found(services) == {}


def test_a_file_that_was_refused_while_it_was_read_comes_in_when_more_is_tolerated(services: Services) -> None:
    """Three of its four lines are broken: nobody but the file can say what is in it."""
    content = b"order_id,customer_id,order_date,amount\n101,1,2024-01-01,1.00\n102,1\n103\n104,1\n"
    sales(services).deliver("orders", day(1), content)
    with pytest.raises(RefusedFile):
        sales(services).fill(day(1), layers=("raw",))
    assert found(services) == {}

    with declared(replace(FEED, tolerance=Tolerance(share=0.9, rows=10))):
        assert found(services) == {RAW: {day(1)}, STAGING: {day(1)}}
        fill(services)
        assert found(services) == {}
        sales(services).expect("staging.sales_orders", "order_id\n101")


def test_a_file_that_nobody_could_read_is_left_alone(services: Services) -> None:
    sales(services).deliver("orders", day(1), TORN)
    with pytest.raises(RefusedFile):
        sales(services).fill(day(1), layers=("raw",))
    assert found(services) == {}


def test_a_refused_file_that_left_the_lake_stays_as_it_was_refused(services: Services) -> None:
    key = sales(services).deliver("orders", day(1), TORN)
    with pytest.raises(RefusedFile):
        sales(services).fill(day(1), layers=("raw",))
    (Path(services.settings.lake_url) / key).unlink()
    assert found(services) == {}


@pytest.mark.parametrize("named", [RAW, STAGING])
def test_a_table_is_replayed_with_the_other_side_of_it(named: str) -> None:
    assert with_neighbours([named]) == [RAW, STAGING]


def test_an_answer_rejects_nothing() -> None:
    assert with_neighbours(["analytics.customer_orders"]) == []
