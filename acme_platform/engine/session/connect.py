"""Connect: Spark Connect, the client of a server that is Sail or Spark.

Belongs here: everything that imports the client of Spark. Not here: the statements.

Delivered files are screened in this process and not by the server: it may have no Python, or another one, and no
package of ours, and gives its client no way to send one. A job's workers screen themselves (`screening.py`).
"""

import logging
import os
import re
import secrets
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from acme_platform.config.secret import shown
from acme_platform.engine.session.text import composed
from acme_platform.engine.session.way import CONFIGURATION
from acme_platform.errors import AcmeError, MendInput, OurBug, TryAgain

if TYPE_CHECKING:
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.session import SparkSession

#: of a question that the engine did not answer, within a second
RETRIES = 4
#: a setting of ours that a session has until its server ends: one that came back knows neither it nor ANSI mode
MARK = "acme.session"
#: how parts are written, in words of Sail, some of which Spark passes over. Keys and sums differ from row to row: with
#: a dictionary they are an eighth larger and take a tenth longer
WRITTEN = {"compression": "lz4", "dictionary_enabled": "false", "statistics_enabled": "chunk"}
#: words of an error, and what they mean
LOST = ("UNAVAILABLE", "operation not found", "SESSION_", "INVALID_HANDLE", "RETRIES_EXCEEDED", "Socket closed", MARK)
TOO_MUCH = ("Resources exhausted", "OutOfMemory", "out of memory")
OTHER_VERSION = ("UNIMPLEMENTED", "unsupported version")


@dataclass
class Connect:
    """A session with the server at the URL."""

    url: str

    @cached_property
    def mark(self) -> str:
        return secrets.token_hex(8)

    @cached_property
    def session(self) -> "SparkSession":
        # Where no Spark is installed beside its client, importing some of it ends the process.
        os.environ.setdefault("SPARK_HOME", os.devnull)
        with warnings.catch_warnings():
            # it warns of each release of pandas that is newer than itself; nothing of ours passes through pandas there
            warnings.simplefilter("ignore", FutureWarning)
            from pyspark.sql.connect.client.retries import DefaultPolicy  # noqa: PLC0415
            from pyspark.sql.connect.session import SparkSession  # noqa: PLC0415
            from pyspark.sql.types import StringType  # noqa: PLC0415

            session = SparkSession.builder.remote(self.url).create()
        # It logs each error at length that it also raises.
        logging.getLogger("pyspark.sql.connect.logging").setLevel(logging.CRITICAL)
        # Left to itself it asks a server that is gone for ten minutes, at the end of the process, too.
        session.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES)])
        session.release_session_on_close = False
        for name, value in {**CONFIGURATION, MARK: self.mark}.items():
            session.conf.set(name, value)
        # Not "string": a word is read by the first session of this process, which may be lost.
        session.udf.register("normalize", composed, StringType())
        return session

    def version(self) -> str:
        with self._answering():
            return self.session.version

    def read(self, view: str, addresses: Sequence[str], declared: str) -> None:
        with self._answering():
            self.session.read.schema(declared).parquet(*addresses).createOrReplaceTempView(view)

    def give(self, view: str, rows: pa.Table, declared: str) -> None:
        del declared
        with self._answering():
            self.session.createDataFrame(rows).createOrReplaceTempView(view)

    def define(self, view: str, statement: str) -> None:
        with self._answering():
            self._frame(statement).createOrReplaceTempView(view)

    def ask(self, statement: str) -> pa.Table:
        with self._answering():
            rows = self._frame(statement).toArrow()
            self._check_mark()
        return rows

    def write(self, statement: str, address: str, by: str) -> None:
        with self._answering():
            writer = self._frame(statement).write.mode("overwrite").options(**WRITTEN)
            (writer.partitionBy(by) if by else writer).parquet(address)
            self._check_mark()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """What fails ends the session: the next question begins another one, of a server that may have come back."""
        from pyspark.errors import PySparkException  # noqa: PLC0415  # it takes a second to import

        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "\\[RETRIES_EXCEEDED\\]")
                yield
        except PySparkException as error:
            self.__dict__.pop("session", None)
            raise translated(error, shown(self.url)) from error

    def _check_mark(self) -> None:
        """The statement ran in the session that was configured. One that a new server made has no ANSI mode."""
        if self.session.conf.get(MARK, "") != self.mark:
            self.__dict__.pop("session", None)
            raise lost(shown(self.url), f"it started anew, and {MARK} is gone")

    def _frame(self, statement: str) -> "DataFrame":
        frame: DataFrame = self.session.sql(statement)  # type: ignore[assignment]  # it is declared as the classic one
        return frame


def translated(error: Exception, where: str) -> AcmeError:
    """The same failure, as mend the input / try again / our bug; in short words, for a plan may hold values."""
    said = str(error)
    if any(word in said for word in LOST):
        details = re.search('details = "([^"]*)"', said)
        return lost(where, (details[1] if details else said.strip())[:200])
    if any(word in said for word in TOO_MUCH):
        return MendInput(
            f"the engine at {where} has too little memory for a statement: {said.strip()[:200]}",
            "give its machine more memory, or fill the feed on a cluster (ACME_ENGINE_URL)",
        )
    if any(word in said for word in OTHER_VERSION):
        return MendInput(
            f"the engine at {where} speaks another version of Spark Connect: {said.strip()[:200]}",
            "give it Spark 4, or a Sail of the version in requirements-engine.lock",
        )
    return OurBug(
        f"the engine at {where} did not accept a statement: {said.strip()[:600]}", "please report it with the run's log"
    )


def lost(where: str, why: str) -> TryAgain:
    """Nobody answers, or somebody who does not know what was asked before."""
    return TryAgain(
        f"the engine at {where} was lost, or is not there: {why}",
        "acme doctor shows whether it answers",
    )
