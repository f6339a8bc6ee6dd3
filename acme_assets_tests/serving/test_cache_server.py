"""A Redis of the test's own that has no room, evicts, is killed, or starts without its file."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from acme_assets_tests.support.days import deliver
from acme_assets_tests.support.pipeline import FEED, Pipeline, day, environment
from acme_platform.config.settings import Settings
from acme_platform.embedded import running
from acme_platform.errors import TryAgain
from acme_platform.materialize.cache_lag import differing_days
from acme_platform.materialize.fill import ensure_filled
from acme_platform.monitoring.doctor.keys import redis_writes
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import catalog
from acme_platform.services import Services

COUNTRY = catalog.table("cache.country")
WHOLE = {
    "country:USA": {"users_counts": "1", "order_amount": "10.00"},
    "country:Norway": {"users_counts": "0", "order_amount": "0.00"},
}


@pytest.fixture
def filled(settings: Settings, tmp_path: Path) -> Iterator[Pipeline]:
    """Day 1 down to a Valkey that nobody else uses."""
    own = replace(settings, home=tmp_path / "own", redis_url=None)
    with running(own) as addresses:
        services = Services(replace(own, redis_url=addresses.redis_url))
        with closing(services.open_warehouse()), closing(services.open_redis()):
            pipeline = Pipeline(services)
            deliver(services, 1, 2)
            pipeline.fill(day(1))
            yield pipeline


def differs(pipeline: Pipeline) -> bool:
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        return bool(differing_days(cursor, pipeline.services, FEED.tables))


def mended(pipeline: Pipeline) -> None:
    ensure_filled(pipeline.services, FEED, COUNTRY, day(1), "another run")
    assert pipeline.hashes() == WHOLE
    assert not differs(pipeline)


def test_a_redis_without_room_is_tried_again_and_whole_when_it_has_some(filled: Pipeline) -> None:
    client = filled.services.open_redis()
    client.delete("country:USA")
    client.config_set("maxmemory", "1")
    with pytest.raises(TryAgain, match="Redis takes no writes"):
        ensure_filled(filled.services, FEED, COUNTRY, day(1), "another run")
    assert filled.hashes() == {"country:Norway": WHOLE["country:Norway"]}
    client.config_set("maxmemory", "0")
    mended(filled)


def test_evicted_keys_come_back_and_the_doctor_names_the_setting(filled: Pipeline) -> None:
    client = filled.services.open_redis()
    client.config_set("maxmemory-policy", "allkeys-random")
    client.config_set("maxmemory", "1")
    until = time.monotonic() + 10
    while client.dbsize():
        client.execute_command("EVAL", "return 1", 0)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        assert time.monotonic() < until
    assert differs(filled)
    with closing(Patient(environment(filled.services.settings))) as patient:
        (finding,) = redis_writes(patient)
    assert "maxmemory-policy is allkeys-random" in finding.said
    client.config_set("maxmemory", "0")
    mended(filled)


@pytest.mark.parametrize("loses_its_file", [True, False])
def test_a_redis_that_was_killed_is_whole_at_the_next_look(filled: Pipeline, *, loses_its_file: bool) -> None:
    client = filled.services.open_redis()
    before, folder = client.info("server"), str(client.config_get("dir")["dir"])
    if loses_its_file:
        shutil.rmtree(folder)
        Path(folder).mkdir()
    os.kill(int(before["process_id"]), signal.SIGKILL)
    until = time.monotonic() + 60
    while run_id(client) in (before["run_id"], ""):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert differs(filled) == loses_its_file
    mended(filled)


def run_id(client: redis.Redis) -> str:
    """Empty while it does not answer."""
    try:
        return str(client.info("server")["run_id"])
    except redis.RedisError:
        return ""
