"""What a worker of a cluster does with a file, done here: the package that it gets, and the part that it writes."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from acme_assets_tests.support.pipeline import day
from acme_platform.engine.parts.files import TableFiles
from acme_platform.engine.parts.loading import IntoLake
from acme_platform.engine.parts.part_file import PartFile
from acme_platform.engine.session.archive import pack
from acme_platform.engine.session.delivering import OnWorkers, loader
from acme_platform.engine.session.screening import Task, screened
from acme_platform.engine.spark import Spark
from acme_platform.errors import MendInput, TooManyRejects
from acme_platform.model.tolerance import ANYTHING, Tolerance

#: two broken lines, a blank one, and rows around them
DIRTY = b'order_id,amount\n1,2.50\nbroken\n2,3.00\n\n3,"4\n4,1.00\n'
NOTHING = Tolerance(0, 0)


def task(folder: Path, content: bytes, tolerance: Tolerance = ANYTHING) -> Task:
    file = folder / "2024-01-02.csv"
    file.write_bytes(content)
    part = PartFile(("order_id", "amount"), day(2), 7, "sales/orders/2024-01-02.csv", tolerance)
    return Task(str(file), part, (folder / "tables").as_uri(), "raw/sales_orders/2024-01-02-7")


def test_every_line_is_in_the_part_or_told(tmp_path: Path) -> None:
    made = screened(task(tmp_path, DIRTY))
    rows = pq.read_table(tmp_path / "tables" / made.path).to_pylist()
    assert [(row["row_number"], row["order_id"], row["amount"]) for row in rows] == [(1, "1", "2.50"), (3, "2", "3.00")]
    assert {row["file"] for row in rows} == {"sales/orders/2024-01-02.csv"}
    assert made.rows - made.rejected == made.kept == 2
    assert [reject.line for reject in made.rejects] == [3, 6, 7]


def test_each_attempt_writes_a_file_of_its_own(tmp_path: Path) -> None:
    """A worker that is given up may go on writing."""
    work = task(tmp_path, DIRTY)
    first, second = screened(work), screened(work)
    assert first.path != second.path
    assert pq.read_table(tmp_path / "tables" / first.path) == pq.read_table(tmp_path / "tables" / second.path)


def test_a_file_that_is_refused_tells_why_and_what_was_rejected_until_then(tmp_path: Path) -> None:
    made = screened(task(tmp_path, DIRTY, NOTHING))
    assert isinstance(made.refusal, TooManyRejects)
    assert made.rejects


def test_a_place_that_a_worker_does_not_reach_is_told(tmp_path: Path) -> None:
    work = task(tmp_path, DIRTY)
    Path(work.address).unlink()
    assert work.address in screened(work).trouble


def test_what_travels_imports_nothing_that_a_worker_lacks(tmp_path: Path) -> None:
    """Neither Dagster nor a driver of PostgreSQL, whose places are taken by nothing."""
    lacks = ("dagster", "psycopg2", "sqlglot", "boto3", "pandas", "redis", "pyiceberg", "deltalake")
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({lacks!r}));"
        "import acme_platform.engine.session.driver as driver; print(driver.__file__)"
    )
    archive = pack(tmp_path / "acme.zip")
    said = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={**os.environ, "PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith(str(archive))


@pytest.mark.parametrize(
    ("url", "writer"), [("spark://m:7077", OnWorkers), ("yarn", OnWorkers), ("sc://h:15002", IntoLake)]
)
def test_a_jobs_workers_screen_and_over_spark_connect_this_process_does(url: str, writer: type, tmp_path: Path) -> None:
    spark = Spark(url, TableFiles(tmp_path.as_uri()))
    made = loader(spark.job, spark.files)
    assert isinstance(made.keywords["write"], writer)  # type: ignore[attr-defined]  # of a partial


def test_a_cluster_that_takes_jobs_asks_for_a_python_with_pyspark(tmp_path: Path) -> None:
    with pytest.raises(MendInput, match="ACME_ENGINE_PYTHON") as refused:
        Spark("spark://master:7077", TableFiles(tmp_path.as_uri())).ask("select 1")
    assert "pip install pyspark" in refused.value.next_step


def test_a_python_without_spark_is_told_with_what_to_install(tmp_path: Path) -> None:
    """Ours has the client only."""
    spark = Spark("spark://127.0.0.1:1", TableFiles(tmp_path.as_uri()), sys.executable)
    with pytest.raises(MendInput, match=r"no job on spark://127\.0\.0\.1:1 with") as refused:
        spark.ask("select 1")
    assert spark.job
    spark.job.close()
    assert "pip install pyspark" in refused.value.next_step
