"""Conforming: what each type takes for its own, and the reason for everything else.

PostgreSQL's own input is kinder than data deserves; each row here says what the platform does with a text.
"""

import csv
import io

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import MendInput
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import staging
from acme_platform.transform.judgement import EVERY_ROW
from acme_platform.values.cast import judged

RULES = {
    ("customer_id", "-5"): "breaks the rule customer_id > 0",
    ("amount", "-5"): "breaks the rule amount >= 0",
}
#: text of a cell, what it becomes; None where it is refused
BIGINT = {
    "7": "7",
    " 7 ": "7",
    "007": "7",
    "9223372036854775807": "9223372036854775807",
    "-5": None,
    "": None,
    "   ": None,
    "9223372036854775808": None,
    "9" * 4000: None,
    "I01": None,
    "1.0": None,
    "1e5": None,
    "0x1F": None,
    "0b1": None,
    "1_000": None,
    "1,000": None,
    "+7": None,
    "--7": None,
    "7-": None,
    "-": None,
    "٣": None,
    "7\t": "7",
    "\u00a07": "7",
    "7\u200b": "7",
    "7\u00a07": None,
    "\u00a0\u200b": None,
    "\uff17": None,
    "NaN": None,
    "null": None,
}
NUMERIC = {
    "12.34": "12.34",
    " 12.3 ": "12.30",
    "12": "12.00",
    "12.340000": "12.34",
    ".5": "0.50",
    "0": "0.00",
    "999999999999.99": "999999999999.99",
    "1000000000000.00": None,
    "999999999999.995": None,
    "12.345": None,
    "0.001": None,
    "5.": "5.00",
    "-0": "0.00",
    "0." + "0" * 900: "0.00",
    "0" * 900 + "1": "1.00",
    "0." + "0" * 20000: None,
    "0." + "0" * 20000 + "1": None,
    "-5": None,
    "": None,
    "$5": None,
    "5 USD": None,
    "€5": None,
    "1,000.00": None,
    "1.000,00": None,
    "12,34": None,
    "1_000": None,
    "1e5": None,
    "1E-2": None,
    "0x1F": None,
    "NaN": None,
    "Infinity": None,
    "-inf": None,
    "+5": None,
    "5-": None,
    "1.2.3": None,
    ".": None,
    "-": None,
    "9" * 200: None,
}
DATES = {
    "2024-01-31": "2024-01-31",
    " 2024-02-29 ": "2024-02-29",
    "0001-01-01": "0001-01-01",
    "9999-12-31": "9999-12-31",
    "": None,
    "2024-02-30": None,
    "2023-02-29": None,
    "2024-13-01": None,
    "2024-00-10": None,
    "0000-01-01": None,
    "2024-1-1": None,
    "20240131": None,
    "2024/01/31": None,
    "31.01.2024": None,
    "01-31-2024": None,
    "2024-01-31 00:00": None,
    "2024-01-31T00": None,
    "10000-01-01": None,
    "today": None,
    "tomorrow": None,
    "epoch": None,
    "infinity": None,
    "2024-Jan-1": None,
    # ten characters with dashes in their places that PostgreSQL reads as some day
    "2024-01-3Z": None,
    "2024-01-3,": None,
    "2024-01--3": None,
    "2-24-0a-71": None,
    "J245-19-87": None,
    "2024-ja-01": None,
}


def staged(pipeline: Pipeline, column: str, texts: list[str]) -> list[str]:
    """What became of each text in that column: its value, or the reason why it was refused."""
    good = {"customer_id": "7", "order_date": "2024-01-31", "amount": "1.00"}
    file = io.StringIO()
    lines = csv.DictWriter(file, ["order_id", *good])
    lines.writeheader()
    lines.writerows({"order_id": number, **good, column: text} for number, text in enumerate(texts, 1))
    pipeline.deliver("orders", day(31), file.getvalue().encode())
    pipeline.fill(day(31), layers=("raw", "staging"), accepts_rejects=True)
    kept = pipeline.ask(f"select order_id as number, {column} as found from staging.sales_orders")  # noqa: S608
    refused = pipeline.ask("select row_number as number, reason as found from quarantine.rows")
    found = {row["number"]: str(row["found"]) for row in kept + refused}
    assert len(found) == len(kept) + len(refused), "a row was both kept and refused"
    return [found[number] for number in range(1, len(texts) + 1)]


def outcome(column: str, phrase: str, text: str, value: str | None) -> str:
    if value is not None:
        return value
    if not text.strip(" \u00a0\u200b"):
        return f"{column} is missing"
    return RULES.get((column, text)) or f"{column} is not {phrase}: '{text.strip(' ')[:80]}'"


@pytest.mark.parametrize(
    ("column", "phrase", "texts"),
    [
        ("customer_id", "a whole number", BIGINT),
        ("amount", "a number of at most 14 digits, 2 of them decimals", NUMERIC),
        ("order_date", "a date like 2024-01-31", DATES),
    ],
)
def test_a_type_takes_its_plain_form_and_says_why_not(
    pipeline: Pipeline, column: str, phrase: str, texts: dict[str, str | None]
) -> None:
    staged_values = dict(zip(texts, staged(pipeline, column, list(texts)), strict=True))
    assert staged_values == {text: outcome(column, phrase, text, value) for text, value in texts.items()}


def test_text_is_taken_as_it_is_but_for_blanks_around_it(pipeline: Pipeline) -> None:
    names = ["NULL", "  Ann  ", "0x1F", "=1+1", 'O\'Neil "x"', "日本", "%s {} \\"]
    file = io.StringIO()
    csv.writer(file).writerows(
        [("customer_id", "customer_name", "country"), *((n, name, "USA") for n, name in enumerate(names, 1))]
    )
    pipeline.deliver("customers", day(1), file.getvalue().encode())
    pipeline.fill(day(1), layers=("raw", "staging"), accepts_rejects=True)
    rows = pipeline.ask("select customer_name from staging.sales_customers order by customer_id")
    assert [row["customer_name"] for row in rows] == ["NULL", "Ann", "0x1F", "=1+1", 'O\'Neil "x"', "日本", "%s {} \\"]


def test_the_first_fault_is_told_missing_before_unreadable_before_rules(pipeline: Pipeline) -> None:
    pipeline.deliver("orders", day(1), b"""\
order_id,customer_id,order_date,amount
x,,2024-02-30,-1
x,0,2024-02-30,-1
1,0,2024-02-30,-1
1,0,2024-02-29,-1
""")  # fmt: skip
    pipeline.fill(day(1), layers=("raw", "staging"), accepts_rejects=True)
    pipeline.expect(
        "quarantine.rows",
        """
        row_number | reason
        1          | customer_id is missing
        2          | order_id is not a whole number: 'x'
        3          | order_date is not a date like 2024-01-31: '2024-02-30'
        4          | breaks the rule customer_id > 0
        """,
    )


def test_a_type_without_plain_form_is_refused_with_the_known_ones() -> None:
    text = "create table staging.odd (odd_id bigint not null, place point);\nselect delivery_id from raw.odd"
    odd = staging("odd")
    odd.__dict__["sql"] = SqlFile("staging", "odd", text)
    with pytest.raises(MendInput, match="place is declared as point") as refused:
        judged(odd, EVERY_ROW)
    assert "bigint, integer, numeric, date, timestamp with time zone, boolean, text" in refused.value.next_step
