"""The driver: the program of a job, which runs in a Python that has pyspark, beside the step that started it.

    python -m acme_platform.engine.session.driver MASTER ARCHIVE DESCRIPTOR

Belongs here: everything that a job does on the cluster; it imports pyspark, pyarrow and `dagster_pipes`, and of ours
only what the archive's readers need. Not here: starting it (`job.py`).

Questions come over a socket that it inherits, so that there is no address and no secret. It ends when the other end is
gone, however that ended. Pipes tells the run what it does: each step brings its own messages' address.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

import pyarrow as pa
from dagster_pipes import PipesContext, PipesDefaultContextLoader, PipesDefaultMessageWriter, PipesMappingParamsLoader

from acme_platform.engine.session.screening import Screened, Task, screened
from acme_platform.engine.session.text import composed
from acme_platform.engine.session.way import CONFIGURATION
from acme_platform.engine.session.wire import Fault, as_bytes, as_rows

#: questions at a time: files that are screened, which wait for the cluster's cores
AT_ONCE = 32
#: rows that each worker holds as a whole, where a table is joined with them: some tens of megabytes
FEW = 1_000_000
#: of the driver's own session. zstd: read by everybody's tools, and half the bytes between machines
#: Two writers: one of the plain rows and one of the others. With one, it sorts all rows by that first.
DRIVER = {
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.maxConcurrentOutputFileWriters": "2",
}
#: what Java, Python or pyspark lack, or have in another version
OF_THE_SETUP = (
    "CONNECT_URL_NOT_SET",
    "JAVA_GATEWAY_EXITED",
    "PYTHON_VERSION_MISMATCH",
    "different version than that in driver",
)
#: an error of a statement that comes from a worker, and not from losing one
OF_A_STATEMENT = ("SparkArithmeticException", "SparkDateTimeException", "SparkNumberFormatException", "PythonException")


class Driver:
    """One session of Spark, and its verbs by name."""

    def __init__(self, master: str, archive: str) -> None:
        self._master = master
        self._archive = archive
        self._run: PipesContext | None = None
        self._spark: Any = None
        self._lock = Lock()

    @property
    def _session(self) -> Any:  # noqa: ANN401  # pyspark of the driver's environment, which ours has not
        with self._lock:
            if self._spark is None:
                self._spark = self._made()
                self._tell_session()
            return self._spark

    def _made(self) -> Any:  # noqa: ANN401  # as above
        from pyspark.sql import SparkSession  # noqa: PLC0415

        builder = SparkSession.builder.master(self._master).appName("acme")
        for name, value in {**CONFIGURATION, **DRIVER}.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        # what it warns of fills pages, and nobody can act on it
        session.sparkContext.setLogLevel("ERROR")
        session.sparkContext.addPyFile(self._archive)
        session.udf.register("normalize", composed, "string")
        return session

    def begin(self, messages: Mapping[str, str]) -> None:
        """From now on the step of a run with these messages is told."""
        self.end()
        self._run = PipesContext(
            PipesMappingParamsLoader(messages), PipesDefaultContextLoader(), PipesDefaultMessageWriter()
        )
        if self._spark:
            self._tell_session()

    def _tell_session(self) -> None:
        context = self._spark.sparkContext
        self._told(f"Spark {context.version} on {self._master}: {context.applicationId}, {context.uiWebUrl}")

    def end(self) -> None:
        if self._run:
            self._run.close()
        self._run = None

    def version(self) -> str:
        return str(self._session.version)

    def read(self, view: str, addresses: Sequence[str], declared: str) -> None:
        self._session.read.schema(declared).parquet(*addresses).createOrReplaceTempView(view)

    def give(self, view: str, rows: bytes, declared: str) -> None:
        columns = [column.to_pylist() for column in as_rows(rows).columns]
        frame = self._session.createDataFrame(list(zip(*columns, strict=True)), declared, verifySchema=False)
        # Left to guess how few they are, it sorts and sends the whole table that they are joined with. Of many, each
        # worker would have to hold all.
        (frame.hint("broadcast") if len(columns[0]) <= FEW else frame).createOrReplaceTempView(view)

    def define(self, view: str, statement: str) -> None:
        self._session.sql(statement).createOrReplaceTempView(view)

    def ask(self, statement: str) -> bytes:
        frame = self._session.sql(statement)
        if hasattr(frame, "toArrow"):  # from Spark 4 on
            return as_bytes(frame.toArrow())
        from pyspark.sql.pandas.types import to_arrow_schema  # noqa: PLC0415

        # what `toPandas` is made of, before it needs pandas
        return as_bytes(pa.Table.from_batches(frame._collect_as_arrow(), to_arrow_schema(frame.schema)))

    def write(self, statement: str, address: str, by: str) -> None:
        writer = self._session.sql(statement).write.mode("overwrite")
        (writer.partitionBy(by) if by else writer).parquet(address)
        self._told(f"wrote {address}")

    def screen(self, task: Task) -> Screened:
        context = self._session.sparkContext
        (made,) = context.parallelize([task], 1).map(screened).collect()
        self._told(f"screened {task.part.file}: {made.rows} rows, {made.rejected} rejected")
        return made  # type: ignore[no-any-return]  # it is what `screened` gave

    def _told(self, message: str) -> None:
        if self._run:
            self._run.log.info(message)


def serve(driver: Driver, line: Connection) -> None:
    """Answer until the other end is gone."""
    lock = Lock()

    def answer(number: int, verb: str, arguments: tuple[Any, ...]) -> None:
        made = answered(getattr(driver, verb), arguments)
        with lock, suppress(OSError):
            line.send((number, made))

    pool = ThreadPoolExecutor(AT_ONCE)
    with suppress(EOFError, OSError):
        while True:
            pool.submit(answer, *line.recv())


def answered(verb: Callable[..., Any], arguments: tuple[Any, ...]) -> object:
    """What the verb gives, or the fault by which it fails."""
    try:
        return verb(*arguments)
    except Exception as error:  # noqa: BLE001  # whatever it is, the step tells it
        return fault(error)


def fault(error: Exception) -> Fault:
    """Whose it is; pyspark's own errors are known by the names of their classes, for ours has no pyspark."""
    text = str(error)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    told = [line.strip() for line in text.splitlines() if line.strip().startswith(("org.apache", "java."))]
    message = (told or [text.strip()])[0][:2000] or type(error).__name__
    if "ImportError" in kinds or any(word in text for word in OF_THE_SETUP):
        return Fault(message, "setup")
    of_statement = "PySparkException" in kinds or any(word in text for word in OF_A_STATEMENT)
    return Fault(message, "cluster" if kinds & {"Py4JError", "OSError"} and not of_statement else "statement")


if __name__ == "__main__":
    master, archive, descriptor = sys.argv[1:]
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    this = Driver(master, archive)
    serve(this, Connection(int(descriptor)))
    # Nobody waits for what still runs; Spark's own process ends with this one.
    os._exit(0)
