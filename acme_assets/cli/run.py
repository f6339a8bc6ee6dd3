"""`acme run`: materialize days now."""

import shlex
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
) -> None:
    """Materialize a range of days in one run, and then whatever became stale by it.

    Every day is a transaction of its own: what is finished stays finished, whatever happens to the days after it. The
    run stands in the Dagster UI like any other.
    """
    # Dagster takes half a second to import
    from acme_assets.instance import instance  # noqa: PLC0415
    from acme_assets.run import Runner  # noqa: PLC0415
    from acme_assets.services import Services  # noqa: PLC0415

    services = Services(Settings.from_env())
    with instance(services) as opened:
        outcomes = materialize(Runner(services, opened), services, select, days)
    if not all(outcome.success for outcome in outcomes):
        raise typer.Exit(1)


def materialize(runner: "Runner", services: "Services", select: str, days: Days) -> "list[Outcome]":
    """Run the days, then what became stale; every outcome is printed when it is there."""
    try:
        outcomes = [_watched(runner, services, runner.select(select), days)]
        for tables, stale in runner.refreshes():
            console.say(f"{stale} became stale in {', '.join(tables)}: filling again")
            outcomes.append(_watched(runner, services, tables, stale))
    except KeyboardInterrupt:
        rest = f"acme run --days {days}" + (f" --select {shlex.quote(select)}" if select != ALL else "")
        console.warn(f"interrupted; finished days are kept, and {rest} does the rest")
        raise
    return outcomes


def _watched(runner: "Runner", services: "Services", tables: tuple[str, ...], days: Days) -> "Outcome":
    # rich's progress bars take as long to import as the rest of the command line
    from acme_assets.cli.watch import report, watching  # noqa: PLC0415

    with watching(len(days)) as watch:
        services.progress = watch
        outcome = runner.run(tables, days)
    report(outcome)
    said = "done" if outcome.success else "FAILED, what is finished is kept"
    console.say(
        f"{days}: {sum(map(len, watch.done.values()))} days of {len(tables)} tables {said} (run {outcome.run_id[:8]})"
    )
    return outcome


COMMAND = Command(
    run,
    examples=(
        "acme run --days 2024-01-02",
        "acme run --days 2024-01-01..2024-01-14 --select 'staging/sales_orders+'",
        "acme run --days yesterday..today --select 'group:sales'",
    ),
)
