"""`python -m benchmarks`: the scenarios of a scale, one after the other, and their report.

Belongs here: the command. Not here: scenarios.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from acme_platform import embedded
from acme_platform.config.settings import PROJECT
from acme_platform.errors import AcmeError
from benchmarks import report
from benchmarks.bench import Bench
from benchmarks.machine import this_machine
from benchmarks.scale import SCALES
from benchmarks.scenario import CannotRunError, Scenario
from benchmarks.scenarios import SCENARIOS

GB = 1 << 30


def main() -> int:
    arguments = _arguments()
    scale, chosen = SCALES[arguments.scale], _chosen(arguments.only)
    arguments.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(arguments.home).free // GB
    print(f"scale {scale.name}: needs about {scale.disk} GB below {arguments.home}, where {free} GB are free")
    if free < scale.disk:
        return 2
    bench, machine = Bench(arguments.home.resolve(), scale), this_machine()
    print(f"{machine.cores} cores of {machine.processor}, load {machine.load}", flush=True)
    try:
        lines = [_measured(bench, scenario) for scenario in chosen]
    finally:
        embedded.release(bench.settings)
    if not arguments.dry:
        report.publish(report.keep(scale, machine, lines))
    return int(any(line.verdict == "missed" for line in lines))


def _measured(bench: Bench, scenario: Scenario) -> report.Line:
    try:
        line = report.Line(scenario, scenario.run(bench))
    except (CannotRunError, AcmeError) as error:
        line = report.Line(scenario, None, str(error))
    bench.forget()
    print(line, flush=True)
    return line


def _chosen(names: Sequence[str]) -> list[Scenario]:
    unknown = set(names) - {scenario.name for scenario in SCENARIOS}
    if unknown:
        sys.exit(f"no scenario {', '.join(unknown)}; there is: {', '.join(scenario.name for scenario in SCENARIOS)}")
    return [scenario for scenario in SCENARIOS if not names or scenario.name in names]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--scale", choices=sorted(SCALES), default="small")
    parser.add_argument("--only", nargs="*", default=[], metavar="SCENARIO", help="these, not all")
    parser.add_argument("--dry", action="store_true", help="print only, keep nothing")
    parser.add_argument("--home", type=Path, default=PROJECT / ".acme" / "benchmarks", help="servers, samples, peers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
