"""`acme plan`: what a run, or the platform by itself, would fill, and what stands in the way.

Belongs here: the command. Not here: finding out (`planning/`), how it is written (`plan_report.py`).
"""

from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.changes.plan_report import Form
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, one_of
from acme_platform.config.settings import Settings
from acme_platform.day import Days, parse_days
from acme_platform.model.run_options import USUAL, RunOptions

if TYPE_CHECKING:
    from acme_platform.planning.plan import Plan
    from acme_platform.services import Services

ALL = "*"


def plan(
    days: Annotated[
        Days | None,
        typer.Option(
            "--days", parser=parse_days, metavar="A..B", help="As acme run; unset: what the platform does by itself."
        ),
    ] = None,
    select: Annotated[str, typer.Option(metavar="SELECTION", help="Assets, as the Dagster UI writes them.")] = ALL,
    force: Annotated[bool, typer.Option("--force", help="As acme run: fill again also what stands.")] = False,
    since: Annotated[
        str, typer.Option(metavar="GIT_REF", help="Show what edits of SQL since then mean, as main or HEAD~1.")
    ] = "",
    form: Annotated[Form, one_of(Form)] = Form.TABLE,
) -> None:
    """Show which days of which tables would be filled and why, what is in the way, and what edits of SQL mean.

    Nothing is filled. What only a run finds out is taken to be well: that files can be read and checks pass.
    """
    # Dagster takes half a second to import
    from acme_platform.deployment.instance import instance  # noqa: PLC0415
    from acme_platform.registry import catalog  # noqa: PLC0415
    from acme_platform.runs import Runner  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    services = Services(Settings.from_env())
    if select == ALL:
        tables = tuple(catalog.tables())
    else:
        with instance(services) as opened:
            tables = Runner(services, opened).select(select)
    show(services, tables, days, RunOptions(force=force), since, form)
    left_out = [broken for broken in catalog.broken().values() if broken.kind == "feed"] if select == ALL else []
    for broken in left_out:
        console.complain(broken.error)
    if left_out:
        raise typer.Exit(1)


def show(
    services: "Services",
    tables: tuple[str, ...],
    days: Days | None,
    options: RunOptions = USUAL,
    since: str = "",
    form: Form = Form.TABLE,
) -> None:
    """Find it out and write it."""
    from acme_platform.cli.changes.plan_report import Report  # noqa: PLC0415  # as in `plan`
    from acme_platform.planning.asked import older_sql  # noqa: PLC0415  # as in `plan`
    from acme_platform.planning.edits import edits  # noqa: PLC0415  # as in `plan`

    edited = edits(services, tables, since)
    found = _found(services, tables, days, options)
    planned = {(filling.table, filling.day) for filling in found.fillings}
    older = [
        (table.full_name, [day for day in of_days if (table.full_name, day) not in planned])
        for table, of_days in older_sql(services, tables)
    ]
    Report(found, older, edited, days).write(form)


def _found(services: "Services", tables: tuple[str, ...], days: Days | None, options: RunOptions) -> "Plan":
    from acme_platform.planning.asked import of_run, of_waiting  # noqa: PLC0415  # as in `plan`

    return of_run(services, tables, days, options) if days else of_waiting(services, tables)


COMMAND = Command(
    plan,
    examples=(
        "acme plan",
        "acme plan --days 2024-01-01..2024-01-14 --select 'staging/sales_orders+'",
        "acme plan --days 2024-01-02 --force --format json",
        "acme plan --since main --format markdown",
    ),
)
