"""A network that breaks, swallows or delays: what it does is worth another try, and in the end nothing is lacking."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from acme_assets_tests.resilience.generations import DAYS, Deliveries
from acme_assets_tests.resilience.proxy import Fault, Proxy, between
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.deployment.storage import KeepingStorage
from acme_platform.errors import TryAgain
from acme_platform.ingest.database.source import Source
from acme_platform.services import Services
from acme_platform.warehouse.connection import KEEPALIVE, Warehouse

#: attempts that a fault may cost; of a run a try costs more, and there are fewer
ATTEMPTS = 200

RESET = pytest.param(Fault(reset_after=20_000), id="a reset after some 20 kB of answers")
LOSS = pytest.param(Fault(loss=3), id="three of a hundred lost")
HEAVY_LOSS = pytest.param(Fault(loss=30), id="thirty of a hundred lost", marks=pytest.mark.slow)
SLOW = pytest.param(Fault(delay_seconds=0.005), id="slow")


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


@pytest.mark.few(1)
@pytest.mark.parametrize("fault", [RESET, LOSS, HEAVY_LOSS, SLOW])
def test_a_bad_way_to_the_warehouse_costs_tries_and_nothing_else(
    settings: Settings, deliveries: Deliveries, warehouse_proxy: Proxy, fault: Fault
) -> None:
    bad = Services(replace(settings, warehouse_url=through(str(settings.warehouse_url), warehouse_proxy)))
    assert bad.open_warehouse()  # migrated while all is well
    warehouse_proxy.fault = fault
    failures = fill_until_done(bad)
    # few connections are made: by chance none of them was lost yet
    for generation in range(2, ATTEMPTS):
        if warehouse_proxy.broken or fault.delay_seconds:
            break
        deliveries.deliver(1, generation)
        failures += fill_until_done(bad)
    # a connection that broke while nobody used it costs no try
    assert bool(failures) <= bool(warehouse_proxy.broken) == (not fault.delay_seconds)
    bad.open_redis().close()
    bad.open_warehouse().close()
    assert deliveries.found() == deliveries.truth()


@pytest.mark.few(1)
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
    bad.open_redis().close()
    bad.open_warehouse().close()
    assert deliveries.found() == deliveries.truth()


def test_a_redis_that_swallows_everything_is_left_within_its_time(
    settings: Settings, deliveries: Deliveries, redis_proxy: Proxy
) -> None:
    """Its time is a minute, which is shortened here; the next try finds what the first one left."""
    bad = Services(replace(settings, redis_url=through(str(settings.redis_url), redis_proxy)))
    bad.open_redis().connection_pool.connection_kwargs["socket_timeout"] = 0.5
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
    with services.open_warehouse().transaction("test") as cursor:
        asked = cursor.connection.get_dsn_parameters()
    silent = int(asked["keepalives_idle"]) + int(asked["keepalives_interval"]) * int(asked["keepalives_count"])
    assert silent <= 30
    assert int(asked["tcp_user_timeout"]) <= 30_000


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that is gone is noticed within three seconds instead of thirty."""
    sooner = {"keepalives_idle": 1, "keepalives_interval": 1, "keepalives_count": 2, "tcp_user_timeout": 3_000}
    for name, value in sooner.items():
        monkeypatch.setitem(KEEPALIVE, name, value)


def given_up(proxy: Proxy, ask: Callable[[], object]) -> BaseException:
    """How asking ends whose server vanishes a moment later; within the bound of the connection."""
    threading.Timer(1, proxy.vanish).start()
    began = time.monotonic()
    with pytest.raises(Exception) as ended:  # noqa: PT011  # the caller says which
        ask()
    assert 1 <= time.monotonic() - began < 15
    return ended.value


@pytest.mark.slow
def test_a_warehouse_that_vanishes_amid_a_statement_is_worth_another_try(
    settings: Settings,
    deliveries: Deliveries,
    warehouse_proxy: Proxy,
    impatient: None,  # noqa: ARG001 (the connections')
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the middle of filling a day; and when it is back, nothing is lacking."""
    bad = Services(replace(settings, warehouse_url=through(str(settings.warehouse_url), warehouse_proxy)))
    pipeline = Pipeline(bad)
    pipeline.fill(day(DAYS[0]), layers=("raw",))
    with monkeypatch.context() as patch:
        patch.setattr("acme_platform.transform.staging.ensure", lambda at, _: at.execute("select pg_sleep(60)"))
        ended = given_up(warehouse_proxy, lambda: pipeline.fill_table("staging.sales_orders", day(DAYS[0])))
    assert isinstance(ended, TryAgain), ended
    assert "was not ready" in ended.message
    fill_until_done(bad)
    bad.open_redis().close()
    bad.open_warehouse().close()
    assert deliveries.found() == deliveries.truth()


@pytest.mark.slow
def test_a_source_that_vanishes_is_worth_another_try(
    settings: Settings,
    warehouse_proxy: Proxy,
    impatient: None,  # noqa: ARG001 (the connections')
) -> None:
    source = Source(through(str(settings.warehouse_url), warehouse_proxy))

    def ask() -> None:
        with source.asked("test") as cursor:
            cursor.execute("select pg_sleep(60)")

    assert isinstance(given_up(warehouse_proxy, ask), TryAgain)


@pytest.mark.slow
def test_dagsters_storage_that_vanishes_is_left(
    dagster_url: str,
    impatient: None,  # noqa: ARG001 (the connections')
) -> None:
    """A run would wait for it for two hours, its place in the queue taken."""
    with between(*proxied(dagster_url)) as proxy:
        storage: Any = KeepingStorage(through(dagster_url, proxy))  # its parts are as untyped as Dagster's

        def ask() -> None:
            with storage._event_log_storage._connect() as connection:
                connection.execute(text("select pg_sleep(60)"))

        assert isinstance(given_up(proxy, ask), OperationalError)
        storage._event_log_storage.dispose()


@pytest.mark.slow
def test_a_warehouse_that_takes_connections_and_says_nothing_is_left(settings: Settings) -> None:
    """A firewall that lets the connection be made, and then nothing through: ten seconds."""
    with between(*proxied(str(settings.warehouse_url))) as proxy:
        proxy.fault = Fault(black_hole=True)
        bad = Warehouse(through(str(settings.warehouse_url), proxy))
        began = time.monotonic()
        with pytest.raises(TryAgain), bad.transaction("test"):
            pass
        assert time.monotonic() - began < 20
