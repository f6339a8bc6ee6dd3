"""`acme wipe`: days that should not be, taken back."""

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.run import ALL, catch_up
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, DaysOption
from acme_platform.config.settings import Settings
from acme_platform.day import Days, spans, today
from acme_platform.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acme_platform.ledger.stray_days import Held
    from acme_platform.model.table import Table
    from acme_platform.services import Services


def wipe(
    days: DaysOption,
    select: Annotated[str, typer.Option(metavar="SELECTION", help="Assets, as the Dagster UI writes them.")] = ALL,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take days back, as if they had never been: in the warehouse, in Redis and in the Dagster UI.

    What is made of a table goes with it. Redis steps back to the newest day that is left, and answers of later days are
    filled again. Files stay in the lake, and those of a day that there is are loaded again: take away what is wrong
    first. What was exported stays, too, and is named. Another database is read again, and may no longer know what its
    rows said on the day. Days before the first day and after today are taken back without asking.
    """
    # Dagster takes half a second to import
    from acme_platform.deployment.instance import instance  # noqa: PLC0415
    from acme_platform.ledger.stray_days import held  # noqa: PLC0415
    from acme_platform.materialize import wipe as wiping  # noqa: PLC0415
    from acme_platform.orchestration import dagster_events  # noqa: PLC0415
    from acme_platform.registry.catalog import table  # noqa: PLC0415
    from acme_platform.runs import Runner  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    services = Services(Settings.from_env())
    with instance(services) as opened:
        runner = Runner(services, opened)
        tables = wiping.made_of(table(name) for name in runner.select(select))
        with services.open_warehouse().transaction("acme wipe") as cursor:
            days_held = held(cursor, tables, days)
        _show(days_held)
        if days_held and _is_ours(days, services.settings):
            _ask(days, select, yes=yes)
        wiping.wipe(services, tables, days)
        dagster_events.forget(services.open_storage(), [wiped.full_name for wiped in tables], days)
        console.say(f"{days}: {console.count(len(days_held), 'day')} of tables taken back")
        _warn_of_files(services, tables, days)
        _warn_of_exports(services, tables, days)
        outcomes = catch_up(runner, services)
    if not all(outcome.success for outcome in outcomes):
        raise typer.Exit(1)


def _is_ours(days: Days, settings: Settings) -> bool:
    """Any of the days is one that there may be."""
    return settings.first_day <= days.last and days.first <= today()


def _show(days_held: "Sequence[Held]") -> None:
    if not days_held:
        console.say("nothing stands of these days")
        return
    lines = []
    for name in dict.fromkeys(held_day.table_name for held_day in days_held):
        of_table = [held_day for held_day in days_held if held_day.table_name == name]
        ranges = ", ".join(map(str, spans(held_day.day for held_day in of_table)))
        lines.append((name, ranges, sum(held_day.rows for held_day in of_table)))
    console.show(("table", "days to take back", "rows"), lines)


def _ask(days: Days, select: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        chosen = f" --select {shlex.quote(select)}" if select != ALL else ""
        raise UsageError("nobody is there to say yes", f"acme wipe --days {days}{chosen} --yes")
    typer.confirm("Take them back?", abort=True)


def _warn_of_exports(services: "Services", tables: "Sequence[Table]", days: Days) -> None:
    """Somebody may have read them, so nothing takes them back."""
    from acme_platform.serving.lake_export import folders  # noqa: PLC0415  # as above

    if any(table.layer.is_sent_out for table in tables):
        for folder in folders(services.lake, days):
            console.warn(f"{services.lake.uri(folder)} was exported and stays: tell who reads it, and take it away")


def _warn_of_files(services: "Services", tables: "Sequence[Table]", days: Days) -> None:
    """They are news: whoever looks at the lake next loads them again."""
    from acme_platform.ingest.files import inventory  # noqa: PLC0415  # Dagster's share of it, as above

    names = {table.full_name for table in tables}
    with services.open_warehouse().transaction("acme wipe") as cursor:
        waiting = inventory.take(cursor, services.lake, services.settings.first_day).waiting
    for file in waiting:
        if file.table_name in names and file.day in days:
            console.warn(f"{file.key} stands in the lake and is loaded again at the next look: take it away")


COMMAND = Command(
    wipe,
    examples=(
        "acme wipe --days 2030-01-01",
        "acme wipe --days 2024-01-02 --select 'group:sales'",
        "acme wipe --days 2024-01-02..2024-01-05 --select 'key:\"raw/sales_orders\"+' --yes",
    ),
)
