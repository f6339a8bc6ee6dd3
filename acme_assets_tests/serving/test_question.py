"""Questions: asked by name, answered as of a day, exact and in order."""

from decimal import Decimal

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import UsageError
from acme_platform.model.sql_file import SqlFile
from acme_platform.serving.question import Question, question
from acme_platform.warehouse.written_sql import WrongSql

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


# values that are none of their parameter's type


def asking(pipeline: Pipeline, condition: str, **given: str) -> list[int]:
    """Ids of the customers that a question finds, as somebody could write one."""
    text = f"-- A question.\nselect customer_id from analytics.customer_orders where day = %(day)s and {condition}"
    asked = Question(SqlFile("queries", "own", text))
    return list(asked.ask(pipeline.services.open_warehouse(), day(1), given)["customer_id"])


#: what a question asks, what it is given, what it says of that, and what to do
WRONG = [
    ("order_count > %(given)s", "many", "given is a whole number", "given=42"),
    ("order_count > %(given)s", "99999999999999999999", "out of range for type bigint", "given=42"),
    ("order_count > %(given)s", "", "given is a whole number", "given=42"),
    ("order_amount > %(given)s::numeric", "1,5", "given is a number", "given=12.50"),
    ("(%(given)s is null or order_amount > %(given)s)", "x", "given is a number", "given=12.50"),
    ("day > %(given)s", "soon", "given is a day", "given=2024-01-31"),
    ("day > coalesce(%(given)s, %(day)s)", "2024-02-31", "out of range", "given=2024-01-31"),
    ("(order_count > 1) = %(given)s", "perhaps", "given is true or false", "given=true"),
    ("country = any(%(given)s)", "Peru", "given is a list", "given={Norway,Peru}"),
    ("customer_id = any(%(given)s)", "{1,b}", "given is a list of numbers", "given={1,2}"),
    ("country like '1%%' and day - %(given)s::interval < %(day)s", "x", "given is interval", "type interval"),
    ("true limit %(given)s", "few", "given is a whole number", "given=42"),
    ("true limit %(given)s", "-1", "with given=-1", "give another value, or mend sql/queries/own.sql"),
    ("order_count > coalesce(%(given)s, '1')::int", "a", "with given=a", "give another value"),
]


def test_a_value_of_another_type_is_refused_with_the_type_and_an_example(answered: Pipeline) -> None:
    for condition, value, says, next_step in WRONG:
        with pytest.raises(UsageError) as refused:
            asking(answered, condition, given=value)
        assert says in refused.value.message
        assert next_step in refused.value.next_step


def test_values_of_the_right_type_are_taken(answered: Pipeline) -> None:
    """Customers 8 (2 orders), 9 and 10 (one each); `least` has a type in one of its places, `other` in none."""
    condition = "(%(least)s is null or order_count >= %(least)s) and %(other)s is null and country not like '%%z'"
    assert sorted(asking(answered, condition, least="1")) == [8, 9, 10]
    assert asking(answered, condition, least="2") == [8]


def test_sql_that_fails_without_a_parameter_is_a_file_to_mend(answered: Pipeline) -> None:
    with pytest.raises(WrongSql, match="own: division by zero") as failed:
        asking(answered, "1 / (order_count - order_count) > 0")
    assert failed.value.next_step == "mend sql/queries/own.sql: divide by nullif(…, 0)"
