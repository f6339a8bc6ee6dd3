"""Alerts: a mail when a run has failed for good, one an incident.

Belongs here: what is an incident and what the mail says. Not here: sending it (`mail.py`).

A failed step has had its retries, and a run whose worker was killed is run again by Dagster: neither is told before
the last attempt. Sensors ask again for what failed, under the same reason: the first failure is told, the others are
the same incident.
"""

import time
from collections.abc import Sequence

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

# Dagster, pinned to one version, keeps the name of this tag to itself.
from dagster._core.storage.tags import WILL_RETRY_TAG

from acme_assets.errors import TryAgain
from acme_assets.failure import failures
from acme_assets.mail import Mailer
from acme_assets.partitions import tagged_days
from acme_assets.sensor import REASON
from acme_assets.services import Services

ATTEMPTS, PAUSE_SECONDS = 3, 2


def failure_mail() -> dg.SensorDefinition:
    """The sensor `failure_mail`, for runs of every feed."""

    @dg.run_failure_sensor(
        name="failure_mail",
        description="Mails ACME_ALERT_TO when a run has failed for good, once an incident.",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def failure_mail(context: dg.RunFailureSensorContext, services: dg.ResourceParam[Services]) -> None:
        run = context.dagster_run
        if is_told(context.instance, run):
            return
        subject, text = composed(run, list(failures(context.get_step_failure_events())), context.failure_event.message)
        context.log.error(f"{subject}\n{text}")
        if services.mailer and services.settings.alert_to:
            _send(services.mailer, services.settings.alert_to, subject, text)

    return failure_mail


def is_told(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether somebody else tells of this failure: a further attempt, or the first failure of the same reason."""
    if _is_tried_again(run):
        return True
    if REASON not in run.tags:
        return False
    same = RunsFilter(tags={REASON: run.tags[REASON]}, statuses=[DagsterRunStatus.FAILURE])
    final = [one.run_id for one in instance.get_runs(same, ascending=True) if not _is_tried_again(one)]
    return run.run_id not in final[:1]


def _is_tried_again(run: dg.DagsterRun) -> bool:
    return run.tags.get(WILL_RETRY_TAG) == "true"


def composed(run: dg.DagsterRun, failed: list[tuple[str, str]], said: str | None) -> tuple[str, str]:
    """Subject and text: what failed, where, why, and the next command."""
    days = tagged_days(run.tags)
    of = f" of {days}" if days else ""
    first = failed[0][0] if failed else "a run"
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    causes = [f"{table}: {message}" for table, message in failed] or [said or "no message"]
    again = f"acme run --days {days}" if days else "acme run --days …"
    lines = [
        f"The run {run.run_id[:8]}{of} failed.",
        *causes,
        f"acme status shows what is missing, stale or red; when it is mended: {again}",
    ]
    return f"[acme] {first}{of} failed{more}", "\n\n".join(lines) + "\n"


def _send(mailer: Mailer, to: Sequence[str], subject: str, text: str) -> None:
    """Tried again here, for Dagster calls the sensor once a failed run."""
    for _ in range(ATTEMPTS - 1):
        try:
            mailer.send(to, subject, text)
        except TryAgain:
            time.sleep(PAUSE_SECONDS)
        else:
            return
    mailer.send(to, subject, text)
