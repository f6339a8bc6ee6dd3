"""Starting: what a person waits for before anything is done."""

import subprocess
import sys

from benchmarks.bench import Bench
from benchmarks.measure import Clock, Side
from benchmarks.scenario import Outcome, Promise, Scenario, sides

IMPORT = "import dagster"
HELP = "import sys; sys.argv = ['acme', '--help']; from acme_platform.cli import main; main()"
LOAD = "from acme_assets.definitions import defs; defs().get_repository_def().load_all_definitions()"


def acme_help(bench: Bench) -> Outcome:
    return _beside_dagster(bench, HELP, "acme --help")


def code_location(bench: Bench) -> Outcome:
    return _beside_dagster(bench, LOAD, "loading the code location")


def _beside_dagster(bench: Bench, program: str, name: str) -> Outcome:
    pairs = bench.alternate(_python(program), _python(IMPORT), rounds=2 * bench.scale.rounds)
    return Outcome(pairs.cost, sides(pairs, name, IMPORT), len(pairs.ours))


def _python(program: str) -> Side:
    def once() -> float:
        with Clock() as clock:
            subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
        return clock.seconds

    once()
    return once


SCENARIOS = (
    Scenario("help", "acme --help", 'python -c "import dagster"', Promise("at most", 0.4), acme_help),
    Scenario(
        "code-location",
        "loading the code location",
        'python -c "import dagster"',
        Promise("at most", 2.5),
        code_location,
    ),
)
