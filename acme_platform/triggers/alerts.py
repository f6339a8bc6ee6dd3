"""Alerts: mails about what is wrong with a feed, one an incident, and one when all of it is over.

Which answers of a feed a correction changed is told as well, once each.

Belongs here: the sensors that look. Not here: what is wrong (`problems.py`), what was told (`incidents.py`,
`changed_answers.py`), what a mail says (`alert_mails.py`), sending (`mail.py`).

What stands in the warehouse is told from there, whether a run failed or not. A run that ended without a word in it, for
its worker was killed each time, is noted by `failed_runs`.
"""

from collections.abc import Iterator
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
from acme_platform.monitoring import changed_answers, incidents
from acme_platform.monitoring.problems import RUN, Trouble, broken, troubles
from acme_platform.registry import catalog
from acme_platform.registry.broken_feed import Broken
from acme_platform.services import Services
from acme_platform.triggers import alert_mails
from acme_platform.triggers.alert_mails import Mail

INTERVAL_SECONDS = 30


def alerts() -> dg.SensorDefinition:
    """The sensor `alerts`, for every feed."""

    @dg.sensor(
        name=sensor_names.ALERTS,
        description="Mails ACME_ALERT_TO what is wrong with a feed, once an incident, when it is over, and which"
        " answers a correction changed.",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def alerts(context: dg.SensorEvaluationContext, services: dg.ResourceParam[Services]) -> dg.SkipReason:
        feeds = [*catalog.feeds().values(), *map(_stand_in, catalog.broken().values())]
        wrong = [mail for feed in feeds for mail in tell(services, feed, datetime.now(UTC))]
        for subject, text in wrong:
            context.log.error(f"{subject}\n{text}")
        changed = [mail for feed in feeds for mail in tell_changed(services, feed)]
        for subject, text in changed:
            context.log.info(f"{subject}\n{text}")
        return dg.SkipReason("; ".join(subject for subject, _ in [*wrong, *changed]) or "nothing new to tell")

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


def tell(services: Services, feed: Feed, now: datetime) -> Iterator[Mail]:
    """Look at the feed and mail what is new; the mails.

    The transaction that remembers a mail ends after the server took it: a server that is away is asked again, and a
    crash in between costs a second mail, not the only one.
    """
    with services.open_warehouse().transaction(f"{feed.name} alerts") as cursor:
        incidents.observe(cursor, feed.name, [*broken(feed), *troubles(cursor, services, feed, now)])
        incidents.close_runs(cursor, feed.name, [table.full_name for table in feed.tables])
    for due, composed, remember in (
        (incidents.to_tell, alert_mails.broken, incidents.told),
        (incidents.recovered, alert_mails.mended, incidents.told_over),
    ):
        with services.open_warehouse().transaction(f"{feed.name} alerts") as cursor:
            if due_incidents := due(cursor, feed.name):
                yield _sent(services, composed(feed, due_incidents))
                remember(cursor, due_incidents)


def tell_changed(services: Services, feed: Feed) -> Iterator[Mail]:
    """Mail which of the feed's answers a correction changed; the mail, if there was one. Remembered as above."""
    with services.open_warehouse().transaction(f"{feed.name} alerts") as cursor:
        if corrections := changed_answers.to_tell(cursor, feed):
            yield _sent(services, alert_mails.changed(feed, corrections))
            changed_answers.told(cursor, corrections)


def _stand_in(broken: Broken) -> Feed:
    """A feed that cannot be loaded has no tables to be looked at; what is wrong is the feed itself."""
    return Feed(broken.name, "", broken.feed.owner if broken.feed else "", ())


def _sent(services: Services, mail: Mail) -> Mail:
    if services.mailer and services.settings.alert_to:
        services.mailer.send(services.settings.alert_to, *mail)
    return mail
