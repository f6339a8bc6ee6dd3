"""A job: the way to a cluster that takes one, a driver of it beside this process for as long as this process lives.

Belongs here: starting the driver, asking it, and what is said when it is lost. Not here: what it does (`driver.py`).

One driver serves all steps of a run, which are in one process: to start costs ten seconds and more. It gets none of our
settings, so no password of ours is in its environment, and what it needs of the cluster it finds where Spark looks:
SPARK_HOME, SPARK_CONF_DIR, HADOOP_CONF_DIR, AWS_*.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pyarrow as pa

from acme_platform.engine.session.archive import pack
from acme_platform.engine.session.screening import Screened, Task
from acme_platform.engine.session.wire import Fault, as_bytes, as_rows
from acme_platform.errors import MendInput, OurBug, TryAgain

#: of the step's environment, what the driver does not get
OURS = ("ACME_", "DAGSTER_", "PYTHON", "VIRTUAL_ENV")
#: what a person does about the setup
PREPARED = (
    "install Java 17 and python3.11 -m venv spark && spark/bin/pip install pyspark==3.5.9 pyarrow numpy zstandard,"
    " the same on all workers, and set ACME_ENGINE_PYTHON to spark/bin/python"
)


class Line:
    """A driver and the socket to it, shared by threads; each question has a number."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        here, there = socket.socketpair()
        with there:
            # In a session of its own: Ctrl-C is for the step, which then lets go.
            self._driver = subprocess.Popen(
                [*command, str(there.fileno())],
                env=environment,
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._connection = Connection(here.detach())
        self._numbers = count()
        self._waiting: dict[int, Future[Any]] = {}
        self._lock = Lock()
        self._is_over = False
        Thread(target=self._receive, name="driver", daemon=True).start()

    @property
    def is_over(self) -> bool:
        return self._is_over

    def ask(self, verb: str, *arguments: object) -> Any:  # noqa: ANN401  # each verb has its own
        """The answer. Raises EOFError where the driver is gone."""
        answer = Future[Any]()
        with self._lock:
            if self._is_over:
                raise EOFError
            number = next(self._numbers)
            self._waiting[number] = answer
            try:
                self._connection.send((number, verb, arguments))
            except OSError as error:
                raise EOFError from error
        return answer.result()

    def _receive(self) -> None:
        try:
            while True:
                number, made = self._connection.recv()
                self._waiting.pop(number).set_result(made)
        except (EOFError, OSError):
            pass
        finally:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self._is_over = True
        while self._waiting:
            self._waiting.popitem()[1].set_exception(EOFError())

    def close(self) -> str:
        """Let go of it, and of what it does; how it ended."""
        self._driver.kill()
        code = self._driver.wait()
        self._end()
        return f"by signal {-code}" if code < 0 else f"with code {code}"


@dataclass
class Job:
    """A session with the cluster whose master is at the URL."""

    url: str
    #: the Python that has pyspark
    python: str
    _messages: Mapping[str, str] | None = None
    _line: Line | None = None
    _starting: Lock = field(default_factory=Lock)

    def begin(self, messages: Mapping[str, str]) -> None:
        """From now on the driver tells this step of a run what it does, whenever it starts."""
        self._messages = messages
        if self._line and not self._line.is_over:
            self._ask("begin", messages)

    def end(self) -> None:
        """What was to be told has been, when this returns."""
        self._messages = None
        if self._line:
            with suppress(EOFError):
                self._line.ask("end")

    def close(self) -> None:
        """Let go of the cluster; another question starts a driver anew."""
        if self._line:
            self._line.close()

    def version(self) -> str:
        said: str = self._ask("version")
        return said

    def read(self, view: str, addresses: Sequence[str], declared: str) -> None:
        self._ask("read", view, list(addresses), declared)

    def give(self, view: str, rows: pa.Table, declared: str) -> None:
        self._ask("give", view, as_bytes(rows), declared)

    def define(self, view: str, statement: str) -> None:
        self._ask("define", view, statement)

    def ask(self, statement: str) -> pa.Table:
        return as_rows(self._ask("ask", statement))

    def write(self, statement: str, address: str, by: str) -> None:
        self._ask("write", statement, address, by)

    def screen(self, task: Task) -> Screened:
        """Screen a delivered file on a worker; many may be asked for at a time."""
        made: Screened = self._ask("screen", task)
        return made

    def _ask(self, verb: str, *arguments: object) -> Any:  # noqa: ANN401  # as in `Line`
        line = self._opened()
        try:
            made = line.ask(verb, *arguments)
        except EOFError:
            said = f"the driver of the job on {self.url} is gone: it ended {line.close()}"
            raise TryAgain(said, "a run takes a new driver") from None
        except BaseException:  # an interrupt: nobody wants the answer
            self.close()
            raise
        if isinstance(made, Fault):
            raise self._raised(made)
        return made

    def _raised(self, fault: Fault) -> Exception:
        if fault.of == "cluster":
            return TryAgain(f"Spark at {self.url} gave up: {fault.message}")
        if fault.of == "setup":
            return MendInput(f"no job on {self.url} with {self.python}: {fault.message}", PREPARED)
        return OurBug(f"Spark at {self.url} refused a statement: {fault.message}")

    def _opened(self) -> Line:
        with self._starting:
            if self._line is None or self._line.is_over:
                self._line = Line(self._command, self._environment)
                if self._messages:
                    with suppress(EOFError):  # what is asked next says so
                        self._line.ask("begin", self._messages)
            return self._line

    @property
    def _command(self) -> list[str]:
        python = shutil.which(self.python) if self.python else None
        if not python:
            raise MendInput(
                f"the job on {self.url} needs a Python with pyspark, and ACME_ENGINE_PYTHON names none",
                PREPARED,
            )
        return [python, "-m", "acme_platform.engine.session.driver", self.url, str(self._archive)]

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return {**kept, "PYTHONPATH": str(self._archive)}

    @cached_property
    def _archive(self) -> Path:
        """For as long as this process lives: a driver is started anew from it."""
        folder = Path(tempfile.mkdtemp(prefix="acme-job-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return pack(folder / "acme.zip")
