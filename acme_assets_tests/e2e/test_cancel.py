"""Canceling from the UI: whole days stay, nothing is held, and whoever waits gets the place.

The page's own questions are asked of Dagster without a browser; the runs are processes, started by the daemon.
"""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from acme_assets_tests.e2e.conftest import DAYS
from acme_assets_tests.e2e.platform import Platform, until
from acme_assets_tests.support.days import waits_for_a_lock
from acme_assets_tests.support.pipeline import FEED
from acme_platform.day import Days, today
from acme_platform.deployment.run_tags import range_tags
from acme_platform.warehouse.connection import lock

FIRST = today() - DAYS
WHOLE = Days(FIRST, FIRST + timedelta(days=2))
SLOW = "staging.sales_orders"
EVERY = [table.full_name for table in FEED.tables]

LAUNCH = """mutation ($run: ExecutionParams!) { launchRun(executionParams: $run) {
    ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
TERMINATE = """mutation ($run: String!) { terminateRun(runId: $run) {
    __typename ... on TerminateRunFailure { message } } }"""
STATUS = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"


@pytest.fixture(scope="module")
def platform(platform: Platform) -> Platform:
    """With three days delivered."""
    for n, on in enumerate(WHOLE):
        platform.feed.deliver("customers", on, "customer_id|customer_name|country\n1|Ann|USA")
        platform.feed.deliver("orders", on, f"order_id|customer_id|order_date|amount\n{n + 1}|1|2024-01-01|10.00")
    return platform


def launch(platform: Platform, tables: Sequence[str]) -> str:
    code = {"repositoryName": "__repository__", "repositoryLocationName": "acme_assets", "jobName": "__ASSET_JOB"}
    selector = code | {"assetSelection": [{"path": table.split(".")} for table in tables]}
    tags = [{"key": key, "value": value} for key, value in range_tags(WHOLE).items()]
    launched = platform.ask(LAUNCH, run={"selector": selector, "executionMetadata": {"tags": tags}})
    run: str = launched["run"]["runId"]
    return run


def terminate(platform: Platform, run: str) -> None:
    assert platform.ask(TERMINATE, run=run)["__typename"] == "TerminateRunSuccess"


def until_status(platform: Platform, status: str, *runs: str) -> None:
    until(lambda: {platform.ask(STATUS, run=run)["status"] for run in runs} == {status})


@pytest.mark.slow
def test_a_run_that_is_canceled_in_the_middle_ends_at_once_and_the_next_one_does_the_rest(platform: Platform) -> None:
    """It waits for a lock that nobody gives back before it is canceled."""
    with platform.feed.services.open_warehouse().transaction("test") as cursor:
        lock(cursor, SLOW)
        run = launch(platform, EVERY)
        until(lambda: waits_for_a_lock(platform.feed.services))
        terminate(platform, run)
        until_status(platform, "CANCELED", run)
        until(lambda: not waits_for_a_lock(platform.feed.services))
    assert platform.feed.built("raw.sales_orders") == {on.day for on in WHOLE}
    assert platform.feed.built(SLOW) == platform.feed.built("cache.country") == set()

    until_status(platform, "SUCCESS", launch(platform, EVERY))

    assert platform.feed.built(SLOW) == platform.feed.built("analytics.sales_by_country") == {on.day for on in WHOLE}
    assert platform.feed.hashes() == {"country:USA": {"users_counts": "1", "order_amount": "30.00"}}


@pytest.mark.slow
def test_a_canceled_run_gives_its_place_to_the_next_and_one_that_waits_leaves_the_queue(platform: Platform) -> None:
    """There are two places. What stands is not filled again, so the days are corrected first."""
    for on in WHOLE:
        platform.feed.deliver("orders", on, "order_id|customer_id|order_date|amount\n9|1|2024-01-01|1.00")
        platform.feed.fill_table("raw.sales_orders", on)
    with platform.feed.services.open_warehouse().transaction("test") as cursor:
        lock(cursor, SLOW)
        at_work = [launch(platform, [SLOW]) for _ in range(2)]
        until_status(platform, "STARTED", *at_work)
        in_vain, patient = launch(platform, [SLOW]), launch(platform, [SLOW])
        until_status(platform, "QUEUED", in_vain, patient)
        terminate(platform, in_vain)
        until_status(platform, "CANCELED", in_vain)
        terminate(platform, at_work[0])
        until_status(platform, "CANCELED", at_work[0])
        until_status(platform, "STARTED", patient)
    until_status(platform, "SUCCESS", at_work[1], patient)
