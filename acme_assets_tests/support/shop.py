"""The shop feed as a test walks it: a day's files drawn, delivered, filled and checked.

Every test draws the files that it is about; the others hold one row that says nothing.

Belongs here: what tests of the shop share. Not here: expectations, which stand in the tests.
"""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime

from acme_assets_tests.support import drawn
from acme_assets_tests.support.pipeline import Pipeline
from acme_platform.lake.folder import FolderLake
from acme_platform.materialize.machinery import Filled
from acme_platform.registry import catalog

FEED = catalog.feed("shop")
AWAITED = tuple(table.delivered for table in FEED.awaited)
ANSWERS = tuple(table for table in FEED.tables if table.layer.name == "analytics")

FILES = {
    "orders": """
        order_id | customer_id | order_date | product_id | unit_price | quantity | total_price
        1        | 1           | 2024-01-03 | 1          | 2.50       | 4        | 10.00
    """,
    "reviews": """
        review | product_id
        3      | 1
    """,
    "shipment_deliveries": """
        shipment_id | order_id | shipment_date | delivery_date
        1           | 1        |               |
    """,
    "dim_customers": """
        customer_id | customer_name | postal_code
        1           | Ann           | 00107
    """,
    "dim_addresses": """
        postal_code | country | region | state   | address
        00107       | Norway  | North  | State 1 | 1 Mill Lane
    """,
    "dim_products": """
        product_id | product_category | product_name
        1          | Lamps            | Birch Lamp
    """,
    "dim_dates": """
        calendar_dt | year_num | month_of_the_year_num | day_of_the_month_num | day_of_the_week_num | working_day
        2024-01-03  | 2024     | 1                     | 3                    | 3                   | true
    """,
}


def orders(*placed: tuple[int, str, int]) -> str:
    """Orders as (order, date, product), each of one piece for 1.00 by customer 1."""
    lines = [f"{order} | 1 | {day} | {product} | 1.00 | 1 | 1.00" for order, day, product in placed]
    return "\n".join([FILES["orders"].strip().splitlines()[0], *lines])


def dates(*days: tuple[str, bool]) -> str:
    """Calendar days and whether people work on them; the other columns follow."""
    lines = []
    for text, works in days:
        day = date.fromisoformat(text)
        lines.append(f"{day} | {day.year} | {day.month} | {day.day} | {day.isoweekday()} | {str(works).lower()}")
    return "\n".join([FILES["dim_dates"].strip().splitlines()[0], *lines])


#: the best product is number 2, the Copper Lamp, whose orders and shipments are of all kinds
BEST = {
    "reviews": """
        review | product_id
        5      | 1
        5      | 1
        1      | 1
        5      | 2
        2      | 2
        5      | 2
        5      | 3
        5      | 3
        2      | 3
        5      | 4
        5      | 4
    """,
    "dim_products": """
        product_id | product_category | product_name
        1          | Lamps            | Birch Lamp
        2          | Lamps            | Copper Lamp
        3          | Chairs           | Birch Chair
        4          | Chairs           | Linen Chair
    """,
    "dim_dates": dates(("2024-01-01", False), ("2024-01-02", True), ("2024-01-03", True)),
    "orders": orders(
        (1, "2024-01-02", 2),
        (2, "2024-01-02", 2),
        (3, "2024-01-01", 2),
        (4, "2024-01-01", 2),
        (5, "2024-01-03", 2),
        (6, "2024-01-03", 1),
        (7, "2024-01-03", 1),
        (8, "2024-01-03", 1),
    ),
    "shipment_deliveries": """
        shipment_id | order_id | shipment_date | delivery_date
        1           | 1        | 2024-01-07    | 2024-01-09
        2           | 2        | 2024-01-08    |
        3           | 3        | 2024-01-02    | 2024-01-03
        4           | 4        | 2024-01-02    |
        5           | 5        |               |
        6           | 6        | 2024-01-20    |
    """,
}


@dataclass(frozen=True)
class Shop:
    """The feed over one test's servers; the pipeline walks it."""

    pipeline: Pipeline

    def deliver(self, day: date, **files: str) -> None:
        """All seven files under dated names, those not drawn with their one row."""
        for delivered, drawing in (FILES | files).items():
            self.pipeline.deliver(delivered, day, drawing)

    def overwrite(self, delivered: str, drawing: str, changed: datetime | None = None) -> str:
        """Put the file under the one name that is overwritten each day, in a folder as if at that moment."""
        key = FEED.deliveries[delivered].object
        lake = self.pipeline.services.lake
        self.pipeline.put(key, drawn.to_csv(drawing))
        if changed and isinstance(lake, FolderLake):
            os.utime(lake.root / key, (changed.timestamp(), changed.timestamp()))
        return key

    def overwrite_all(self, changed: datetime | None = None, **files: str) -> None:
        for delivered, drawing in (FILES | files).items():
            self.overwrite(delivered, drawing, changed)

    def fill(self, *days: date, accepts_rejects: bool = False) -> None:
        """Fill and check every table up to the answers, as a run does."""
        for table in FEED.tables:
            for day in days if table.layer.name in ("raw", "staging", "analytics") else ():
                self.pipeline.fill_table(table.full_name, day, accepts_rejects=accepts_rejects)
                self.pipeline.check(table.full_name, day)

    def check_answers(self, day: date) -> None:
        for table in ANSWERS:
            self.pipeline.check(table.full_name, day)

    def export(self, day: date) -> Filled:
        return self.pipeline.fill_table("export.shop", day)

    def exported(self) -> list[str]:
        """Keys of every exported file."""
        return [file.key for file in self.pipeline.services.lake.list("analytics_export/")]


def moment(day: date, hour: int = 6) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
