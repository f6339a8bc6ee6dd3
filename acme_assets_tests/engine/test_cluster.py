"""A cluster of Spark, of several processes: what it makes is what PostgreSQL makes, and survives losing an executor.

One story, for a cluster takes its time: three dirty days, one of them corrected and made anew while an executor dies.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import dagster as dg
import pytest

from acme_assets.sample import write_sample
from acme_assets_tests.engine.test_both_engines import QUARANTINE
from acme_assets_tests.support.cluster import MISSING, PATIENCE, PYTHON, Cluster, cluster, drivers, read_by_spark
from acme_assets_tests.support.databases import database
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.embedded import Addresses
from acme_platform.engine.parts.iceberg_log import open_catalog
from acme_platform.engine.parts.part_file import PartFile
from acme_platform.engine.session.screening import Task
from acme_platform.errors import OurBug, TryAgain
from acme_platform.ledger.parts import lake_parts
from acme_platform.model.run_options import RunOptions
from acme_platform.model.table import Table
from acme_platform.model.tolerance import USUAL
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not PYTHON.exists(), reason=MISSING)]

CORRECTED = "sales"
FEEDS = ("bookings", CORRECTED)
LAYERS = ("raw", "staging", "analytics")
DAYS = (day(1), day(2), day(3))


@dataclass(frozen=True)
class Made:
    """Both engines over the same deliveries, when all days were filled and one was corrected."""

    on_postgresql: Services
    on_cluster: Services
    cluster: Cluster
    executor_was_lost: bool


def deliver(lake: Path, feed: str, span: Days, seed: int) -> None:
    write_sample(feed, span, rows=600, seed=seed, dirty=0.02, to=lake)


def fill(services: Services, feed: str, *days: date) -> None:
    Pipeline(services, catalog.feed(feed)).fill(*days, layers=LAYERS, accepts_rejects=True)


@pytest.fixture(scope="module")
def made(servers: Addresses, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("cluster")
    settings = Settings(
        folder / "acme", None, servers.dagster_url, servers.redis_url, str(folder / "lake"), day(1),
        tables_url=(folder / "tables").as_uri(), tables_format="iceberg", engine_python=str(PYTHON),
    )  # fmt: skip
    with (
        database(servers.warehouse_url, warehouse_template) as one,
        database(servers.warehouse_url, warehouse_template) as other,
        cluster(folder / "spark") as started,
        patch.dict(os.environ, started.environment),
    ):
        on_postgresql = Services(replace(settings, warehouse_url=one))
        on_cluster = Services(replace(settings, warehouse_url=other, engine_url=started.url))
        yield told(on_postgresql, on_cluster, started)
        job = on_cluster.open_spark().job
        assert job
        job.close()


def told(on_postgresql: Services, on_cluster: Services, started: Cluster) -> Made:
    """The story."""
    lake = Path(on_cluster.settings.lake_url)
    for feed in FEEDS:
        deliver(lake, feed, Days(DAYS[0], DAYS[-1]), seed=3)
        fill(on_postgresql, feed, *DAYS)
        with patch.dict(os.environ, {"ACME_ENGINE": "spark"}):
            fill(on_cluster, feed, *DAYS)
    deliver(lake, CORRECTED, Days(DAYS[1], DAYS[1]), seed=4)
    fill(on_postgresql, CORRECTED, *DAYS[1:])
    with patch.dict(os.environ, {"ACME_ENGINE": "spark"}), ThreadPoolExecutor(1) as pool:
        killed = pool.submit(started.kill_amid_a_job, started.executors)
        fill(on_cluster, CORRECTED, *DAYS[1:])
        killed.result(PATIENCE)
    return Made(on_postgresql, on_cluster, started, started.noticed())


def tables(*layers: str) -> list[Table]:
    return [table for feed in FEEDS for table in catalog.feed(feed).tables if table.layer.name in layers]


each_in_lake = pytest.mark.parametrize("table", tables(*LAYERS), ids=lambda table: table.full_name)


def delivered(table: Table) -> list[str]:
    """What both engines hold of it: no number that a delivery got by chance, and no end of a version, which the lake
    works out.
    """
    also = ("file", "row_number", "extra") if table.layer.name == "raw" else ()
    return [*(name for name in table.sql.shape.names if name != "valid_to"), *also]


def plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else repr(value)


def in_warehouse(services: Services, table: Table) -> list[tuple[str, ...]]:
    with services.open_warehouse().transaction("test") as cursor:
        columns = ", ".join(f'"{column}"' for column in delivered(table))
        cursor.execute(f"select {columns} from {table.full_name}")  # noqa: S608  # a text of a test
        return sorted(tuple(map(plain, row)) for row in cursor)


def in_lake(services: Services, table: Table) -> list[tuple[str, ...]]:
    """What its parts hold."""
    return sorted(tuple(plain(row[column]) for column in delivered(table)) for row in rows_of_parts(services, table))


def rows_of_parts(services: Services, table: Table) -> list[dict[str, Any]]:
    with services.open_warehouse().transaction("test") as cursor:
        parts = lake_parts.parts(cursor, table.full_name)
    files = services.open_spark().files
    rows = [row for part in parts for batch in files.batches(part, delivered(table)) for row in batch.to_pylist()]
    for row in rows:
        row.update({"extra": json.loads(row["extra"])} if row.get("extra") else {})
    return rows


def test_an_executor_was_killed_amid_a_job(made: Made) -> None:
    assert made.executor_was_lost


@each_in_lake
def test_every_cell_is_that_of_postgresql(made: Made, table: Table) -> None:
    expected = in_warehouse(made.on_postgresql, table)
    assert expected
    assert in_lake(made.on_cluster, table) == expected
    if table.layer.is_answer:
        assert in_warehouse(made.on_cluster, table) == expected


@pytest.mark.parametrize("table", tables("raw", "staging"), ids=lambda table: table.full_name)
def test_every_row_of_the_quarantine_is_that_of_postgresql(made: Made, table: Table) -> None:
    """Line by line, with its reason: the screen of the workers is that of the step."""
    found = []
    for services in (made.on_cluster, made.on_postgresql):
        with services.open_warehouse().transaction("test") as cursor:
            cursor.execute(QUARANTINE, (table.full_name,))
            found.append(cursor.fetchall())
    assert found[0] == found[1]


def test_both_layers_rejected_something(made: Made) -> None:
    """Otherwise the quarantine compares nothing with nothing."""
    with made.on_cluster.open_warehouse().transaction("test") as cursor:
        cursor.execute("select distinct split_part(table_name, '.', 1) from quarantine.rows order by 1")
        assert [layer for (layer,) in cursor] == ["raw", "staging"]


@pytest.fixture(scope="module")
def addresses(made: Made) -> dict[str, str]:
    """Table -> the metadata of its newest snapshot."""
    with open_catalog(made.on_cluster.open_warehouse()) as opened:
        return {table.full_name: opened.load_table(table.full_name).metadata_location for table in tables(*LAYERS)}


@pytest.fixture(scope="module")
def seen_by_spark(addresses: dict[str, str]) -> dict[str, list[dict[str, str | None]]]:
    """All tables, by one session of Spark with Iceberg's jar."""
    return dict(zip(addresses, read_by_spark(list(addresses.values())), strict=True))


@each_in_lake
def test_iceberg_shows_spark_and_pyiceberg_the_rows_of_the_parts(
    made: Made, table: Table, seen_by_spark: dict[str, list[dict[str, str | None]]]
) -> None:
    with open_catalog(made.on_cluster.open_warehouse()) as opened:
        read = opened.load_table(table.full_name).scan().to_arrow().to_pylist()
    expected = sorted(spelt(row, table) for row in rows_of_parts(made.on_cluster, table))
    assert sorted(spelt(row, table) for row in read) == expected
    assert sorted(spelt(row, table) for row in seen_by_spark[table.full_name]) == expected


def spelt(row: Mapping[str, Any], table: Table) -> tuple[str, ...]:
    """As Spark casts to text."""

    def text(value: object) -> str:
        if isinstance(value, datetime):
            moment = value.astimezone(UTC).replace(tzinfo=None)
            whole = str(moment.replace(microsecond=0))
            return whole + f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else whole
        return str(value).lower() if isinstance(value, bool) else str(value)

    return tuple(text(row[column]) for column in delivered(table) if column != "extra")


def test_the_log_of_a_run_says_what_the_job_did(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_ENGINE", "spark")
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = Runner(made.on_cluster, instance).run(
            ("raw.sales_orders", "staging.sales_orders"), Days(DAYS[0], DAYS[0]), RunOptions(force=True)
        )
        (run,) = instance.get_runs()
        said = [entry.user_message for entry in instance.all_logs(run.run_id)]
    assert outcome.success
    assert any(message.startswith(f"Spark 3.5.9 on {made.cluster.url}: app-") for message in said)
    assert any(
        message.startswith(f"wrote {made.on_cluster.settings.tables_url}/staging/sales_orders/") for message in said
    )


def test_the_driver_gets_no_setting_of_ours(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """So no password of ours is in its environment, or where Spark shows that."""
    monkeypatch.setenv("ACME_WAREHOUSE_URL", "postgresql://acme:canary@h/w")
    job = made.on_cluster.open_spark().job
    assert job
    job.close()
    made.on_cluster.open_spark().ask("select 1 as one")
    (driver,) = drivers()
    known = Path(f"/proc/{driver}/environ").read_bytes()
    assert b"SPARK_CONF_DIR" in known
    assert not re.search(rb"canary|ACME_", known)


def test_a_driver_that_dies_is_tried_again_with_a_new_one(made: Made) -> None:
    spark = made.on_cluster.open_spark()
    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(made.cluster.kill_amid_a_job, drivers)
        with pytest.raises(TryAgain, match=r"the driver of the job on spark://.* is gone: it ended by signal 9"):
            spark.ask("select count(*) as rows from range(1000000000000)")
        killed.result(PATIENCE)
    assert spark.ask("select 1 as one").to_pylist() == [{"one": 1}]


def test_a_statement_that_spark_refuses_is_our_bug(made: Made) -> None:
    for statement in ("select nobody", "select cast(text as int) as number from values ('x') as texts(text)"):
        with pytest.raises(OurBug, match="refused a statement"):
            made.on_cluster.open_spark().ask(statement)


def test_a_file_that_no_worker_reaches_is_tried_again(made: Made) -> None:
    job = made.on_cluster.open_spark().job
    assert job
    task = Task("/nowhere/orders.csv", PartFile(("a",), day(1), 1, "orders.csv", USUAL), "file:///tmp", "raw/x")
    assert "/nowhere/orders.csv" in job.screen(task).trouble
