"""Processes of ours: the embedded servers, and Dagster's daemon with its sensors and runs.

Belongs here: what runs, and what failed while running. Not here: what the servers answer (`database.py`, `keys.py`).
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from acme_platform.day import outside
from acme_platform.deployment.run_tags import tagged_days
from acme_platform.embedded import states
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.monitoring.sensor_status import SensorState, sensor_states
from acme_platform.wording import count

#: a daemon gives a sign every 30 seconds; one that is busy may miss some
SIGN = 180.0
RECENT = timedelta(days=1)


def embedded_servers(patient: Patient) -> Iterator[Finding]:
    """Start what is embedded, and say where it is; raises what keeps it from starting."""
    _ = patient.services.attach()
    for server in states(patient.settings):
        if server.kind == "embedded" and server.running:
            yield ok(server.name, f"{server.version}, process {server.pid}, at {server.address}, in {server.folder}")


def dagster_schema(patient: Patient) -> Iterator[Finding]:
    """Dagster's tables are those of this Dagster."""
    there, newest = patient.dagster.run_storage.alembic_version() or (None, None)
    if there == newest:
        yield ok("dagster schema", str(there))
    else:
        yield bad("dagster schema", f"is {there}, this Dagster wants {newest}", "acme migrate")


def daemon(patient: Patient) -> Iterator[Finding]:
    """Without it no sensor looks and no queued run starts."""
    signs = patient.dagster.get_daemon_heartbeats()
    fresh = {name for name, sign in signs.items() if time.time() - sign.timestamp < SIGN}
    # one without any sign has not begun: `acme up` forgets old ones when it starts
    silent = sorted(set(patient.dagster.get_required_daemon_types()) & signs.keys() - fresh)
    errors = [error.message.strip() for name in fresh for error in signs[name].errors or ()]
    queued = patient.dagster.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]))
    if not fresh and queued:
        yield warn("daemon", f"does not run, and {queued} queued runs wait for it", "acme up")
    elif not fresh:
        yield warn("daemon", "does not run: new files wait for acme run", "acme up")
    elif silent or errors:
        log = patient.settings.home / "logs" / "daemon.log"
        said = "; ".join([*errors, *(f"{name} gives no sign" for name in silent)])
        yield bad("daemon", said, f"stop acme up and start it again; its log is {log}")
    else:
        yield ok("daemon", f"runs, {count(queued, 'run')} queued")


def sensors(patient: Patient) -> Iterator[Finding]:
    """A sensor that somebody stopped stays stopped, whatever the code says."""
    return map(_sensor, sensor_states(patient.dagster))


def _sensor(sensor: SensorState) -> Finding:
    subject, looked = (
        f"sensor {sensor.name}",
        f"{sensor.looked_at:%Y-%m-%d %H:%M:%S} UTC" if sensor.looked_at else "never",
    )
    if sensor.stopped:
        return bad(
            subject, f"is stopped, looked last: {looked}", f"acme up; in its UI, Automation: switch {sensor.name} on"
        )
    if sensor.has_failed:
        return bad(
            subject, f"failed at {looked}: {sensor.said}", f"mend what it says; in the UI, Automation, {sensor.name}"
        )
    return ok(subject, f"on, looked last: {looked}; {sensor.said}" if sensor.said else f"on, looked last: {looked}")


def failed_runs(patient: Patient) -> Iterator[Finding]:
    """Of the last day; what they left undone is among the missing and stale days."""
    since = datetime.now(UTC) - RECENT
    failed = patient.dagster.get_run_records(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], created_after=since), order_by="id"
    )
    if not failed:
        yield ok("runs", "none failed in the last day")
        return
    newest = failed[0].dagster_run
    days = tagged_days(newest.tags)
    said = f"{len(failed)} failed in the last day, the newest is {newest.run_id[:8]} of {days or 'no day'}"
    is_ours = days and not outside(days, patient.settings.first_day)
    yield warn("runs", said, f"acme run --days {days}" if is_ours else "see it in the UI of acme up, Runs")
