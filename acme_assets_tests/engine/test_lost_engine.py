"""An engine that is not there, is killed or comes back as another one: told apart, and never an answer by half."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from acme_assets.sample import write_sample
from acme_assets_tests.embedded.homes import settings_of, state, until
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform import embedded
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.engine.session.connect import Connect, translated
from acme_platform.errors import MendInput, OurBug, TryAgain
from acme_platform.services import Services

MINUTES = "select sum(hash(a.id * b.id)) as n from range(100000) as a cross join range(1000000) as b"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Settings]:
    """Where an engine of the test's own runs, which may be killed."""
    settings = settings_of(tmp_path / "home")
    embedded.engine(settings)
    yield settings
    embedded.stop(settings)


def kill_engine(settings: Settings) -> None:
    """And wait until another one answers in its place."""
    killed = state(settings, "sail").pid
    assert killed
    os.kill(killed, signal.SIGKILL)
    until(lambda: state(settings, "sail").pid not in (killed, None), seconds=60)


@pytest.mark.slow
def test_nobody_there_is_worth_another_try() -> None:
    with pytest.raises(TryAgain, match=r"sc://127.0.0.1:1 was lost, or is not there"):
        Connect("sc://127.0.0.1:1").ask("select 1 as n")


@pytest.mark.slow
def test_killed_amid_a_statement_it_is_tried_again_and_works(own: Settings) -> None:
    session = Connect(embedded.engine(own))
    assert session.ask("select 1 as n")["n"].to_pylist() == [1]
    killer = threading.Timer(1.5, kill_engine, [own])
    killer.start()
    with pytest.raises(TryAgain):
        session.ask(MINUTES)
    killer.join()
    assert session.ask("select 2 as n")["n"].to_pylist() == [2]


def test_an_engine_that_came_back_between_two_statements_gives_no_answer_of_another_mode(own: Settings) -> None:
    """Its new session would take what does not fit for null."""
    session = Connect(embedded.engine(own))
    session.ask("select 1 as n")
    kill_engine(own)
    with pytest.raises((TryAgain, OurBug)):
        session.ask("select cast('many' as int) as n")
    with pytest.raises(OurBug):
        session.ask("select cast('many' as int) as n")


def test_a_day_whose_engine_is_lost_is_the_day_before(
    own: Settings, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_ENGINE", "spark")
    settings = replace(services.settings, engine_url=embedded.engine(own), tables_url=(tmp_path / "tables").as_uri())
    pipeline = Pipeline(replace(services, settings=settings))
    write_sample("sales", Days(day(1), day(1)), rows=200, seed=3, dirty=0, to=tmp_path / "lake")
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"))
    before = pipeline.ask("select * from analytics.sales_by_country order by 1, 2")
    write_sample("sales", Days(day(1), day(1)), rows=100, seed=4, dirty=0, to=tmp_path / "lake")
    pipeline.fill(day(1), layers=("raw",))
    kill_engine(own)
    with pytest.raises(TryAgain):
        pipeline.fill(day(1), layers=("staging", "analytics"))
    assert pipeline.ask("select * from analytics.sales_by_country order by 1, 2") == before
    pipeline.fill(day(1), layers=("staging", "analytics"))
    assert pipeline.ask("select * from analytics.sales_by_country order by 1, 2") != before


def test_where_its_packages_are_missing_the_command_that_installs_them_is_named(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acme_platform.services.find_spec", lambda name: None if name == "pyspark" else name)
    with pytest.raises(MendInput, match="not installed: pyspark\n") as refused:
        services.open_spark()
    assert refused.value.next_step == "make engine"


def test_the_embedded_engine_is_given_no_keys_of_a_bucket(services: Services) -> None:
    in_bucket = replace(services, settings=replace(services.settings, tables_url="s3://tables/here"))
    with pytest.raises(MendInput, match="reads tables of a folder"):
        in_bucket.open_spark()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Resources exhausted: failed to allocate 1 GB", MendInput),
        ("status = StatusCode.UNIMPLEMENTED", MendInput),
        ("status = StatusCode.UNAVAILABLE, Connection refused", TryAgain),
        ("Table not found", OurBug),
    ],
)
def test_what_an_engine_says_is_told_apart(said: str, kind: type[Exception]) -> None:
    assert type(translated(RuntimeError(said), "sc://host:1")) is kind
