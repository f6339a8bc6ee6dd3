"""Profiling: what each column of a delivered file holds, beside pandas, which judges no values."""

import os
import subprocess
import sys
from pathlib import Path

from acme_platform.profiling.profile import profile
from acme_platform.profiling.subject import of_file
from benchmarks.bench import Bench
from benchmarks.measure import Clock
from benchmarks.peer import PROGRAMS
from benchmarks.scenario import Outcome, Promise, Scenario, sides


def file(bench: Bench) -> Outcome:
    rows, platform = bench.scale.file, bench.platform()
    (delivered,) = bench.orders(rows)

    def ours() -> float:
        with Clock() as clock, platform.services.open_warehouse().transaction("benchmark") as cursor:
            profile(cursor, of_file(cursor, delivered))
        return clock.seconds

    pairs = bench.alternate(ours, lambda: _described(delivered))
    return Outcome(pairs.cost, sides(pairs, "acme profile", "pandas", rows), len(pairs.ours))


def _described(delivered: Path) -> float:
    """pandas is a part of the platform, so no environment of its own is made."""
    done = subprocess.run(
        [sys.executable, str(PROGRAMS / "pandas_profile.py")],
        env=os.environ | {"PEER_FILE": str(delivered)},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


SCENARIOS = (
    Scenario(
        "profile",
        "acme profile of a file: types by the rules of loading, patterns, keys, suspicions",
        "pandas read_csv + describe",
        Promise("at most", 40, 20),
        file,
    ),
)
