"""A ledger drawn by a test, and the work it stands for.

Belongs here: a ledger drawn as builds in the order in which they happened, each by what it does in the platform
(`built` reads what is there at that moment), and work drawn as lines `days: tables`. Not here: what is work
(`test_stale.py`).
"""

from dataclasses import replace
from datetime import date

from acme_assets_tests.support.pipeline import FEED, RUN, day
from acme_platform.ledger import builds, check_results
from acme_platform.ledger.check_results import MUST, Verdict
from acme_platform.ledger.staleness import Work, reason, work
from acme_platform.registry import catalog
from acme_platform.services import Services

SHORT = {
    "customers": "staging.sales_customers",
    "orders": "staging.sales_orders",
    "raw_customers": "raw.sales_customers",
    "raw_orders": "raw.sales_orders",
    "answers": "analytics.customer_orders",
    "countries": "analytics.sales_by_country",
    "top": "analytics.top_paying_customers",
    "redis": "cache.country",
}
#: every table of the feed, those that are new there too
WHOLE = " ".join(
    {full: short for short, full in SHORT.items()}.get(table.full_name, table.full_name) for table in FEED.tables
)
FOLLOWS = "answers countries top redis"
#: the sales feed of these tables alone: one that is new there changes no drawing
DRAWN = replace(FEED, tables=tuple(table for table in FEED.tables if table.full_name in SHORT.values()))
#: orders wait to be staged, and nothing else is missing
DELIVERED = "raw_customers customers raw_orders"


class DrawnLedger:
    """A ledger that a test writes, and the work it stands for."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def built(self, drawing: str) -> None:
        """Lines `days: tables`, each by its short or its full name and built after the one before it, day by day."""
        with self.services.open_warehouse().transaction("test") as cursor:
            for line in drawing.strip().splitlines():
                days, names = line.split(":")
                for name in names.split():
                    table = catalog.table(SHORT.get(name, name))
                    for number in numbers(days):
                        seen = builds.newest_changes(cursor, table, day(number))
                        version = table.code_version
                        builds.built(
                            cursor, table.full_name, day(number), rows=1, run_id=RUN, seen=seen, version=version
                        )

    def red(self, name: str, number: int, severity: str = MUST, *, rows: int = 1) -> None:
        with self.services.open_warehouse().transaction("test") as cursor:
            check_results.record(cursor, Verdict(SHORT[name], day(number), "a_check", severity, rows, []), RUN)

    def elapse(self, seconds: int) -> None:
        """As if failures had been that much longer ago."""
        with self.services.open_warehouse().transaction("test") as cursor:
            cursor.execute("update ledger.failures set failed_at = failed_at - make_interval(secs => %s)", (seconds,))

    def work(self, longest: int | None = None) -> list[Work]:
        with self.services.open_warehouse().transaction("test") as cursor:
            return work(cursor, DRAWN, self.services.settings.first_day, longest)

    def reasons(self) -> dict[date, int]:
        """First day of each work -> its reason."""
        with self.services.open_warehouse().transaction("test") as cursor:
            return {
                stale_work.days.first: reason(cursor, stale_work)
                for stale_work in work(cursor, DRAWN, self.services.settings.first_day)
            }

    def expect(self, drawing: str, longest: int | None = None) -> None:
        """Lines `days: tables`, nothing where nothing is to be done."""
        names = {full_name: short for short, full_name in SHORT.items()}
        works = [
            f"{span(stale_work)}: {' '.join(names[name] for name in stale_work.tables)}"
            for stale_work in self.work(longest)
        ]
        assert works == [line.strip() for line in drawing.strip().splitlines()]


def numbers(days: str) -> range:
    first, _, last = days.strip().partition("..")
    return range(int(first), int(last or first) + 1)


def span(stale_work: Work) -> str:
    def number(found: date) -> str:
        assert (found.year, found.month) == (2024, 1)
        return str(found.day)

    return "..".join(dict.fromkeys((number(stale_work.days.first), number(stale_work.days.last))))
