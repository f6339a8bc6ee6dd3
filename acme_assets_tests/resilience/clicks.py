"""Somebody who clicks Materialize in the UI, again and again, so that there always is a worker.

Belongs here: asking the UI's server for runs. Not here: what the sensors ask for by themselves.
"""

import json
import random
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from acme_assets_tests.resilience.generations import DAYS
from acme_assets_tests.support.pipeline import FEED, day
from acme_assets_tests.support.up import Up
from acme_platform.day import Days
from acme_platform.deployment.run_tags import range_tags

UNFINISHED = """{ runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED]}) {
    ... on Runs { results { runId } } } }"""
LAUNCH = """mutation ($run: ExecutionParams!) { launchRun(executionParams: $run) {
    ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
CODE = {"repositoryName": "__repository__", "repositoryLocationName": "acme_assets", "jobName": "__ASSET_JOB"}
#: as many runs as there should always be, and seconds between two looks whether there are
RUNS, INTERVAL = 2, 1.0


@contextmanager
def clicking(up: Up) -> Iterator[None]:
    """Until the end of the block; what does not answer is asked again."""
    over, chosen = threading.Event(), random.Random(20240101)  # noqa: S311  # the same days in every run

    def click() -> None:
        while not over.wait(INTERVAL):
            with suppress(OSError, LookupError, TypeError, ValueError):  # it is away, or its code is
                if len(_ask(up, UNFINISHED)["results"]) < RUNS:
                    _ask(up, LAUNCH, run=_from(chosen.choice(DAYS)))

    thread = threading.Thread(target=click, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _from(first: int) -> dict[str, Any]:
    """Every table of the feed, from the day to the last one."""
    tags = range_tags(Days(day(first), day(DAYS[-1])))
    assets = [{"path": table.full_name.split(".")} for table in FEED.tables]
    return {
        "selector": CODE | {"assetSelection": assets},
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
    }


def _ask(up: Up, query: str, **variables: object) -> Any:  # noqa: ANN401  # JSON
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(  # our own address
        f"http://127.0.0.1:{up.port}/graphql", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # our own address
        (data,) = json.load(answer)["data"].values()
    return data
