"""A clean stop: what Dagster's database says of a platform that was stopped on purpose.

Belongs here: runs and signs of life that nobody keeps up any more. Not here: ending processes (`processes.py`).

A worker whose code server is stopped calls its run failed, and somebody is told. One that is being canceled ends it as
canceled. And a daemon that is gone is alive for three minutes by its last signs.
"""

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from acme_platform.deployment.dagster_private import GRPC_INFO_TAG

#: on a run that a stop of the platform ended: no attempt that failed, see `run_requests.py`
STOPPED = "acme/stopped"
LAUNCHED = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]


def cancel_runs(instance: dg.DagsterInstance) -> None:
    """Those of a code server, which is about to end; a command executes its own."""
    for run in instance.get_runs(RunsFilter(statuses=LAUNCHED)):
        if GRPC_INFO_TAG in run.tags:
            instance.add_run_tags(run.run_id, {STOPPED: "true"})
            instance.report_run_canceling(run, "The platform is stopped. Finished days are kept.")


def end_signs(instance: dg.DagsterInstance) -> None:
    """Nobody is alive by them; a daemon that starts gives new ones within seconds."""
    instance.wipe_daemon_heartbeats()
