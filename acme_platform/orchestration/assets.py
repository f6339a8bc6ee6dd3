"""Assets: how a declared table becomes a Dagster asset, and how a run fills its days.

Belongs here: definition and execution of assets. Not here: what filling a day means (`fill.py`), what the UI shows of a
table (`asset_metadata.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import dagster as dg

from acme_platform import full_disk
from acme_platform.deployment.step_failures import WAITS
from acme_platform.errors import AcmeError, MendInput, NotReady, OurBug, RefusedFile, TryAgain, said
from acme_platform.interrupts import on_interrupt
from acme_platform.ledger import readiness
from acme_platform.ledger.failures import attempt
from acme_platform.materialize.fill import ensure_filled, in_order
from acme_platform.materialize.machinery import Filled
from acme_platform.model.run_options import RunOptions
from acme_platform.model.table import Feed, Patience, Table
from acme_platform.orchestration import dagster_events, markdown
from acme_platform.orchestration.asset_metadata import asset_key, described
from acme_platform.orchestration.job_messages import job_messages
from acme_platform.orchestration.partitions import run_days
from acme_platform.services import Services
from acme_platform.wording import count

#: for TryAgain only, see `as_dagster_failures`
RETRIES = dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)

#: failed days whose messages a run shows
NAMED = 10


def asset(
    feed: Feed,
    table: Table,
    partitions: dg.PartitionsDefinition[str],
    policy: dg.BackfillPolicy,
    automation: dg.AutomationCondition[dg.AssetKey] | None = None,
) -> dg.AssetsDefinition:
    """The table as an asset whose key is its path."""

    def materialize(context: dg.AssetExecutionContext) -> None:
        services: Services = context.resources.services
        with (
            as_dagster_failures(context.retry_number, feed.patience),
            on_interrupt(services.open_warehouse().cancel),
            job_messages(context, services, table),
        ):
            fill_days(context, services, feed, table)

    decorate: Callable[[Callable[..., None]], dg.AssetsDefinition] = dg.asset(
        **described(feed, table),
        deps=[asset_key(name) for name in table.upstream],
        partitions_def=partitions,
        backfill_policy=policy,
        automation_condition=automation,
        required_resource_keys={"services"},
    )
    return decorate(materialize)


def fill_days(context: dg.AssetExecutionContext, services: Services, feed: Feed, table: Table) -> None:
    """Fill the run's days one after the other, each in its own transaction and with its own metadata.

    When the run fails, the finished days are reported as materialized before it does, because Dagster itself reports
    a range as a whole or not at all.
    """
    done: dict[date, Filled] = {}
    try:
        _fill_into(done, context, services, feed, table)
    except BaseException:
        for day, filled in done.items():
            context.log_event(_materialized(context.asset_key, day, filled))
        raise
    for day, filled in done.items():
        context.add_asset_metadata(markdown.shown(filled.metadata), partition_key=str(day))


def _materialized(key: dg.AssetKey, day: date, filled: Filled) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(key, partition=str(day), metadata=markdown.shown(filled.metadata))


def _fill_into(
    done: dict[date, Filled], context: dg.AssetExecutionContext, services: Services, feed: Feed, table: Table
) -> None:
    """A day that fails for good stops itself only; what failed is raised when all days were tried."""
    run = run_days(context)
    readiness.refuse_outside(table, run, services.settings.first_day)
    days, failed = in_order(table, run), dict[date, Exception]()
    options = RunOptions.of(context.run.tags)
    made = attempt(services.open_warehouse(), table, context.run.run_id)

    def also(other: Table, day: date, filled: Filled) -> None:
        context.log_event(_materialized(asset_key(other.full_name), day, filled))

    for number, day in enumerate(days):
        try:
            done[day] = ensure_filled(services, feed, table, day, context.run.run_id, options, also)
        except TryAgain as error:
            made.failed(days[number:], error)
            raise
        except Exception as error:  # noqa: BLE001  # all of them are raised below
            made.failed([day], error)
            failed[day] = error
        else:
            services.progress(table.full_name, done[day].rows, done[day].unchanged_since is None)
    if failed:
        dagster_events.wait(context, table, failed)
        raise _together(list(failed.values()), len(days))


def _together(failed: Sequence[Exception], days: int) -> Exception:
    """One error that says what all of them say, of the kind of the first."""
    first = failed[0]
    if days == 1:
        return first
    messages = "\n".join(error.message if isinstance(error, AcmeError) else said(error) for error in failed[:NAMED])
    word = "refused" if all(isinstance(error, RefusedFile) for error in failed) else "failed"
    counted = f"{len(failed)} of {count(days, 'day')} {word}, the others are done"
    kind = type(first) if isinstance(first, AcmeError) else OurBug
    together = kind(f"{messages}\n{counted}", first.next_step if isinstance(first, AcmeError) else "")
    together.__cause__ = first
    return together


@contextmanager
def as_dagster_failures(retries: int, patience: Patience | None = None) -> Iterator[None]:
    """Ask Dagster to retry what passes by itself, and nothing else; `retries` were made before.

    With a growing delay, unless the feed says how patient it is.

    A retry policy of the asset would do the same for every exception, Ctrl-C and the UI's Terminate among them.
    """
    try:
        yield
    except TryAgain as error:
        policy = dg.RetryPolicy(max_retries=patience.retries, delay=patience.seconds) if patience else RETRIES
        raise dg.RetryRequested(policy.max_retries, policy.calculate_delay(retries + 1)) from error
    except MendInput as error:
        # without its cause: a trace through our code says nothing to those who can mend the input
        raise dg.Failure(str(full_disk.full(error) or error), metadata={WAITS: isinstance(error, NotReady)}) from None
    except Exception as error:
        raise dg.Failure(str(full_disk.full(error) or f"our bug: {said(error)}")) from error
