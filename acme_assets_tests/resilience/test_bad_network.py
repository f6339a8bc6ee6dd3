"""A network that breaks, swallows or delays: what it does is worth another try, and in the end nothing is lacking."""

import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import pytest

from acme_assets_tests.resilience.generations import DAYS, Deliveries
from acme_assets_tests.resilience.proxy import Fault, Proxy, between
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.errors import TryAgain
from acme_platform.services import Services

#: attempts that a fault may cost; of a run a try costs more, and there are fewer
ATTEMPTS = 200

RESET = pytest.param(Fault(reset_after=20_000), id="a reset after some 20 kB of answers")
LOSS = pytest.param(Fault(loss=3), id="three of a hundred lost")
HEAVY_LOSS = pytest.param(Fault(loss=30), id="thirty of a hundred lost", marks=pytest.mark.slow)
SLOW = pytest.param(Fault(delay_seconds=0.005), id="slow")


@pytest.fixture
def deliveries(services: Services) -> Deliveries:
    made = Deliveries(services)
    for number in DAYS:
        made.deliver(number, number)
    return made


def through(url: str, proxy: Proxy) -> str:
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{proxy.port}"))


def proxied(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


@pytest.fixture
def warehouse_proxy(settings: Settings) -> Iterator[Proxy]:
    with between(*proxied(str(settings.warehouse_url))) as proxy:
        yield proxy


@pytest.fixture
def redis_proxy(settings: Settings) -> Iterator[Proxy]:
    with between(*proxied(str(settings.redis_url))) as proxy:
        yield proxy


def fill_until_done(services: Services) -> int:
    """Every day of every table, each tried until it is filled; how many tries failed. Only TryAgain may stop one."""
    pipeline, failures = Pipeline(services), 0
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


@pytest.mark.parametrize("fault", [RESET, LOSS, HEAVY_LOSS, SLOW])
def test_a_bad_way_to_the_warehouse_costs_tries_and_nothing_else(
    settings: Settings, deliveries: Deliveries, warehouse_proxy: Proxy, fault: Fault
) -> None:
    bad = Services(replace(settings, warehouse_url=through(str(settings.warehouse_url), warehouse_proxy)))
    assert bad.warehouse  # migrated while all is well
    warehouse_proxy.fault = fault
    failures = fill_until_done(bad)
    assert bool(failures) == bool(warehouse_proxy.broken) == (not fault.delay_seconds)
    bad.redis.close()
    bad.warehouse.close()
    assert deliveries.found() == deliveries.truth()


@pytest.mark.parametrize("fault", [RESET, LOSS, HEAVY_LOSS, SLOW])
def test_a_bad_way_to_redis_costs_tries_and_nothing_else(
    settings: Settings, deliveries: Deliveries, redis_proxy: Proxy, fault: Fault
) -> None:
    bad = Services(replace(settings, redis_url=through(str(settings.redis_url), redis_proxy)))
    redis_proxy.fault = fault
    for number in range(1, 1 if fault.delay_seconds else 8):
        deliveries.deliver(1, 10 + number)
        fill_until_done(bad)
    fill_until_done(bad)
    bad.redis.close()
    bad.warehouse.close()
    assert deliveries.found() == deliveries.truth()


def test_a_redis_that_swallows_everything_is_left_within_its_time(
    settings: Settings, deliveries: Deliveries, redis_proxy: Proxy
) -> None:
    """Its time is a minute, which is shortened here; the next try finds what the first one left."""
    bad = Services(replace(settings, redis_url=through(str(settings.redis_url), redis_proxy)))
    bad.redis.connection_pool.connection_kwargs["socket_timeout"] = 0.5
    pipeline = Pipeline(bad)
    pipeline.fill(*(day(number) for number in DAYS), layers=("raw", "staging", "analytics"))
    redis_proxy.fault = Fault(black_hole=True)
    began = time.monotonic()
    with pytest.raises(TryAgain, match="Redis"):
        pipeline.fill_table("cache.country", day(DAYS[-1]))
    assert time.monotonic() - began < 30
    redis_proxy.fault = Fault()
    pipeline.fill_table("cache.country", day(DAYS[-1]))
    assert deliveries.found() == deliveries.truth()


def test_a_warehouse_that_is_gone_is_noticed_within_half_a_minute(services: Services) -> None:
    """What the kernel is told of each connection: a peer that does not answer is asked, and then given up."""
    with services.warehouse.transaction("test") as cursor:
        asked = cursor.connection.get_dsn_parameters()
    silent = int(asked["keepalives_idle"]) + int(asked["keepalives_interval"]) * int(asked["keepalives_count"])
    assert silent <= 30
    assert int(asked["tcp_user_timeout"]) <= 30_000
