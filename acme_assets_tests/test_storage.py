"""Dagster's storage keeps its connections, and a cut one costs nothing."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import dagster as dg
import psycopg2
import pytest

from acme_assets.instance import environment
from acme_assets.services import Services
from acme_assets.settings import Settings
from acme_assets.storage import KeepingStorage

OTHERS = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


@pytest.fixture
def storage(dagster_url: str) -> KeepingStorage:
    return KeepingStorage(dagster_url)


@pytest.fixture
def at(storage: KeepingStorage) -> Iterator[psycopg2.extensions.cursor]:
    with closing(psycopg2.connect(storage.postgres_url)) as connection, connection.cursor() as opened:
        connection.autocommit = True
        yield opened


def test_many_questions_are_one_connection(storage: KeepingStorage, at: psycopg2.extensions.cursor) -> None:
    for _ in range(5):
        storage.run_storage.get_runs()
    at.execute(f"select count(*) {OTHERS}")
    assert at.fetchall() == [(1,)]


def test_connections_that_the_server_cut_are_replaced(storage: KeepingStorage, at: psycopg2.extensions.cursor) -> None:
    storage.run_storage.get_runs()
    at.execute(f"select pg_terminate_backend(pid, 5000) {OTHERS}")
    assert at.fetchall()
    assert storage.run_storage.get_runs() == []


def test_the_platform_uses_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(Services(settings)).items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.from_config(str(Path(settings.home, "dagster"))) as opened:
        assert isinstance(opened.get_ref().storage, KeepingStorage)


def test_an_instance_that_was_closed_holds_no_connection(
    settings: Settings, dagster_url: str, at: psycopg2.extensions.cursor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each tick opens one in the code server; an hour of them held 60 connections of the 200 that there are."""
    services = Services(replace(settings, dagster_url=dagster_url))
    for name, value in environment(services).items():
        monkeypatch.setenv(name, value)
    ticks = [dg.DagsterInstance.from_config(str(Path(settings.home, "dagster"))) for _ in range(3)]
    for opened in ticks:
        with opened:
            opened.get_runs()
            opened.all_instigator_state()
            opened.get_asset_keys()
    assert others_are_gone(at)


def others_are_gone(at: psycopg2.extensions.cursor) -> bool:
    """The server takes a moment to notice that a client has left."""
    for _ in range(100):
        at.execute(f"select count(*) {OTHERS} and backend_type = 'client backend'")
        if at.fetchall() == [(0,)]:
            return True
        time.sleep(0.1)
    return False
