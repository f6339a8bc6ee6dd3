"""Differing: two days of a million rows held against each other, beside a bare full join of the same rows."""

from datetime import timedelta

from acme_platform.differences.asked import of_days
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure
from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock
from benchmarks.platform import Platform
from benchmarks.scenario import Outcome, Promise, Scenario, sides

TABLE = "analytics.customer_orders"
NEXT_DAY = FIRST_DAY + timedelta(days=1)
#: one row in so many differs
CHANGED = 100
#: rows that are shown
SHOWN = 10
#: what a person would type who knows the key; kept, so that nothing is printed
JOIN = f"""create temporary table differing as select count(*) from
(select * from {TABLE} where day = '{FIRST_DAY}') as a
full join (select * from {TABLE} where day = '{NEXT_DAY}') as b using (customer_id)
where (a.customer_name, a.country, a.order_count, a.order_amount)
is distinct from (b.customer_name, b.country, b.order_count, b.order_amount)"""


def days(bench: Bench) -> Outcome:
    rows, platform = bench.scale.file, bench.platform()
    _fill(platform, rows)
    pairs = bench.alternate(lambda: _compared(platform), lambda: _joined(platform))
    return Outcome(pairs.cost, sides(pairs, "acme diff", "psql", 2 * rows), len(pairs.ours))


def _fill(platform: Platform, rows: int) -> None:
    """Both days of the table of answers, made by the server itself."""
    platform.forget()
    with platform.services.open_warehouse().transaction("benchmark") as cursor:
        ensure(cursor, catalog.table(TABLE))
    for day in (FIRST_DAY, NEXT_DAY):
        differs = f"case when n % {CHANGED} = 0 then {day.day} else 0 end"
        platform.execute(
            f"delete from {TABLE} where day = '{day}'",
            f"insert into {TABLE} (day, customer_id, customer_name, country, order_count, order_amount)"
            f" select '{day}', n, 'Customer ' || n, 'Norway', n % 7, n % 1000 + {differs}"
            f" from generate_series(1, {rows}) as n",
        )
        platform.built(TABLE, day, rows)
    platform.execute(f"analyze {TABLE}")


def _compared(platform: Platform) -> float:
    with Clock() as clock, platform.services.open_warehouse().transaction("benchmark") as cursor:
        of_days(cursor, catalog.table(TABLE), FIRST_DAY, NEXT_DAY, SHOWN)
    return clock.seconds


def _joined(platform: Platform) -> float:
    with Clock() as clock:
        platform.psql(JOIN)
    return clock.seconds


SCENARIOS = (
    Scenario(
        "diff",
        "acme diff of two days: counts by column, with samples",
        "psql: count over a full join",
        Promise("at most", 4, 2),
        days,
    ),
)
