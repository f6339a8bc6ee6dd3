"""What Spark takes for plain is what PostgreSQL takes for good, and as the same value."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acme_assets_tests.support import spelling
from acme_platform.engine.judging import judging
from acme_platform.engine.spark import Spark
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import Table, staging

DAY = date(2024, 3, 1)
#: of each type, texts as deliveries spell them: almost all of a file
USUAL = {
    "bigint": ["0", "12", "-7", " 34394080101 ", "999999999999999999"],
    "integer": ["0", "12", "-7", " 123456789 "],
    "numeric(14,2)": ["0", "12.3", "-7.00", " 876388784.58 ", "999999999999.99"],
    "numeric(5,1)": ["0", "12.3", "-7", "9999.9"],
    "date": ["2024-01-31", " 2023-12-28 ", "1999-02-28"],
    "timestamp with time zone": ["2024-01-31 17:30:00.5 UTC", "2024-01-31 17:30:00", "2024-02-29 00:00:00.123456Z"],
    "boolean": ["true", "False", " TRUE "],
    "text": ["Müller", " Congo (Kinshasa) ", "日本", "a b"],
    "character varying(5)": ["USA", "Åland", " ab "],
}


def odd_table(kind: str) -> Table:
    """A table of one value of the type."""
    made = staging("odd")
    select = "select delivery_id, row_number, value from raw.odd"
    made.__dict__["sql"] = SqlFile("staging", "odd", f"create table staging.odd (value {kind});\n{select}")
    return made


def judge(spark: Spark, kind: str, texts: list[str]) -> list[tuple[object, bool]]:
    """(value, whether it is plain) of each text."""
    rows = {"delivery_id": [1] * len(texts), "row_number": range(len(texts)), "value": texts}
    spark.give(
        "odd", pa.table(rows, schema=pa.schema({"delivery_id": "int64", "row_number": "int64", "value": "string"}))
    )
    judged = spark.ask(
        "select row_number, is_plain, case when is_plain then value end as value"  # noqa: S608  # a text of a test
        f" from ({judging(odd_table(kind), DAY, 'odd')}) as judged order by row_number"
    ).to_pylist()
    return [(_comparable(row["value"]), row["is_plain"]) for row in judged]


def _comparable(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


@pytest.mark.parametrize("kind", spelling.REFERENCE)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(drawn=st.data())
def test_a_plain_text_is_good_and_read_as_the_same_value(spark: Spark, kind: str, drawn: st.DataObject) -> None:
    texts = drawn.draw(st.lists(spelling.odd(kind), min_size=50, max_size=50))
    wrong = {
        text: (value, wanted)
        for text, (value, is_plain) in zip(texts, judge(spark, kind, texts), strict=True)
        if is_plain
        and value != (wanted := spelling.REFERENCE[kind](spelling.bare(text)) if spelling.bare(text) else None)
    }
    assert not wrong


@pytest.mark.parametrize(("digits", "scale"), [(15, 0), (15, 7), (15, 15), (16, 2), (38, 0), (38, 38)])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.data())
def test_a_number_is_read_to_its_last_digit(spark: Spark, digits: int, scale: int, drawn: st.DataObject) -> None:
    """Up to fifteen digits it comes by way of a double."""
    most = 10**digits - 1
    whole = drawn.draw(st.lists(st.integers(-most, most), min_size=50, max_size=50))
    numbers = [Decimal(f"{number}E-{scale}") for number in [most, -most, 0, *whole]]
    judged = judge(spark, f"numeric({digits},{scale})", [f"{number:f}" for number in numbers])
    assert judged == [(number, True) for number in numbers]


@pytest.mark.parametrize("kind", USUAL)
def test_a_text_as_deliveries_spell_it_is_plain(spark: Spark, kind: str) -> None:
    """Otherwise each row of a file would travel to PostgreSQL."""
    texts = USUAL[kind]
    assert [is_plain for _, is_plain in judge(spark, kind, texts)] == [True] * len(texts)
