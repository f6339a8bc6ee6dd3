"""`acme run`: materialize days now."""

import shlex
from collections.abc import Mapping, Set
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from acme_assets.cli import console
from acme_assets.cli.command import Command, DaysOption
from acme_assets.day import Days
from acme_assets.settings import Settings

if TYPE_CHECKING:
    from acme_assets.run import Outcome, Runner
    from acme_assets.services import Services

ALL = "*"


def run(
    days: DaysOption,
    select: Annotated[str, typer.Option(metavar="SELECTION", help="Assets, as the Dagster UI writes them.")] = ALL,
    force: Annotated[bool, typer.Option("--force", help="Fill again also what stands.")] = False,
) -> None:
    """Materialize a range of days, and then whatever became stale by it.

    Every day is a transaction of its own: what is finished stays finished, whatever happens to the days after it, and
    the same command does the rest. A long range is several runs (ACME_RUN_DAYS), and they stand in the Dagster UI like
    any other.
    """
    # Dagster takes half a second to import
    from acme_assets.instance import instance  # noqa: PLC0415
    from acme_assets.run import Runner  # noqa: PLC0415
    from acme_assets.services import Services  # noqa: PLC0415

    services = Services(Settings.from_env())
    with instance(services) as opened:
        outcomes = materialize(Runner(services, opened), services, select, days, force=force)
    if not all(outcome.success for outcome in outcomes):
        raise typer.Exit(1)


def materialize(
    runner: "Runner", services: "Services", select: str, days: Days, *, force: bool = False
) -> "list[Outcome]":
    """Run the days, then what became stale; every outcome is printed when it is there."""
    chosen = f" --select {shlex.quote(select)}" if select != ALL else ""
    tables, since = runner.select(select), runner.newest_event()
    try:
        outcomes = _watched(runner, services, tables, days, since, force=force, chosen=chosen)
        for behind, stale in runner.refreshes():
            console.say(f"{stale} became stale in {', '.join(behind)}: filling again")
            outcomes += _watched(runner, services, behind, stale, since)
    except KeyboardInterrupt:
        rest, forced = days, ""
        # Without it days that stand would be left as they are; with it for all days they would be filled twice.
        if force and (lacking := _lacking(runner.done(tables, days, since), days)):
            rest, forced = lacking, " --force"
        console.warn(f"interrupted; finished days are kept, and acme run --days {rest}{chosen}{forced} does the rest")
        raise
    return outcomes


def _lacking(done: Mapping[str, Set[date]], days: Days) -> Days | None:
    """From the first to the last day that not every table has."""
    found = [day for day in days if any(day not in these for these in done.values())]
    return Days(found[0], found[-1]) if found else None


def _watched(
    runner: "Runner",
    services: "Services",
    tables: tuple[str, ...],
    days: Days,
    since: int,
    *,
    force: bool = False,
    chosen: str = "",
) -> "list[Outcome]":
    """The runs of the range one after the other, under one bar and with one summary, also of a range cut short."""
    # rich's progress bars take as long to import as the rest of the command line
    from acme_assets.cli.watch import report, show_done, watching  # noqa: PLC0415

    runs, outcomes = runner.runs(days), list["Outcome"]()
    try:
        with watching(tables, days) as watch:
            services.progress = watch
            for some in runs:
                outcomes.append(runner.run(tables, some, force=force))
                watch.passed(some)
    finally:
        report(outcomes)
        console.say(watch.summary([outcome.run_id for outcome in outcomes], len(runs)))
        if len(outcomes) < len(runs):
            show_done(runner.done(tables, days, since), days)
    if not all(outcome.success for outcome in outcomes):
        console.say(f"  next: mend what is red above, then acme run --days {days}{chosen} does the rest")
    return outcomes


COMMAND = Command(
    run,
    examples=(
        "acme run --days 2024-01-02",
        "acme run --days 2024-01-01..2024-01-14 --select 'staging/sales_orders+'",
        "acme run --days yesterday..today --select 'group:sales'",
        "acme run --days 2024-01-02 --force",
    ),
)
