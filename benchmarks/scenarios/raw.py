"""Files into raw: the platform's whole path, screened, numbered and in the ledger, beside psql and beside itself."""

import re
from pathlib import Path

from benchmarks.bench import Bench, Load, PsqlCopy
from benchmarks.scenario import Outcome, Promise, Scenario, sides

TEXTS = "order_id text, customer_id text, order_date text, amount text"
#: the first two fields of a row
TWO_FIELDS = re.compile(rb"^([^,\n]*),([^,\n]*),", re.MULTILINE)
CHUNK = 1 << 24


def beside_psql(bench: Bench) -> Outcome:
    rows = bench.scale.file
    platform, (file,) = bench.platform(), bench.orders(rows)
    ours = Load(platform, [file])
    pairs = bench.alternate(ours, PsqlCopy(platform, file, TEXTS))
    return Outcome(pairs.speed, sides(pairs, "one connection", "psql \\copy", rows), len(pairs.ours), ours.peak)


def two_connections(bench: Bench) -> Outcome:
    rows = bench.scale.file
    platform = bench.platform()
    ours = Load(platform, bench.orders(rows, parts=4))
    pairs = bench.alternate(ours, Load(platform, bench.orders(rows)))
    return Outcome(pairs.speed, sides(pairs, "two connections", "one", rows), len(pairs.ours), ours.peak)


def quoted(bench: Bench) -> Outcome:
    rows = bench.scale.file
    platform, (file,) = bench.platform(), bench.orders(rows)
    ours = Load(platform, [_quoted(file)])
    pairs = bench.alternate(ours, Load(platform, [file]))
    return Outcome(pairs.speed, sides(pairs, "quoted", "unquoted", rows), len(pairs.ours), ours.peak)


def gzipped(bench: Bench) -> Outcome:
    return _compressed(bench, "gzip")


def zstandard(bench: Bench) -> Outcome:
    return _compressed(bench, "zstd")


def _compressed(bench: Bench, how: str) -> Outcome:
    rows = bench.scale.file
    platform = bench.platform()
    packed = bench.orders(rows, parts=4, compress="gzip" if how == "gzip" else "zstd")
    ours = Load(platform, packed)
    pairs = bench.alternate(ours, Load(platform, bench.orders(rows, parts=4)))
    return Outcome(pairs.speed, sides(pairs, f"{how} parts", "plain parts", rows), len(pairs.ours), ours.peak)


def _quoted(file: Path) -> Path:
    """The same file with its first two fields in quotes, in every row."""
    target = file.parents[3] / f"quoted-{file.parents[2].name}.csv"
    if not target.exists():
        draft = target.with_suffix(".tmp")
        with file.open("rb") as source, draft.open("wb") as out:
            out.write(source.readline())
            while lines := source.readlines(CHUNK):
                out.write(TWO_FIELDS.sub(rb'"\1","\2",', b"".join(lines)))
        draft.rename(target)
    return target


SCENARIOS = (
    Scenario(
        "raw-one-connection",
        "files → raw, clean CSV, one connection",
        "psql \\copy into a bare all-text table",
        Promise("at least", 0.80, 0.90),
        beside_psql,
    ),
    Scenario(
        "raw-two-connections",
        "files → raw, four parts, two connections",
        "one file, one connection",
        Promise("at least", 1.6, 1.9),
        two_connections,
    ),
    Scenario("raw-quoted", "files → raw, quotes in every row", "unquoted", Promise("at least", 0.6, 0.8), quoted),
    Scenario("raw-gzip", "files → raw, gzip parts", "plain parts", Promise("at least", 0.7), gzipped),
    Scenario("raw-zstd", "files → raw, zstd parts", "plain parts", Promise("at least", 0.85), zstandard),
)
