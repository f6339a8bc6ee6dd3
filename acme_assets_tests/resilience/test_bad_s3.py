"""An S3 that misbehaves costs tries and nothing else, from its objects to Redis, by the client that we really use."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from acme_assets_tests.resilience.bad_s3 import BadS3, before
from acme_assets_tests.resilience.generations import DAYS, Deliveries
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.errors import TryAgain
from acme_platform.services import Services
from acme_platform.triggers.new_files import look

ATTEMPTS = 50


@dataclass(frozen=True)
class Lake:
    """A bucket with three days of deliveries, and the way to it."""

    deliveries: Deliveries
    behind: Services
    bad: BadS3

    def fill_until_done(self) -> int:
        """Every day of every table; how many tries failed. Only TryAgain may stop one."""
        pipeline, failures = Pipeline(self.behind), 0
        for table in pipeline.feed.tables:
            for number in DAYS:
                for _ in range(ATTEMPTS):
                    try:
                        pipeline.fill_table(table.full_name, day(number))
                        break
                    except TryAgain:
                        failures += 1
                else:
                    raise AssertionError(f"{table.full_name} of day {number} was not filled in {ATTEMPTS} tries")
        return failures


@pytest.fixture
def lake(settings: Settings, s3: str, s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    # the client tries thrice by itself, with pauses that grow
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    monkeypatch.setattr("botocore.retryhandler.delay_exponential", lambda *_, **__: 0.0)
    settings = replace(settings, lake_url=f"s3://{s3_bucket}/lake")
    good, behind = Services(settings), Services(settings)
    deliveries = Deliveries(good)
    for number in DAYS:
        deliveries.deliver(number, number)
    with before(s3) as bad:
        monkeypatch.setenv("AWS_ENDPOINT_URL", bad.url)
        yield Lake(deliveries, behind, bad)
    for services in (good, behind):
        services.open_warehouse().close()
        services.open_redis().close()


@pytest.mark.few(1)
@pytest.mark.parametrize(("refused", "truncated"), [(30, 0), (70, 0), (0, 50), (30, 30)])
def test_errors_and_bodies_cut_short_cost_tries_and_nothing_else(lake: Lake, refused: int, truncated: int) -> None:
    lake.bad.refused, lake.bad.truncated = refused, truncated
    failures = lake.fill_until_done()

    assert bool(failures) == ("truncated" in lake.bad.struck or refused > 50)
    assert {*lake.bad.struck} == {what for what, share in (("refused", refused), ("truncated", truncated)) if share}
    assert lake.deliveries.found() == lake.deliveries.truth()


@pytest.mark.slow
def test_an_object_that_is_replaced_between_the_listing_and_the_reading_is_read_as_it_is_then(lake: Lake) -> None:
    """Never half of one and half of the other, nor the new one under the name of the old."""

    def overtake(path: str) -> None:
        lake.bad.overtaken = lambda _path: None
        lake.bad.struck.append(path)
        lake.deliveries.deliver(1, 11)

    lake.bad.overtaken = overtake
    with pytest.raises(TryAgain, match="was replaced since it was found"):
        Pipeline(lake.behind).fill_table("raw.sales_orders", day(1))
    assert Pipeline(lake.behind).ask("select state from ledger.deliveries where state = 'visible'") == []
    assert lake.fill_until_done() == 0
    assert lake.deliveries.found() == lake.deliveries.truth()


@pytest.mark.slow
def test_a_look_at_a_server_that_refuses_half_of_all_requests_sees_all_or_says_that_it_did_not(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acme_platform.triggers.new_files.SETTLE", timedelta())
    lake.bad.refused = 50
    seen = 0
    for _ in range(20):
        try:
            arrived = look(lake.behind, Pipeline(lake.behind).feed)
        except TryAgain:
            continue
        seen += 1
        assert arrived.failure or set(arrived.days) == {day(number) for number in DAYS}
    assert seen
