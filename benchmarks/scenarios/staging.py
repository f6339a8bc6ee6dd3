"""Files into staging: typed, validated, deduplicated, what cannot be read in quarantine."""

from benchmarks.bench import Bench, Load, PsqlCopy
from benchmarks.scenario import Outcome, Promise, Scenario, sides

TYPES = "order_id bigint, customer_id bigint, order_date date, amount numeric(14, 2)"
#: broken lines, unreadable values, duplicates: every kind of dirt that samples know
DIRTY = 0.002


def beside_psql(bench: Bench) -> Outcome:
    rows = bench.scale.file
    platform, (file,) = bench.platform(), bench.orders(rows)
    ours = Load(platform, bench.orders(rows, parts=4), ("raw", "staging"))
    pairs = bench.alternate(ours, PsqlCopy(platform, file, TYPES))
    return Outcome(pairs.speed, sides(pairs, "raw + staging", "psql \\copy", rows), len(pairs.ours), ours.peak)


def dirty(bench: Bench) -> Outcome:
    rows = bench.scale.file
    platform = bench.platform()
    ours = Load(platform, bench.orders(rows, dirty=DIRTY), ("raw", "staging"))
    pairs = bench.alternate(ours, Load(platform, bench.orders(rows), ("raw", "staging")))
    return Outcome(pairs.speed, sides(pairs, "dirty", "clean", rows), len(pairs.ours), ours.peak)


SCENARIOS = (
    Scenario(
        "staging",
        "files → raw + typed, validated, deduplicated staging, two cores",
        "psql \\copy into a bare typed table, one connection",
        Promise("at least", 0.60, 0.90),
        beside_psql,
    ),
    Scenario(
        "dirty",
        "files → raw + staging, 0.2 % dirty rows of every kind",
        "the clean load",
        Promise("at least", 0.80, 0.90),
        dirty,
    ),
)
