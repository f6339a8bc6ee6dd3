"""Deliveries and fills in any order: the end is what filling each day once, in calendar order, would give.

The model is plain Python that a person can check by reading; hypothesis draws the orders.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from acme_assets_tests.support.pipeline import Pipeline, day

COLUMNS = {"orders": "order_id, customer_id, order_date, amount", "customers": "customer_id, customer_name, country"}
DAYS = [day(number) for number in range(1, 5)]
Row = tuple[str, ...]
amounts = st.sampled_from(["1.00", "2.50"])
order_rows = st.tuples(st.sampled_from("123"), st.sampled_from("789"), st.just("2024-01-01"), amounts)
customer_rows = st.tuples(st.sampled_from("78"), st.sampled_from(["Ann", "Bob"]), st.sampled_from(["USA", "Peru"]))
days = st.sampled_from(DAYS)
parts = st.sampled_from(["a", "b"])


@dataclass(frozen=True)
class Delivery:
    table: str
    day: date
    part: str
    rows: list[Row]


@dataclass(frozen=True)
class Fill:
    day: date


events = st.one_of(
    st.builds(Delivery, st.just("orders"), days, parts, st.lists(order_rows, max_size=3)),
    st.builds(Delivery, st.just("customers"), days, parts, st.lists(customer_rows, max_size=2)),
    st.builds(Fill, days),
)


CORRECTED_FIRST_PART = [
    Delivery("orders", day(1), "a", [("1", "7", "2024-01-01", "1.00")]),
    Delivery("orders", day(1), "b", [("1", "7", "2024-01-01", "2.50")]),
    Fill(day(1)),
    Delivery("orders", day(1), "a", [("1", "8", "2024-01-01", "1.00")]),
]


@dataclass
class Model:
    """The final files and what follows from them."""

    files: dict[tuple[str, date, str], list[Row]] = field(default_factory=dict)

    def versions(self, table: str) -> dict[tuple[str, date], Row]:
        """(key, day) -> the day's last row of that key, parts by name."""
        ordered = sorted((day, part, rows) for (name, day, part), rows in self.files.items() if name == table)
        return {(row[0], day): row for day, _, rows in ordered for row in rows}

    def staging(self, table: str) -> Iterator[tuple[str, ...]]:
        versions = self.versions(table)
        for (key, begin), row in versions.items():
            end = min((day for other, day in versions if other == key and day > begin), default=None)
            yield (*row, str(begin), str(end))

    def answers(self, on: date) -> Iterator[tuple[str, ...]]:
        """analytics.customer_orders as of the day."""
        orders, customers = self._as_of("orders", on), self._as_of("customers", on)
        for key, customer in customers.items():
            amounts = [Decimal(order[3]) for order in orders.values() if order[1] == key]
            yield (str(on), *customer, str(len(amounts)), f"{sum(amounts):.2f}")

    def _as_of(self, table: str, on: date) -> dict[str, Row]:
        ordered = sorted(self.versions(table).items(), key=lambda item: item[0][1])
        return {key: row for (key, day), row in ordered if day <= on}


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=st.lists(events, min_size=2, max_size=8), last=st.permutations(DAYS))
@example(happened=CORRECTED_FIRST_PART, last=DAYS)
def test_days_come_in_any_order_corrected_and_filled_again(
    pipeline: Pipeline, tmp_path: Path, happened: list[Delivery | Fill], last: list[date]
) -> None:
    pipeline.forget()
    shutil.rmtree(tmp_path / "lake", ignore_errors=True)
    model = Model()
    for event in happened:
        if isinstance(event, Fill):
            pipeline.fill(event.day, layers=("raw", "staging"))
        else:
            model.files[event.table, event.day, event.part] = event.rows
            lines = [COLUMNS[event.table], *(",".join(row) for row in event.rows), ""]
            pipeline.deliver(event.table, event.day, "\n".join(lines).encode(), part=event.part)
    pipeline.fill(*last, layers=("raw", "staging"))
    pipeline.fill(*reversed(last), layers=("analytics",))

    for table, columns in COLUMNS.items():
        assert seen(pipeline, f"{columns}, day, valid_to from staging.sales_{table}") == sorted(model.staging(table))
    answers = [answer for on in DAYS for answer in model.answers(on)]
    assert seen(pipeline, "* from analytics.customer_orders") == sorted(answers)


def seen(pipeline: Pipeline, what: str) -> list[tuple[str, ...]]:
    return sorted(tuple(map(str, row.values())) for row in pipeline.ask(f"select {what}"))
