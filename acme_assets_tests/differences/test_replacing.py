"""A corrected day of answers: where few rows differ, the others stay where they are."""

from acme_assets_tests.support.pipeline import Pipeline, day

COUNTRIES = ("Chad", "Fiji", "Iran", "Peru", "Mali", "Oman", "Togo", "Cuba")


def deliver(pipeline: Pipeline, amounts: dict[int, str]) -> None:
    """A customer of each country, and what each of them ordered on day 1."""
    customers = [f"{number} | name | {country}" for number, country in enumerate(COUNTRIES, 1)]
    orders = [f"{100 + number} | {number} | 2024-01-01 | {amount}" for number, amount in amounts.items()]
    pipeline.deliver("customers", day(1), "\n".join(["customer_id | customer_name | country", *customers]))
    pipeline.deliver("orders", day(1), "\n".join(["order_id | customer_id | order_date | amount", *orders]))
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"))


def answers(pipeline: Pipeline) -> dict[str, tuple[str, str]]:
    """Country -> what it spent, and the transaction that wrote the row."""
    rows = pipeline.ask("select country, order_amount, xmin::text as written from analytics.sales_by_country")
    return {row["country"]: (str(row["order_amount"]), row["written"]) for row in rows}


PLAIN = dict.fromkeys(range(1, len(COUNTRIES) + 1), "10.00")


def assert_few_are_written(pipeline: Pipeline) -> None:
    """One country of eight spends more: one row in five may differ."""
    deliver(pipeline, PLAIN)
    before = answers(pipeline)
    deliver(pipeline, PLAIN | {2: "99.00"})
    after = answers(pipeline)

    assert {country for country in COUNTRIES if after[country] != before[country]} == {"Fiji"}
    assert after["Fiji"][0] == "99.00"


def test_rows_that_say_the_same_are_not_written_again(pipeline: Pipeline) -> None:
    assert_few_are_written(pipeline)


def test_a_day_of_which_much_differs_is_written_as_a_whole(pipeline: Pipeline) -> None:
    deliver(pipeline, PLAIN)
    before = answers(pipeline)
    deliver(pipeline, PLAIN | dict.fromkeys((2, 3, 4), "99.00"))
    after = answers(pipeline)

    assert all(after[country] != before[country] for country in COUNTRIES)
    assert {country for country, (amount, _) in after.items() if amount == "99.00"} == {"Fiji", "Iran", "Peru"}
