"""Questions: asked by name, answered as of a day, exact and in order."""

from decimal import Decimal

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import UsageError
from acme_platform.serving.question import question

CUSTOMERS = """
customer_id | customer_name | country
10          | Ann           | USA
9           | Ben           | USA
8           | Ann           | Cote d'Ivoire
7           | Dan           | USA
"""
ORDERS = """
order_id | customer_id | order_date | amount
1        | 8           | 2024-01-01 | 0.10
2        | 8           | 2024-01-01 | 0.20
3        | 10          | 2024-01-01 | 7.00
4        | 9           | 2024-01-01 | 7.00
"""


@pytest.fixture
def answered(pipeline: Pipeline) -> Pipeline:
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.fill(day(1), day(2), layers=("raw", "staging", "analytics"))
    return pipeline


def ask(pipeline: Pipeline, name: str, number: int = 1, **given: str) -> list[tuple[object, ...]]:
    answer = question(name).ask(pipeline.services.open_warehouse(), day(number), given)
    return list(answer.itertuples(index=False, name=None))


def test_every_question_about_sales_answers_in_its_order(answered: Pipeline) -> None:
    assert ask(answered, "customer_orders") == [(7, "Dan", 0), (8, "Ann", 2), (9, "Ben", 1), (10, "Ann", 1)]
    assert ask(answered, "country_spenders") == [
        (9, "Ben", Decimal("7.00")), (10, "Ann", Decimal("7.00")), (7, "Dan", Decimal("0.00"))
    ]  # fmt: skip
    assert ask(answered, "top_paying_customers") == [
        (1, 9, "Ben", Decimal("7.00")), (2, 10, "Ann", Decimal("7.00")), (3, 8, "Ann", Decimal("0.30"))
    ]  # fmt: skip
    assert ask(answered, "sales_by_country") == [
        ("USA", 2, 3, Decimal("14.00")), ("Cote d'Ivoire", 1, 1, Decimal("0.30"))
    ]  # fmt: skip


def test_amounts_are_decimals_not_floats(answered: Pipeline) -> None:
    ((_, _, amount),) = ask(answered, "country_spenders", country="Cote d'Ivoire")
    assert isinstance(amount, Decimal)
    assert str(amount) == "0.30"


def test_a_parameter_is_spelt_as_values_are(answered: Pipeline) -> None:
    """Blanks around it are no part of it, an accent may be a character of its own."""
    answered.deliver("customers", day(3), "customer_id | customer_name | country\n6 | Eve | C\u00f4te")
    answered.fill(day(3), layers=("raw", "staging", "analytics"))
    assert ask(answered, "country_spenders", 3, country="\u00a0Co\u0302te ") == [(6, "Eve", Decimal("0.00"))]


@pytest.mark.parametrize("country", ["Atlantis", "", "'; drop table analytics.customer_orders; --", "100%", "%(day)s"])
def test_a_parameter_is_a_value_and_nothing_else(answered: Pipeline, country: str) -> None:
    assert ask(answered, "country_spenders", country=country) == []
    assert len(ask(answered, "customer_orders")) == 4


def test_an_answer_without_rows_has_its_columns(answered: Pipeline) -> None:
    answer = question("country_spenders").ask(answered.services.open_warehouse(), day(1), {"country": "Atlantis"})
    assert list(answer.columns) == ["customer_id", "customer_name", "order_amount"]


def test_an_unknown_parameter_is_refused_with_the_known_ones(answered: Pipeline) -> None:
    with pytest.raises(UsageError, match="country_spenders has no parameter city, colour") as refused:
        ask(answered, "country_spenders", colour="red", city="Lima")
    assert "country" in refused.value.next_step
    with pytest.raises(UsageError, match="customer_orders has no parameter day") as refused:
        ask(answered, "customer_orders", day="2024-01-01")
    assert refused.value.next_step == "ask it without --param"


def test_an_unknown_question_is_refused_with_those_that_may_be_meant_or_all_of_them() -> None:
    with pytest.raises(UsageError, match="there is no question 'customers'") as refused:
        question("customers")
    assert refused.value.next_step.startswith("did you mean top_customers or top_paying_customers?")
    with pytest.raises(UsageError, match="there is no question 'xyz'") as refused:
        question("xyz")
    assert "country_spenders, customer_orders" in refused.value.next_step


def test_the_newest_day_is_the_newest_that_is_answered(answered: Pipeline) -> None:
    """Days that wait for analytics, or for another table's, do not count."""
    answered.fill(day(3), layers=("raw", "staging"))
    answered.fill_table("analytics.customer_orders", day(3))
    warehouse = answered.services.open_warehouse()
    assert question("customer_orders").newest_day(warehouse) == day(3)
    assert question("top_paying_customers").newest_day(warehouse) == day(2)


def test_a_warehouse_without_answers_says_what_to_do(pipeline: Pipeline) -> None:
    with pytest.raises(UsageError, match="top_paying_customers has no answer yet") as refused:
        question("top_paying_customers").newest_day(pipeline.services.open_warehouse())
    assert "acme run" in refused.value.next_step


@pytest.mark.parametrize("name", ["customer_orders", "sales_by_country"])
def test_a_day_that_was_never_filled_has_no_answer_rather_than_an_empty_one(pipeline: Pipeline, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} has no answer as of 2024-01-09") as refused:
        ask(pipeline, name, 9)
    assert "acme deliver sales customers FILE --day 2024-01-09" in refused.value.next_step
