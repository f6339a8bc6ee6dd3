"""What every test may ask for: real servers, shared by all workers of a session, and a piece of them of its own.

    servers          addresses of the session's embedded servers
    warehouse_url    a database of the test's own, with the platform's schema
    dagster_url      an empty database of the test's own, for a test that keeps a Dagster instance
    redis_url        a Redis database of the test's own, empty
    s3, s3_bucket    an S3 server; a bucket of the test's own, with the AWS_* variables set
    settings         all of it as one command would see it, with a folder lake
    pipeline         the sales feed over all of it
    origin           an operational database of the test's own, empty, which the settings name
    services         the platform's clients on these settings
    instance         a Dagster instance in memory

Belongs here: fixtures for tests of any part. Not here: helpers of one part, which stand beside its tests.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import boto3  # type: ignore[import-untyped]  # boto3 ships no types
import dagster as dg
import psycopg2
import pytest
import redis
from moto.server import ThreadedMotoServer
from psycopg2 import errors, sql

from acme_assets.migration import migrate
from acme_assets.servers import Addresses, running
from acme_assets.servers.account import choose_account
from acme_assets.services import Services
from acme_assets.settings import Settings
from acme_assets.warehouse import Warehouse
from acme_assets_tests.logical import Logical
from acme_assets_tests.origin import Origin
from acme_assets_tests.pipeline import Pipeline

TEMPLATE = "tests_template"
FIRST_DAY = date(2024, 1, 1)


def prepare_template(url: str) -> None:
    """The schema that each test's warehouse starts with. No connection may stay open, or it could not be copied."""
    with closing(Warehouse(url)) as warehouse:
        migrate(warehouse)


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def servers(session_folder: Path) -> Iterator[Addresses]:
    settings = Settings(session_folder / "acme", None, None, None, str(session_folder / "lake"), FIRST_DAY)
    with running(settings) as addresses:
        yield addresses


@pytest.fixture(scope="session")
def warehouse_template(servers: Addresses, session_folder: Path) -> str:
    """Name of a prepared database; the first worker makes it while the others wait."""
    with (session_folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(servers.warehouse_url, TEMPLATE):
            _statement(servers.warehouse_url, "create database {}", "unprepared")
            prepare_template(_beside(servers.warehouse_url, "unprepared"))
            _statement(servers.warehouse_url, "alter database {} rename to {}", "unprepared", TEMPLATE)
    return TEMPLATE


@pytest.fixture
def warehouse_url(servers: Addresses, warehouse_template: str) -> Iterator[str]:
    with database(servers.warehouse_url, warehouse_template) as url:
        yield url


@pytest.fixture
def dagster_url(servers: Addresses) -> Iterator[str]:
    with database(servers.dagster_url, "template1") as url:
        yield url


@pytest.fixture
def redis_url(servers: Addresses) -> Iterator[str]:
    """The worker's own database: a worker runs one test at a time."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = f"{servers.redis_url.removesuffix('/0')}/{worker + 1}"
    with closing(redis.Redis.from_url(url)) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """URL of an S3 server that keeps everything in memory."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tester")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = f"bucket-{secrets.token_hex(6)}"
    with closing(boto3.client("s3")) as client:
        client.create_bucket(Bucket=bucket)
    return bucket


@pytest.fixture
def settings(tmp_path: Path, servers: Addresses, warehouse_url: str, redis_url: str) -> Settings:
    """All of it the test's own but Dagster's storage; `replace(settings, dagster_url=dagster_url)` changes that."""
    return Settings(
        home=tmp_path,
        warehouse_url=warehouse_url,
        dagster_url=servers.dagster_url,
        redis_url=redis_url,
        lake_url=str(tmp_path / "lake"),
        first_day=FIRST_DAY,
    )


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    made = Services(settings)
    yield made
    made.warehouse.close()
    made.redis.close()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def origin(servers: Addresses, services: Services) -> Iterator[Origin]:
    with database(servers.warehouse_url, "template1") as url, closing(Warehouse(url)) as operational:
        services.settings = replace(services.settings, operations_url=url)
        made = Origin(services, operational)
        made.create()
        yield made


@pytest.fixture(scope="module")
def logical(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logical]:
    server = Logical(tmp_path_factory.mktemp("logical") / "server", choose_account())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def pipeline(services: Services) -> Pipeline:
    return Pipeline(services)


@contextmanager
def database(url: str, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    _statement(url, "create database {} template {}", name, template)
    yield _beside(url, name)
    _drop(url, name)


def _drop(url: str, name: str) -> None:
    """Autovacuum may be at work there for a moment, and only a superuser may end it."""
    for _ in range(100):
        with suppress(errors.InsufficientPrivilege):
            return _statement(url, "drop database {} with (force)", name)
        time.sleep(0.1)
    return _statement(url, "drop database {} with (force)", name)


def _statement(url: str, statement: str, *names: str) -> None:
    """Outside a transaction, where databases are made and dropped."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as at:
        connection.autocommit = True
        at.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _exists(url: str, database: str) -> bool:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as at:
        at.execute("select exists (select from pg_database where datname = %s)", (database,))
        return bool(at.fetchall()[0][0])


def _beside(url: str, database: str) -> str:
    """The URL of another database of the same server."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()
