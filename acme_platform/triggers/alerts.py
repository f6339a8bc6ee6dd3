"""Alerts: mails about what is wrong with a feed, one an incident, and one when all of it is over.

Belongs here: the sensors that look, and what a mail says. Not here: what is wrong (`problems.py`), what was told
(`incidents.py`), sending (`mail.py`).

What stands in the warehouse is told from there, whether a run failed or not. A run that ended without a word in it, for
its worker was killed each time, is noted by `failed_runs`.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from acme_platform.day import outside

# Dagster, pinned to one version, keeps the name of this tag to itself.
from acme_platform.deployment.dagster_private import WILL_RETRY_TAG
from acme_platform.deployment.feed_runs import FEED, feed_of
from acme_platform.deployment.run_tags import tagged_days
from acme_platform.deployment.step_failures import failures, only_waited
from acme_platform.model import sensor_names
from acme_platform.model.table import Feed
from acme_platform.monitoring import incidents
from acme_platform.monitoring.incidents import Incident
from acme_platform.monitoring.problems import RUN, Trouble, broken, troubles
from acme_platform.registry import catalog
from acme_platform.registry.broken_feed import Broken
from acme_platform.services import Services

INTERVAL_SECONDS = 30
#: incidents that a mail names before it counts the others
NAMED = 20


def alerts() -> dg.SensorDefinition:
    """The sensor `alerts`, for every feed."""

    @dg.sensor(
        name=sensor_names.ALERTS,
        description="Mails ACME_ALERT_TO what is wrong with a feed, once an incident, and when it is over.",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def alerts(context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]) -> dg.SkipReason:
        feeds = [*catalog.feeds().values(), *map(_stand_in, catalog.broken().values())]
        mails = [mail for feed in feeds for mail in tell(services, feed, datetime.now(UTC))]
        for subject, text in mails:
            context.log.error(f"{subject}\n{text}")
        return dg.SkipReason("; ".join(subject for subject, _ in mails) or "nothing new to tell")

    return alerts


def failed_runs() -> dg.SensorDefinition:
    """The sensor `failed_runs`: a run that failed for good and left nothing in the warehouse becomes an incident."""

    @dg.run_failure_sensor(
        name=sensor_names.FAILED_RUNS,
        description="Notes runs that failed for good and left no reason in the warehouse, for `alerts` to tell.",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def failed_runs(context: dg.RunFailureSensorContext, services: dg.ResourceParam[Services]) -> None:
        run = context.dagster_run
        failed = context.get_step_failure_events()
        if run.tags.get(WILL_RETRY_TAG) != "true" and not only_waited(failed):
            said = [f"{table}: {message}" for table, message in failures(failed)]
            note(services, run, "; ".join(said) or context.failure_event.message or "no message")

    return failed_runs


def note(services: Services, run: dg.DagsterRun, said: str) -> None:
    """Open an incident for the run, unless something else tells why it failed."""
    feed, days = feed_of(run) or next(iter(catalog.feeds().values())), tagged_days(run.tags)
    is_ours = days and not outside(days, services.settings.first_day)
    of, again = f" of {days}" if days else "", f" --days {days}" if is_ours else " --days …"
    # One that is of no feed, housekeeping, is told with the first.
    name = run.tags.get(FEED, feed.name)
    mend = f"acme run{again}" if name == feed.name else "acme doctor; it runs again within the hour"
    trouble = Trouble(RUN, f"a run of {name}{of}", f"{run.run_id[:8]}: {said}", mend)
    with services.open_warehouse().transaction(f"{feed.name} alerts") as cursor:
        if not incidents.explains(cursor, [table.full_name for table in feed.tables], run.run_id):
            incidents.open_run(cursor, feed.name, trouble, days)


def tell(services: Services, feed: Feed, now: datetime) -> Iterator[tuple[str, str]]:
    """Look at the feed and mail what is new; the mails, as (subject, text).

    The transaction that remembers a mail ends after the server took it: a server that is away is asked again, and a
    crash in between costs a second mail, not the only one.
    """
    with services.open_warehouse().transaction(f"{feed.name} alerts") as cursor:
        incidents.observe(cursor, feed.name, [*broken(feed), *troubles(cursor, services, feed, now)])
        incidents.close_runs(cursor, feed.name, [table.full_name for table in feed.tables])
    for due, composed, remember in (
        (incidents.to_tell, _broken, incidents.told),
        (incidents.recovered, _mended, incidents.told_over),
    ):
        with services.open_warehouse().transaction(f"{feed.name} alerts") as cursor:
            if due_incidents := due(cursor, feed.name):
                yield _sent(services, composed(feed, due_incidents))
                remember(cursor, due_incidents)


def _stand_in(broken: Broken) -> Feed:
    """A feed that cannot be loaded has no tables to be looked at; what is wrong is the feed itself."""
    return Feed(broken.name, "", broken.feed.owner if broken.feed else "", ())


def _sent(services: Services, mail: tuple[str, str]) -> tuple[str, str]:
    if services.mailer and services.settings.alert_to:
        services.mailer.send(services.settings.alert_to, *mail)
    return mail


def _broken(feed: Feed, due_incidents: Sequence[Incident]) -> tuple[str, str]:
    """What is wrong, where, why, and the command that mends it."""
    first = due_incidents[0].trouble
    more = f" and {len(due_incidents) - 1} more of {feed.name}" if due_incidents[1:] else ""
    parts = [
        f"{incident.trouble.subject}: {incident.trouble.message}\n  next: {incident.trouble.mend}"
        for incident in due_incidents[:NAMED]
    ]
    said = {"failed": "failed", "red": "is red", "late": "is late", "cache": "is behind", "run": "failed"}[first.kind]
    return f"[acme] {first.subject} {said}{more}", _text([*parts, *_rest(due_incidents)])


def _mended(feed: Feed, over: Sequence[Incident]) -> tuple[str, str]:
    return f"[acme] {feed.name} recovered", _text(
        [*(incident.trouble.subject for incident in over[:NAMED]), *_rest(over)]
    )


def _rest(listed: Sequence[Incident]) -> list[str]:
    return [f"and {len(listed) - NAMED} more"] if listed[NAMED:] else []


def _text(parts: Sequence[str]) -> str:
    return "\n\n".join([*parts, "acme status shows what is missing, stale or red."]) + "\n"
