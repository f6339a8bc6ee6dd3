"""Interrupted at any moment, `acme run` leaves whole days, no lock and no run under way; the next one does the rest.

Real processes get a real SIGINT; the state accumulates.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import psycopg2
import pytest

from acme_assets_tests.embedded.homes import until
from acme_assets_tests.support.endless_worker import customers, orders
from acme_assets_tests.support.invariants import DAYS, contents, violations
from acme_assets_tests.support.pipeline import Pipeline, environment

INTERRUPTS = 3
RUN = "run --days 2024-01-01..2024-01-03 --select group:sales"
#: a command that is done ends by the signal itself where Python has taken its handlers away; a shell calls both 130
INTERRUPTED = {130, -signal.SIGINT}
Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Commands:
    """The process that carries out commands, one at a time."""

    process: "subprocess.Popen[str]"

    def begin(self, command: str) -> int:
        """The number of the process that carries it out."""
        assert self.process.stdin
        print(command, file=self.process.stdin, flush=True)
        return self._answer()

    def code(self) -> int:
        return self._answer()

    def _answer(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())


@contextmanager
def commands(pipeline: Pipeline) -> Iterator[Commands]:
    """Two days a run, so that a range of three is two runs. What they say is checked at the end."""
    environ = environment(pipeline.services.settings) | {"ACME_RUN_DAYS": "2"}
    command = [sys.executable, "-m", "acme_assets_tests.support.commands"]
    said, pipe = pipeline.services.settings.home / "said", subprocess.PIPE
    with (
        said.open("w") as err,
        subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, stderr=err, text=True) as process,
    ):
        try:
            yield Commands(process)
        finally:
            process.kill()
    assert "Traceback" not in said.read_text()


def left_over(pipeline: Pipeline) -> list[str]:
    """What still works in the warehouse or holds a lock that others wait for."""
    rows = pipeline.ask(
        "select application_name from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and state <> 'idle' union all select 'lock' from pg_locks join pg_database on pg_database.oid = database"
        " where locktype = 'advisory' and datname = current_database()"
    )
    return [row["application_name"] for row in rows]


def statuses(url: str) -> set[str]:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select distinct status from runs")
        found = {status for (status,) in cursor}
    connection.close()
    return found


@pytest.mark.slow
def test_interrupted_again_and_again_a_range_ends_as_if_nothing_had_happened(
    pipeline: Pipeline, dagster_url: str, record_property: Record
) -> None:
    """New deliveries before each attempt; the moments are spread over a whole run, from before it begins."""
    pipeline.services.settings = replace(pipeline.services.settings, dagster_url=dagster_url)
    chosen = random.Random(20240105)  # noqa: S311  # the same deliveries in every run
    for on in DAYS:
        pipeline.deliver("customers", on, customers(chosen))
    with commands(pipeline) as acme:
        began = time.monotonic()
        acme.begin(RUN)
        assert acme.code() == 0
        whole, codes = time.monotonic() - began, list[int]()
        for attempt in range(INTERRUPTS):
            for on in DAYS:
                pipeline.deliver("orders", on, orders(chosen), part=chosen.choice("ab"))
            process = acme.begin(RUN)
            # the first one made Dagster's tables, too
            time.sleep(whole / 2 * (attempt + 1) / INTERRUPTS)
            with suppress(ProcessLookupError):  # it was faster
                os.kill(process, signal.SIGINT)
            codes.append(acme.code())
            # the server notices a moment later that a client is gone
            until(lambda: not left_over(pipeline), 10)
            assert violations(pipeline) == []
            assert statuses(dagster_url) <= {"SUCCESS", "CANCELED"}
        record_property("codes", codes)
        assert set(codes) <= {*INTERRUPTED, 0}
        assert INTERRUPTED.intersection(codes), "the runs were over before"

        acme.begin(RUN)
        assert acme.code() == 0
        ended = contents(pipeline)
        pipeline.forget()
        acme.begin(RUN)
        assert acme.code() == 0
        assert contents(pipeline) == ended
