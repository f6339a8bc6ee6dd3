"""Planning: what `acme plan` takes over many days, after one SQL file was edited."""

from datetime import date, timedelta
from pathlib import Path
from statistics import median

from acme_assets.sample import write_sample
from acme_platform.day import Days
from acme_platform.model.run_options import RunOptions
from acme_platform.planning.asked import of_run, older_sql
from acme_platform.planning.edits import edits
from benchmarks.bench import FIRST_DAY, SEED, Bench
from benchmarks.measure import Clock
from benchmarks.platform import SALES, Platform
from benchmarks.scenario import Outcome, Promise, Scenario, Side

#: of each day: a plan reads the ledger and never the rows
ROWS = 30
TABLES = tuple(table.full_name for table in SALES.tables)
EDITED = "analytics.customer_orders"
FORCED = RunOptions(force=True)


def year(bench: Bench) -> Outcome:
    """Every table of the sales feed on every day of the year, and beside it with each of them filled again."""
    days = Days(FIRST_DAY, _day(bench.scale.year[-1]))
    platform = bench.platform("planning")
    _fill(platform, days)
    platform.execute(f"update ledger.builds set code_version = 'before the edit' where table_name = '{EDITED}'")
    seconds = median(_planned(platform, days, RunOptions()) for _ in range(bench.scale.rounds))
    forced = _planned(platform, days, FORCED)
    sides = Side("edited", seconds, len(days)), Side("forced", forced, len(days))
    return Outcome(seconds / len(days) * 365, sides, bench.scale.rounds, notes=(f"{len(days)} days",))


def _day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number - 1)


def _fill(platform: Platform, days: Days) -> None:
    platform.forget()
    write_sample("sales", days, rows=ROWS, seed=SEED, dirty=0, to=Path(platform.services.settings.lake_url))
    for day in days:
        platform.fill_feed(day, "raw", "staging", "analytics", "cache")


def _planned(platform: Platform, days: Days, options: RunOptions) -> float:
    """What `acme plan` does before it writes."""
    with Clock() as clock:
        edits(platform.services, TABLES)
        of_run(platform.services, TABLES, days, options)
        list(older_sql(platform.services, TABLES))
    return clock.seconds


SCENARIOS = (
    Scenario(
        "plan",
        "acme plan of a year of days after an edit of one SQL file",
        "-",
        Promise("at most", 30, 10, "s"),
        year,
    ),
)
