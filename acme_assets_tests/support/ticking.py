"""The daemon's part, played by a test: ticks of sensors, and the runs that they ask for.

Belongs here: evaluating and executing. Not here: deliveries (`days.py`), expectations.
"""

from collections.abc import Iterable

import dagster as dg
from dagster._core.definitions.sensor_definition import SensorExecutionData

from acme_platform.build import build
from acme_platform.day import Days
from acme_platform.deployment.run_tags import tagged_days
from acme_platform.services import Services


class Platform:
    """The definitions over one test's servers, with the daemon's part played by the test."""

    def __init__(self, services: Services, instance: dg.DagsterInstance) -> None:
        self.services, self.instance = services, instance
        self.definitions = build(services.settings, services)
        #: where each sensor's last tick left off, as the daemon keeps it
        self.cursors: dict[str, str | None] = {}

    def tick(self, sensor: str) -> SensorExecutionData:
        context = dg.build_sensor_context(
            self.instance,
            sensor_name=sensor,
            cursor=self.cursors.get(sensor),
            definitions=self.definitions,
            resources={"services": self.services},
        )
        with context:
            found = self.definitions.resolve_sensor_def(sensor).evaluate_tick(context)
        self.cursors[sensor] = found.cursor
        return found

    def arrivals(self) -> SensorExecutionData:
        return self.tick("sales_arrivals")

    def refresh(self) -> SensorExecutionData:
        return self.tick("sales_refresh")

    def launch(self, requests: Iterable[dg.RunRequest], only: str = "*") -> list[bool]:
        """Run what was asked for, or this much of it, in this process; whether each run succeeded."""
        job = self.definitions.resolve_implicit_global_asset_job_def()
        # not `Runner.select`, which builds definitions of its own: that takes half a second
        every = dg.AssetSelection.from_string(only).resolve(job.asset_layer.asset_graph)
        return [
            job.get_subset(
                asset_selection=set(every if request.asset_selection is None else every & set(request.asset_selection)),
                asset_check_selection=None if request.asset_check_keys is None else set(request.asset_check_keys),
            )
            .execute_in_process(
                instance=self.instance,
                tags=dict(request.tags),
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
            .success
            for request in requests
        ]

    def pretend(self, requests: Iterable[dg.RunRequest], status: dg.DagsterRunStatus) -> None:
        """As if the daemon had started these runs and they had come that far."""
        for request in requests:
            self.instance.add_run(dg.DagsterRun("__ASSET_JOB", status=status, tags=dict(request.tags)))


def days(tick: SensorExecutionData) -> list[Days | None]:
    return [tagged_days(dict(request.tags)) for request in tick.run_requests or []]
