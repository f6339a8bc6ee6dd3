"""A cluster of Spark as a test has it: a master and workers, each a process of this machine.

Belongs here: starting and ending it, and what is asked of it from beside. Not here: what runs on it.

Its Python is `.venv-spark`, which `.ci/run` makes: pyspark, what our package needs on a worker, Iceberg's jar.
"""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acme_platform.config.settings import PROJECT
from acme_platform.deployment.processes import LOOPBACK, free_port

PYTHON = PROJECT / ".venv-spark" / "bin" / "python"
MISSING = "no .venv-spark: `.ci/run` makes it, with Java, pyspark and Iceberg's jar"
#: seconds; the first answer of a driver's page takes half a minute where eight others share the cores
PATIENCE = 180
MASTER, WORKER = "org.apache.spark.deploy.master.Master", "org.apache.spark.deploy.worker.Worker"


@dataclass
class Cluster:
    """One master and its workers, of one core each."""

    folder: Path
    #: of each worker, in GB
    memory: int = 1
    port: int = field(default_factory=free_port)
    ui_port: int = field(default_factory=free_port)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"spark://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Of whatever works with it: all of it on the loopback, and the UI of a driver at a port that is known."""
        return {"SPARK_CONF_DIR": str(self._configuration), "SPARK_LOCAL_IP": LOOPBACK}

    @property
    def _configuration(self) -> Path:
        folder = self.folder / "conf"
        folder.mkdir(parents=True, exist_ok=True)
        said = {
            "spark.ui.port": self.ui_port,
            # what is asked of it is what is so now
            "spark.ui.liveUpdate.period": 0,
            "spark.executor.memory": f"{self.memory}g",
            "spark.sql.shuffle.partitions": 4,
        }
        (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in said.items()))
        return folder

    def start(self, workers: int) -> None:
        self._start(MASTER, "--port", str(self.port))
        self._until(lambda: "ALIVE" in self._said(0))
        for number in range(workers):
            work = self.folder / f"work-{len(self._processes)}"
            self._start(
                WORKER, self.url, "--cores", "1", "--memory", f"{self.memory}g", "--work-dir", str(work), core=number
            )
        self._until(lambda: self._said(0).count("Registering worker") == workers)

    def _start(self, kind: str, *arguments: str, core: int | None = None) -> None:
        """A worker has one core and no more: left alone, its Java compiles and collects on those of others."""
        home = next(PYTHON.parent.parent.glob("lib/python*/site-packages/pyspark"))
        command = [str(home / "bin" / "spark-class"), kind, "--host", LOOPBACK, "--webui-port", "0", *arguments]
        own = {"SPARK_HOME": str(home), "PYSPARK_PYTHON": str(PYTHON)}
        with (self.folder / f"said-{len(self._processes)}").open("wb") as said:
            started = subprocess.Popen(
                command, env={**os.environ, **self.environment, **own}, stdout=said, stderr=said, start_new_session=True
            )
        self._processes.append(started)
        if core is not None:
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(started.pid, {cores[core % len(cores)]})

    def _said(self, number: int) -> str:
        return (self.folder / f"said-{number}").read_text(errors="replace")

    def _until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, self._said(-1 + len(self._processes))
            time.sleep(0.2)

    def stop(self) -> None:
        for process in reversed(self._processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def executors(self) -> list[int]:
        """Their processes, below those of the workers, which start others for a moment, too."""
        return started_by({process.pid for process in self._processes[1:]}, b"CoarseGrainedExecutorBackend")

    def kill_amid_a_job(self, victims: Callable[[], list[int]]) -> None:
        """Kill one of them while a stage runs, whose tasks take a tenth of a second: no time to look at them."""
        while not self._told("stages?status=active"):
            time.sleep(0.01)
        os.kill(victims()[0], signal.SIGKILL)

    def noticed(self) -> bool:
        """Whether the driver sees, within a minute, that an executor is lost."""
        end = time.monotonic() + 60
        while all(executor["isActive"] for executor in self._told("allexecutors")):
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True

    def _told(self, what: str) -> list[dict[str, Any]]:
        """What the driver that runs now says of itself."""
        base = f"http://{LOOPBACK}:{self.ui_port}/api/v1/applications"
        with urllib.request.urlopen(base, timeout=PATIENCE) as answer:  # of this machine
            (application,) = json.load(answer)
        with urllib.request.urlopen(f"{base}/{application['id']}/{what}", timeout=PATIENCE) as answer:  # noqa: S310
            told: list[dict[str, Any]] = json.load(answer)
        return told


def started_by(parents: set[int], word: bytes) -> list[int]:
    """Processes that these started, with the word in their command."""
    numbers = (int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _parent(folder / "stat") in parents)
    return [number for number in numbers if word in _command(number)]


def drivers() -> list[int]:
    """Of the jobs of this process."""
    return started_by({os.getpid()}, b"session.driver")


def _command(number: int) -> bytes:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{number}/cmdline").read_bytes()
    return b""


def _parent(stat: Path) -> int:
    """Of a process, by what the system says of it; 0 of one that is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return int(stat.read_text().rpartition(")")[2].split()[1])
    return 0


@contextmanager
def cluster(folder: Path, workers: int = 2, memory: int = 1) -> Iterator[Cluster]:
    folder.mkdir(parents=True, exist_ok=True)
    made = Cluster(folder, memory)
    try:
        made.start(workers)
        yield made
    finally:
        made.stop()


#: run by the cluster's Python: the rows of Iceberg tables, by addresses of their metadata, as Spark itself reads them
READER = """
import glob, json, sys
from pyspark.sql import SparkSession
(jar,) = glob.glob(sys.prefix + "/lib/python*/site-packages/**/iceberg-spark-runtime-*_2.12-*.jar", recursive=True)
session = SparkSession.builder.master("local[1]").config("spark.jars", jar)
session = session.config("spark.sql.session.timeZone", "UTC").getOrCreate()
for address in sys.argv[1:]:
    frame = session.read.format("iceberg").load(address)
    texts = [f"cast(`{column}` as string) as `{column}`" for column in frame.columns]
    print(json.dumps([row.asDict() for row in frame.selectExpr(*texts).collect()]))
"""


def read_by_spark(addresses: list[str]) -> list[list[dict[str, str | None]]]:
    done = subprocess.run([str(PYTHON), "-c", READER, *addresses], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]
