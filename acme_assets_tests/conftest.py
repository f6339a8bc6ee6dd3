"""What every test may ask for: real servers, shared by all workers of a session, and a piece of them of its own.

    servers          addresses of the session's embedded servers
    warehouse_url    a database of the test's own, with the platform's schema
    dagster_url      an empty database of the test's own, for a test that keeps a Dagster instance
    redis_url        a Redis database of the test's own, empty
    s3, s3_bucket    an S3 server; a bucket of the test's own, with the AWS_* variables set
    open_folder      a folder that everybody may enter, which pytest's own are not
    settings         all of it as one command would see it, with a folder lake
    pipeline, shop   the sales feed over all of it; the shop feed
    demonstrated     what `acme demo` said, and the home that it left
    origin           an operational database of the test's own, empty, which the settings name
    logical          a server whose operational databases can be read by capture
    captured         an operational database on it, read by capture
    services         the platform's clients on these settings
    instance         a Dagster instance in memory
    runner, platform what starts runs in it: `acme run`; the daemon's ticks, played by the test

Belongs here: fixtures for tests of any part, and which files come first. Not here: helpers of one part, which stand
beside its tests.
"""

import fcntl
import os
import secrets
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3  # type: ignore[import-untyped]  # boto3 ships no types
import dagster as dg
import pytest
import redis
from moto.server import ThreadedMotoServer

from acme_assets_tests.support.capturing import SLOT, Captured
from acme_assets_tests.support.databases import beside, database, exists, statement
from acme_assets_tests.support.demonstration import Demonstration, demonstration
from acme_assets_tests.support.logical import Logical
from acme_assets_tests.support.origin import Origin, operational
from acme_assets_tests.support.pipeline import Pipeline
from acme_assets_tests.support.shop import FEED as SHOP
from acme_assets_tests.support.shop import Shop
from acme_assets_tests.support.ticking import Platform
from acme_platform.config.settings import Settings
from acme_platform.embedded import Addresses, running
from acme_platform.ingest.cdc.replication_slot import Slot
from acme_platform.ingest.database.source import Source
from acme_platform.runs import Runner
from acme_platform.schema.migrate import migrate
from acme_platform.services import Services
from acme_platform.warehouse.connection import Warehouse

TEMPLATE = "tests_template"
FIRST_DAY = date(2024, 1, 1)
#: a disk in memory, and the free bytes that make it one for the tests
MEMORY, ROOM = Path("/dev/shm"), 8 << 30  # noqa: S108  # pytest makes a folder of the user's own there
#: files that take the longest, in seconds of two quiet cores from 100 to 20, most of them in few tests. Those that tell
#: the demo and those that begin where it ends stand apart, or one worker would wait for the other
LONG = (
    "cli/test_demo.py",
    "e2e/test_ui.py",
    "resilience/test_killed_platform.py",
    "deployment/test_processes.py",
    "e2e/test_cancel.py",
    "deployment/test_compose_processes.py",
    "deployment/test_launcher.py",
    "test_docs.py",
    "cli/test_drawing.py",
    "resilience/test_interrupted.py",
    "deployment/test_dagster_yaml.py",
    "transform/test_change_log.py",
    # in their long form only
    "resilience/test_killed_commands.py",
    "engine/test_cluster.py",
    "planning/test_plan_and_run.py",
    "ingest/database/test_extract.py",
)


def pytest_configure() -> None:
    """Folders of tests in memory: a test's own database is made in a third of the time, 980 times."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: begun last, one of them would keep one core busy while the other has nothing left to do.

    Before pytest leaves out what is slow: of a test that is marked `few(2)` the first two parameters are not.
    """
    seen: Counter[str] = Counter()
    for item in items:
        if few := item.get_closest_marker("few"):
            whole = item.nodeid.partition("[")[0]
            seen[whole] += 1
            if seen[whole] > few.args[0]:
                item.add_marker(pytest.mark.slow)
    rank = {Path(__file__).parent / name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path, len(LONG)))


def prepare_template(url: str) -> None:
    """The schema that each test's warehouse starts with. No connection may stay open, or it could not be copied."""
    with closing(Warehouse(url)) as warehouse:
        migrate(warehouse)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """In the background of a shell SIGINT is ignored, also by every process started here: Ctrl-C would never come."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_width() -> None:
    """What commands print is as wide as a test says, and not as the terminal of whoever runs it."""
    os.environ.pop("COLUMNS", None)


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
def demonstrated(session_folder: Path) -> Demonstration:
    """Told by the first worker while the others wait."""
    with (session_folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return demonstration(session_folder / "demo")


@pytest.fixture(scope="session")
def warehouse_template(servers: Addresses, session_folder: Path) -> str:
    """Name of a prepared database; the first worker makes it while the others wait."""
    with (session_folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not exists(servers.warehouse_url, TEMPLATE):
            statement(servers.warehouse_url, "create database {}", "unprepared")
            prepare_template(beside(servers.warehouse_url, "unprepared"))
            statement(servers.warehouse_url, "alter database {} rename to {}", "unprepared", TEMPLATE)
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
def open_folder() -> Iterator[Path]:
    with TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        folder.chmod(0o755)
        yield folder


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
    made.open_warehouse().close()
    made.open_redis().close()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def origin(servers: Addresses, services: Services) -> Iterator[Origin]:
    with operational(servers.warehouse_url, services) as made:
        yield made


@pytest.fixture(scope="session")
def logical(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logical]:
    server = Logical(tmp_path_factory.mktemp("logical") / "server")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def captured(logical: Logical, services: Services) -> Iterator[Captured]:
    with operational(logical.url, services, capture=SLOT) as made:
        url = made.url
        yield Captured(made.services, made.database)
        Slot(Source(url), SLOT).drop()


@pytest.fixture
def pipeline(services: Services) -> Pipeline:
    return Pipeline(services)


@pytest.fixture
def shop(services: Services) -> Shop:
    return Shop(Pipeline(services, SHOP))


@pytest.fixture
def runner(services: Services, instance: dg.DagsterInstance) -> Runner:
    return Runner(services, instance)


@pytest.fixture
def platform(services: Services, instance: dg.DagsterInstance) -> Platform:
    return Platform(services, instance)
