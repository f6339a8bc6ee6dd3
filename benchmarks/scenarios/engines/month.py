"""A month of small days on the second engine, each corrected once: what the lake holds when it was swept."""

from datetime import UTC, datetime, timedelta

from acme_platform.engine.parts.files import TableFiles
from acme_platform.engine.parts.sweeping import KEPT, sweep
from acme_platform.model.engine import SPARK
from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock
from benchmarks.platform import SALES, Platform
from benchmarks.scenario import Outcome, Promise, Scenario, Side

DAYS = 31
#: of each day and table
ROWS = 2_000
LAYERS = ("raw", "staging", "analytics")
MB = 1e6


def growth(bench: Bench) -> Outcome:
    """Bytes of a month whose days were all corrected, swept, against one whose days came once."""
    with bench.computed_by(SPARK, "month") as once, bench.computed_by(SPARK, "corrected_month") as corrected:
        _fill(bench, once, 1)
        _fill(bench, corrected, 2)
        with Clock() as clock:
            before, after = _bytes(corrected), _swept(corrected)
        plain = _bytes(once)
    notes = (
        f"{DAYS} days of {ROWS:,} orders and as many customers: {plain / MB:.1f} MB",
        f"each corrected: {before / MB:.1f} MB for a week, then {after / MB:.1f} MB",
    )
    return Outcome(after / plain, (Side("sweep", clock.seconds),), notes=notes)


def _fill(bench: Bench, platform: Platform, times: int) -> None:
    platform.forget()
    for number in range(DAYS):
        day = FIRST_DAY + timedelta(days=number)
        for time in range(times):
            # one row more makes it another delivery
            platform.deliver("orders", day, *bench.orders(ROWS + time, day=day))
            platform.deliver("customers", day, *bench.customers(ROWS + time))
            platform.fill_feed(day, *LAYERS)


def _swept(platform: Platform) -> int:
    """Bytes that are left a week later."""
    services = platform.services
    later = datetime.now(UTC) + KEPT + timedelta(hours=1)
    sweep(TableFiles(services.settings.tables_url), services.open_warehouse(), SALES.tables, later)
    return _bytes(platform)


def _bytes(platform: Platform) -> int:
    """Of all that lies there: rows, logs, what is in doubt."""
    return sum(file.bytes for file in TableFiles(platform.services.settings.tables_url).below(""))


SCENARIOS = (
    Scenario(
        "engine-month",
        "a month of small days in the lake, each corrected once: bytes a week later",
        "the same month delivered once",
        Promise("at most", 1.5, 1.2),
        growth,
    ),
)
