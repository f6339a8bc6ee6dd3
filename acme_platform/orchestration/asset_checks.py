"""Asset checks: a table's checks as one step behind its asset, blocking what follows when a `must` is broken.

Belongs here: Dagster's side of checks. Not here: what they select (`builtin.py`).

One step for all checks of a table: measured, ten separate checks cost 121 ms a run, ten in one step 88 ms. A range is
one evaluation in Dagster, so the days that broke stand in its metadata, and each day's verdict in the ledger.

The checks have no partitions of their own, though their tables do. Dagster 1.13 plans a partitioned check for every day
of a range and then hears of the range as a whole: every passed day stayed "Skipped", red in the UI. An evaluation a day
would mend that for 40 events a day, each with two connections to its database.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

import dagster as dg

from acme_platform.checks.builtin import checks
from acme_platform.checks.check import SHOWN, Check
from acme_platform.cursor import Cursor
from acme_platform.day import Days, outside, spans
from acme_platform.deployment.run_tags import tagged_days
from acme_platform.interrupts import on_interrupt
from acme_platform.ledger import builds, check_results
from acme_platform.ledger.check_results import MUST, Verdict
from acme_platform.materialize.judging import judge
from acme_platform.materialize.layers import machinery
from acme_platform.materialize.machinery import PlaceCheck
from acme_platform.model.table import Table
from acme_platform.orchestration import markdown
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.orchestration.assets import as_dagster_failures
from acme_platform.orchestration.standing_checks import shown, standing_checks
from acme_platform.services import Services
from acme_platform.wording import count

#: broken days that are named before the rest is counted
NAMED = 3
#: in the metadata: days on which there was nothing to compare
UNCOMPARED = "nothing_to_compare"

Evaluation = Callable[[Cursor, Services, date], Verdict]


def asset_check(table: Table) -> dg.AssetChecksDefinition:
    """Every check of the table as one step."""

    @dg.multi_asset_check(
        name=f"{table.layer}__{table.name}__checks",
        specs=_specs(table),
        can_subset=True,
        required_resource_keys={"services"},
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        services: Services = context.resources.services
        # Not yielded inside the block: Dagster abandons a step that is interrupted, and the block would end much later.
        with as_dagster_failures(context.retry_number), on_interrupt(services.open_warehouse().cancel):
            results = list(_results(context, services, table))
        yield from results

    return check


def _specs(table: Table) -> list[dg.AssetCheckSpec]:
    key = asset_key(table.full_name)
    # Without it a check that compares two tables of one layer could look before the other one is filled.
    reads = {check.name: [asset_key(other) for other in check.reads] for check in checks(table)}
    of_days = [
        dg.AssetCheckSpec(
            name, asset=key, description=meaning, blocking=severity == MUST, additional_deps=reads.get(name)
        )
        for (name, severity, meaning), _ in _evaluations(table)
    ]
    standing = [dg.AssetCheckSpec(check.name, asset=key, description=check.meaning) for check in standing_checks(table)]
    return of_days + standing


def _results(context: dg.AssetCheckExecutionContext, services: Services, table: Table) -> Iterator[dg.AssetCheckResult]:
    """Of the checks that were chosen."""
    chosen = {selected.name for selected in context.selected_asset_check_keys}
    for (check, severity, _), evaluate in _evaluations(table):
        if check in chosen:
            yield _result(table, check, severity, _verdicts(context, services, table, evaluate))
    for chosen_check in (candidate for candidate in standing_checks(table) if candidate.name in chosen):
        with services.open_warehouse().transaction(f"{context.run.run_id[:8]} check {table.full_name}") as cursor:
            finding = chosen_check.look(cursor, services, table)
        yield dg.AssetCheckResult(**shown(table, chosen_check, finding))


def _evaluations(table: Table) -> Iterator[tuple[tuple[str, str, str], Evaluation]]:
    """(name, severity, meaning) -> how to judge one day."""
    for check in checks(table):
        yield (check.name, check.severity, check.meaning), _selecting(check, table)
    for place in machinery(table).checks(table):
        yield (place.name, place.severity, place.meaning), _looking(place, table)


def _selecting(check: Check, table: Table) -> Evaluation:
    return lambda cursor, services, day: judge(services, cursor, check, table, day)


def _looking(check: PlaceCheck, table: Table) -> Evaluation:
    return lambda cursor, services, day: check.on(cursor, services, table, day)


def _verdicts(
    context: dg.AssetCheckExecutionContext, services: Services, table: Table, evaluate: Evaluation
) -> list[Verdict]:
    """Judge every day of the run, and keep the verdicts where later runs look for them.

    In one transaction: with a commit for each the two weeks of the demo would wait for the disk 500 times.
    """
    days = _days(context, services, table)
    with services.open_warehouse().transaction(f"{context.run.run_id[:8]} check {table.full_name}") as cursor:
        verdicts = [evaluate(cursor, services, day) for day in days]
        for verdict in verdicts:
            check_results.record(cursor, verdict, context.run.run_id)
    return verdicts


def _days(context: dg.AssetCheckExecutionContext, services: Services, table: Table) -> Iterable[date]:
    """The run's days, without those that are none of ours. The button "Execute all" of the UI names none; it is for the
    newest day that is built.
    """
    if days := tagged_days(context.run.tags):
        return [] if outside(days, services.settings.first_day) else days
    with services.open_warehouse().transaction(f"{context.run.run_id[:8]} check {table.full_name}") as cursor:
        return sorted(builds.by_day(cursor, table.full_name))[-1:]


def _result(table: Table, check: str, severity: str, verdicts: list[Verdict]) -> dg.AssetCheckResult:
    """Where there was nothing to compare on any day the check has not passed; it only warns, and stops nobody."""
    broken = [verdict for verdict in verdicts if verdict.is_broken]
    empty = [verdict.day for verdict in verdicts if not verdict.compared]
    stops = severity == MUST and (broken or not empty)
    return dg.AssetCheckResult(
        asset_key=asset_key(table.full_name),
        check_name=check,
        passed=any(verdict.passed for verdict in verdicts) and not broken,
        severity=dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN,
        description=_said(broken, empty) if verdicts else "nothing to compare: there is no such day",
        metadata=_shown(verdicts, broken) | ({UNCOMPARED: _few(empty)} if empty else {}),
    )


def _few(days: Iterable[date]) -> str:
    ranges = spans(days)
    more = f" and {count(len(ranges) - NAMED, 'more range')} of days" if len(ranges) > NAMED else ""
    return ", ".join(map(str, ranges[:NAMED])) + more


def _said(broken: list[Verdict], empty: list[date]) -> str | None:
    """What stands beside the mark, before anybody opens the rows."""
    if not broken:
        return f"nothing to compare on {_few(empty)}" if empty else None
    days = ", ".join(f"{verdict.broken_rows:,} of {verdict.day}" for verdict in broken[:NAMED])
    more = f" and {count(len(broken) - NAMED, 'more day')}" if len(broken) > NAMED else ""
    return f"rows that break it: {days}{more}"


def _shown(verdicts: list[Verdict], broken: list[Verdict]) -> dict[str, Any]:
    """The one number is what the UI plots over time."""
    days = str(Days(verdicts[0].day, verdicts[-1].day)) if verdicts else "none is built yet"
    if not broken:
        return {"days": days, "broken_rows": 0}
    sample = [{"day": str(verdict.day), **row} for verdict in broken for row in verdict.sample]
    return {
        "days": days,
        "broken_rows": sum(verdict.broken_rows for verdict in broken),
        "broken_days": [f"{verdict.day}: {count(verdict.broken_rows, 'row')}" for verdict in broken],
        "first_broken_rows": dg.MarkdownMetadataValue(markdown.table(sample[:SHOWN])),
    }
