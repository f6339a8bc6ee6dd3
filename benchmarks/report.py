"""The report: figures as JSON, as lines on a terminal, and as a page for people.

Belongs here: what is written. Not here: the bars (`chart.py`).
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.chart import bars
from benchmarks.machine import Machine
from benchmarks.scale import Scale
from benchmarks.scenario import Outcome, Scenario

HERE = Path(__file__).parent
RESULTS = HERE / "results"
BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"


@dataclass(frozen=True)
class Line:
    """One row of the table with its figure, or why there is none."""

    scenario: Scenario
    outcome: Outcome | None
    why_not: str = ""

    @property
    def verdict(self) -> str:
        if self.outcome is None:
            return "not measured"
        return "kept" if self.scenario.promise.is_kept(self.outcome.value) else "missed"

    @property
    def figure(self) -> str:
        if self.outcome is None:
            return self.why_not
        return f"{self.outcome.value:.3g} {self.scenario.promise.unit}"

    def __str__(self) -> str:
        """For a terminal."""
        lines = [f"{self.scenario.name}: {self.figure}  promised {self.scenario.promise}  {self.verdict}"]
        if outcome := self.outcome:
            lines += [f"    {side.name:<24} {side.seconds:8.3f} s{_rate(side.rate)}" for side in outcome.sides]
            lines += [f"    peak memory {outcome.peak_megabytes:.0f} MB"] if outcome.peak_megabytes else []
            lines += [f"    {note}" for note in outcome.notes]
        return "\n".join(lines)

    def facts(self) -> dict[str, Any]:
        """For the JSON result."""
        scenario = self.scenario
        facts = {"work": scenario.work, "against": scenario.against, "promise": asdict(scenario.promise)}
        return facts | {"verdict": self.verdict} | (asdict(self.outcome) if self.outcome else {})


def _rate(rate: float) -> str:
    return f" {rate:12,.0f} rows/s" if rate else ""


def keep(scale: Scale, machine: Machine, lines: list[Line]) -> Path:
    """Write the figures into the scale's result; those of scenarios that did not or could not run stay as they were."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{scale.name}.json"
    known = json.loads(path.read_text())["scenarios"] if path.exists() else {}
    measured = [line for line in lines if line.outcome]
    fresh = {line.scenario.name: {"measured": str(date.today()), **line.facts()} for line in measured}
    content = {"scale": asdict(scale), "machine": asdict(machine), "scenarios": known | fresh}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def publish(result: Path) -> None:
    """Put the figures of every scale into benchmarks/README.md, with a chart of this result's bars and promises."""
    (RESULTS / f"{result.stem}.svg").write_text(bars(json.loads(result.read_text())["scenarios"]))
    tables = "\n\n".join(_table(json.loads(path.read_text()), path.stem) for path in sorted(RESULTS.glob("*.json")))
    page = HERE / "README.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}")


def _table(content: dict[str, Any], scale: str) -> str:
    machine = content["machine"]
    head = (
        f"Scale `{scale}`, on {machine['cores']} cores of {machine['processor']}, {machine['memory_gb']} GB,"
        f" {machine['system']}, Python {machine['python']}.\n\n![{scale}](results/{scale}.svg)\n\n"
        "| work | against | promised | measured | rows/s | |\n|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(_row(scenario) for scenario in content["scenarios"].values())


def _row(scenario: dict[str, Any]) -> str:
    promise = scenario["promise"]
    sign = {"at least": "≥", "at most": "≤"}
    promised = f"{sign[promise['bound']]} {promise['firm']:g} {promise['unit']}"
    measured = f"{scenario['value']:.3g} {promise['unit']}"
    rates = [f"{side['rows'] / side['seconds']:,.0f}" for side in scenario.get("sides", ()) if side["rows"]]
    work, against, verdict = scenario["work"], scenario["against"], scenario["verdict"]
    return f"| {work} | {against} | {promised} | {measured} | {' : '.join(rates)} | {verdict} |"
