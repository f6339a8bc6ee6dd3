"""The platform as `acme up` starts it, with everything of its own: servers, lake, Dagster.

Belongs here: starting and stopping it, and asking it what no page says reliably. Not here: the browser (`page.py`).

Pages poll, so a test waits for what Dagster's own interface answers and looks at the page afterwards.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from acme_assets_tests.support.pipeline import Pipeline
from acme_platform import embedded as servers
from acme_platform.config.settings import Settings
from acme_platform.deployment.processes import free_port
from acme_platform.services import Services

ACME = Path(sys.executable).parent / "acme"
#: the backfill daemon looks every 30 s, which nothing can change
PATIENCE_SECONDS = 90.0
#: between the daemon's look at a sensor and its note that a tick began; a moment, but the first comes with the stop
TICK_BEGINS_SECONDS = 3.0
FOREIGN = ("ACME_", "AWS_", "DAGSTER_")

SENSORS = """{ sensorsOrError(repositorySelector:
    {repositoryName: "__repository__", repositoryLocationName: "acme_assets"}) {
        ... on Sensors { results { name sensorState { id status } } } } }"""
STOP_SENSOR = "mutation ($id: String!) { stopSensor(id: $id) { __typename } }"
RUNS = """query ($tags: [ExecutionTag!]!) { runsOrError(filter: {tags: $tags}) {
    ... on Runs { results { runId status tags { key value } } } } }"""
MATERIALIZED = """query ($key: AssetKeyInput!, $days: [String!]!) { assetNodeOrError(assetKey: $key) {
    ... on AssetNode { assetMaterializations(partitions: $days) {
        partition metadataEntries { label ... on IntMetadataEntry { intValue } } } } } }"""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Run:
    """A run as Dagster knows it."""

    run_id: str
    status: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Platform:
    """A running platform. `feed` delivers to it and reads its warehouse and Redis."""

    address: str
    home: Path
    first_day: date
    feed: Pipeline

    def acme(self, *words: object) -> "subprocess.CompletedProcess[str]":
        """Type a command beside the running `acme up`."""
        command = [str(ACME), *map(str, words)]
        environment = _environment(self.home, self.first_day)
        return subprocess.run(command, env=environment, cwd=self.home, capture_output=True, text=True, check=False)

    def ask(self, query: str, **variables: object) -> Any:  # noqa: ANN401  # JSON
        """What Dagster answers to the question that a page would ask."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(  # noqa: S310  # our own address
            f"{self.address}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own address
            (data,) = json.load(answer)["data"].values()
        return data

    def sensors(self) -> list[dict[str, Any]]:
        """Empty until the code is loaded."""
        found = self.ask(SENSORS)
        return found.get("results", []) if found else []

    def stop_sensors(self) -> None:
        """Until they stay stopped: a tick that begins meanwhile writes back the state that it read before, running."""
        until(self.sensors)
        while running := [
            sensor["sensorState"] for sensor in self.sensors() if sensor["sensorState"]["status"] == "RUNNING"
        ]:
            for state in running:
                self.ask(STOP_SENSOR, id=state["id"])
            time.sleep(TICK_BEGINS_SECONDS)

    def runs(self, **tags: object) -> list[Run]:
        """Runs that carry `dagster/<name>` = value for every name."""
        wanted = [{"key": f"dagster/{name}", "value": str(value)} for name, value in tags.items()]
        return [
            Run(one["runId"], one["status"], {tag["key"]: tag["value"] for tag in one["tags"]})
            for one in self.ask(RUNS, tags=wanted)["results"]
        ]

    def finished(self, count: int = 1, **tags: object) -> list[Run]:
        """The runs with these tags, the newest first, once there are `count` and none is under way."""
        return until(lambda: found if len(found := self.runs(**tags)) >= count and all(map(_is_over, found)) else [])

    def row_counts(self, full_name: str, *days: date) -> dict[str, int]:
        """Day -> the row count that its newest materialization shows."""
        wanted = {"key": {"path": full_name.split(".")}, "days": list(map(str, days))}
        return {
            one["partition"]: entry["intValue"]
            for one in reversed(self.ask(MATERIALIZED, **wanted)["assetMaterializations"])
            for entry in one["metadataEntries"]
            if entry["label"] == "dagster/row_count"
        }

    def passwords(self) -> list[str]:
        return [json.loads(record.read_text())["password"] for record in self.home.glob("*/record.json")]


@contextmanager
def started(home: Path, first_day: date) -> Iterator[Platform]:
    """`acme up` until the block ends, then everything stopped."""
    home.mkdir(exist_ok=True)
    embedded = Settings(home, None, None, None, str(home / "lake"), first_day)
    with servers.running(embedded) as cursor, _up(home, first_day) as address:
        known = Settings(home, cursor.warehouse_url, cursor.dagster_url, cursor.redis_url, embedded.lake_url, first_day)
        services = Services(known)
        with closing(services.open_warehouse()), closing(services.open_redis()):
            yield Platform(address, home, first_day, Pipeline(services))
    servers.stop(embedded)


@contextmanager
def _up(home: Path, first_day: date) -> Iterator[str]:
    port = free_port()
    with (home / "up.log").open("w") as log:
        process = subprocess.Popen(
            [str(ACME), "up", "--port", str(port)],
            env=_environment(home, first_day),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: process.poll() is not None or "the Dagster UI is at" in (home / "up.log").read_text())
        assert process.poll() is None, (home / "up.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def _environment(home: Path, first_day: date) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**own, "ACME_HOME": str(home), "ACME_FIRST_DAY": str(first_day), "ACME_SERVE_PORT": "0"}


def _is_over(run: Run) -> bool:
    return run.status in ("SUCCESS", "FAILURE", "CANCELED")


def until(look: Callable[[], Found]) -> Found:
    """What `look` gives as soon as it gives something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.2)
    return found
