"""`acme run`: materialize days now."""

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.changes.plan import show
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, DaysOption
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.model.run_options import USUAL, RunOptions

if TYPE_CHECKING:
    from acme_platform.runs import Outcome, Runner
    from acme_platform.services import Services

ALL = "*"


def run(
    days: DaysOption,
    select: Annotated[str, typer.Option(metavar="SELECTION", help="Assets, as the Dagster UI writes them.")] = ALL,
    force: Annotated[bool, typer.Option("--force", help="Fill again also what stands.")] = False,
    accept_rejects: Annotated[
        bool, typer.Option("--accept-rejects", help="Take deliveries of which too much cannot be read as they are.")
    ] = False,
    accept_loss: Annotated[bool, typer.Option("--accept-loss", help="Caches may lose most of their keys.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what would be filled, as acme plan.")] = False,
) -> None:
    """Materialize a range of days, and then whatever became stale by it.

    Every day is a transaction of its own: what is finished stays finished, whatever happens to the days after it, and
    the same command does the rest. A long range is several runs (ACME_RUN_DAYS), and they stand in the Dagster UI like
    any other.
    """
    # Dagster takes half a second to import
    from acme_platform.deployment.instance import instance  # noqa: PLC0415
    from acme_platform.registry import catalog  # noqa: PLC0415
    from acme_platform.runs import Runner  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    services = Services(Settings.from_env())
    with instance(services) as opened:
        options = RunOptions(force=force, accepts_rejects=accept_rejects, accepts_loss=accept_loss)
        runner = Runner(services, opened)
        if plan:
            show(services, runner.select(select), days, options)
            return
        outcomes = materialize(runner, services, select, days, options)
    left_out = [broken for broken in catalog.broken().values() if broken.kind == "feed"] if select == ALL else []
    for broken in left_out:
        console.complain(broken.error)
    if left_out or not all(outcome.success for outcome in outcomes):
        raise typer.Exit(1)


@dataclass(frozen=True)
class Range:
    """Days of tables that a command fills."""

    tables: tuple[str, ...]
    days: Days
    #: the newest event of the instance when the command began
    since: int
    #: the words that chose the tables
    chosen: str = ""
    options: RunOptions = USUAL

    def again(self, runner: "Runner") -> str:
        """The command that does the rest.

        Forced it begins at the first day that is not done, or it would fill the others twice; and it must be forced:
        days that stood before are otherwise left as they are.
        """
        done = runner.done(self.tables, self.days, self.since) if self.options.force else {}
        if left := [day for day in self.days if any(day not in days for days in done.values())]:
            return f"acme run --days {Days(left[0], left[-1])}{self.chosen}{self.options.words}"
        return f"acme run --days {self.days}{self.chosen}{replace(self.options, force=False).words}"


def materialize(
    runner: "Runner", services: "Services", select: str, days: Days, options: RunOptions = USUAL
) -> "list[Outcome]":
    """Run the days, then what became stale; every outcome is printed when it is there."""
    chosen = f" --select {shlex.quote(select)}" if select != ALL else ""
    asked = Range(runner.select(select), days, runner.newest_event(), chosen, options)
    try:
        outcomes = watched(runner, services, asked) + catch_up(runner, services)
    except KeyboardInterrupt:
        console.warn(f"interrupted; finished days are kept, and {asked.again(runner)} does the rest")
        raise
    return outcomes


def catch_up(runner: "Runner", services: "Services") -> "list[Outcome]":
    """Fill again what is stale."""
    since, outcomes = runner.newest_event(), list["Outcome"]()
    for tables, stale in runner.refreshes():
        console.say(f"{stale} became stale in {', '.join(tables)}: filling again")
        outcomes += watched(runner, services, Range(tables, stale, since))
    return outcomes


def watched(runner: "Runner", services: "Services", work: Range) -> "list[Outcome]":
    """The runs of the range one after the other, under one bar and with one summary, also when it is cut short."""
    # rich's progress bars take as long to import as the rest of the command line
    from acme_platform.cli.terminal.watch import report, show_done, watching  # noqa: PLC0415

    runs, outcomes = runner.runs(work.days), list["Outcome"]()
    try:
        with watching(work.tables, work.days) as watch:
            services.progress = watch
            for days in runs:
                outcomes.append(runner.run(work.tables, days, work.options))
                watch.passed(days)
    finally:
        report(outcomes)
        console.say(watch.summary([outcome.run_id for outcome in outcomes], len(runs)))
        if len(outcomes) < len(runs):
            show_done(runner.done(work.tables, work.days, work.since), work.days)
    if not all(outcome.success for outcome in outcomes):
        console.say(f"  next: mend what is red above, then {work.again(runner)} does the rest")
    return outcomes


COMMAND = Command(
    run,
    examples=(
        "acme run --days 2024-01-02",
        "acme run --days 2024-01-01..2024-01-14 --select 'staging/sales_orders+'",
        "acme run --days yesterday..today --select 'group:sales'",
        "acme run --days 2024-01-02 --force",
        "acme run --days 2024-01-01..2024-01-14 --plan",
        "acme run --days 2024-01-02 --select raw/sales_orders+ --accept-rejects",
    ),
)
