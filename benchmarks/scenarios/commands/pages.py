"""Pages: what `acme docs` takes over the warehouse that the demo leaves."""

import os
import subprocess
import sys
from statistics import median

from acme_platform import embedded
from benchmarks.bench import Bench, home_settings
from benchmarks.measure import Clock
from benchmarks.scenario import Outcome, Promise, Scenario, Side

COMMAND = "import sys; sys.argv = ['acme', *sys.argv[1:]]; from acme_platform.cli import main; main()"


def demo(bench: Bench) -> Outcome:
    """A home of its own, for the demo begins one."""
    home = home_settings(bench.home / "demo")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ACME_")}
    environment["ACME_HOME"] = str(home.home)
    try:
        if not (home.home / "filled").exists():
            _acme(environment, "demo")
            (home.home / "filled").touch()
        seconds = median(_acme(environment, "docs") for _ in range(bench.scale.rounds))
    finally:
        embedded.release(home)
    return Outcome(seconds, (Side("acme docs", seconds),), bench.scale.rounds)


def _acme(environment: dict[str, str], *words: str) -> float:
    with Clock() as clock:
        subprocess.run([sys.executable, "-c", COMMAND, *words], env=environment, check=True, stdout=subprocess.DEVNULL)
    return clock.seconds


SCENARIOS = (Scenario("docs", "acme docs over the demo's warehouse", "-", Promise("at most", 15, 8, "s"), demo),)
