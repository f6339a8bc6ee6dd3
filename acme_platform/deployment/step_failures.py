"""A run's failed steps: which table failed, and what it says itself.

Belongs here: reading Dagster's events. Not here: who is told (`run.py` on the terminal, `alerts.py` by mail).
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from acme_platform.errors import TryAgain

if TYPE_CHECKING:
    from acme_platform.deployment.dagster_private import StepFailureData


#: on the failure of a step: nothing went wrong, its days were not ready
WAITS = "waits"


def only_waited(events: Sequence[dg.DagsterEvent]) -> bool:
    """Every step that failed refused days that were not ready: nothing is to be told that the asker has not read."""
    told = [event.step_failure_data.user_failure_data for event in events if event.is_step_failure]
    return bool(told) and all(failure and failure.metadata.get(WAITS) == dg.BoolMetadataValue(True) for failure in told)


def failures(events: Sequence[dg.DagsterEvent]) -> Iterator[tuple[str, str]]:
    """What failed, `staging.sales_orders` or `staging.sales_orders checks`, and why."""
    for event in events:
        if event.is_step_failure:
            layer, name, *checks = str(event.step_key).split("__")
            yield " ".join([f"{layer}.{name}", *checks]), _message(event.step_failure_data)


def _message(failure: "StepFailureData") -> str:
    """Without Dagster's wrapping: the error says itself what happened and what to do."""
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    cause = failure.error and (failure.error.cause or failure.error)
    return (
        cause.message.strip().removeprefix(f"{TryAgain.__module__}.{TryAgain.__qualname__}: ")
        if cause
        else "no message"
    )
