"""Killed at any moment: nothing is lost, doubled or half visible, and the next run mends what was left.

A worker delivers and fills in a loop (`toil.py`) and is killed by SIGKILL again and again; the state accumulates.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from acme_assets import catalog
from acme_assets_tests.pipeline import FEED, Pipeline, day, environment

KILLS = 16
DAYS = (day(1), day(2), day(3))
CONTENTS = {
    "raw.sales_customers": "select day, file, row_number, customer_id, customer_name, country from raw.sales_customers",
    "raw.sales_orders": "select day, file, row_number, order_id, customer_id, order_date, amount from raw.sales_orders",
    "staging.sales_customers": "select * from staging.sales_customers",
    "staging.sales_orders": "select * from staging.sales_orders",
    "analytics.customer_orders": "select * from analytics.customer_orders",
    "analytics.sales_by_country": "select * from analytics.sales_by_country",
    "analytics.top_paying_customers": "select * from analytics.top_paying_customers",
    "quarantine": "select table_name, day, file, row_number, reason, record from quarantine.rows",
    "ledger": "select table_name, day, file, checksum, rows_in, rows_kept, rows_rejected from ledger.deliveries"
    " where state = 'visible'",
    "left over": "select relname from pg_class where relnamespace = 'raw_files'::regnamespace and relkind = 'r'"
    " and not relispartition",
}


@contextmanager
def workers(pipeline: Pipeline) -> Iterator[Callable[[int], int]]:
    """Call with a seed to have a worker; the number of its process comes back."""
    command = [sys.executable, "-m", "acme_assets_tests.toil"]
    environ = environment(pipeline.services.settings)
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mother:
        assert mother.stdin
        assert mother.stdout

        def start(seed: int) -> int:
            print(seed, file=mother.stdin, flush=True)
            return int(mother.stdout.readline())  # type: ignore[union-attr]  # asserted above

        try:
            yield start
        finally:
            mother.kill()


def clients(pipeline: Pipeline) -> set[str]:
    """Who is connected to the test's Redis database, and works in its warehouse."""
    database = str(pipeline.services.redis.client_info()["db"])
    working = pipeline.ask(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and state <> 'idle'"
    )
    reading = [one["id"] for one in pipeline.services.redis.client_list() if one["db"] == database]
    return {*reading, *(f"process {row['pid']}" for row in working)}


def settle(pipeline: Pipeline, before: set[str]) -> None:
    """The servers notice a moment later that a client is gone."""
    until = time.monotonic() + 10
    while clients(pipeline) - before:
        assert time.monotonic() < until, "the servers still work for a client that was killed"
        time.sleep(0.01)


def violations(pipeline: Pipeline) -> list[str]:
    """What must hold at any moment, and does not."""
    return [*_visible(pipeline), *_counted(pipeline), *_chained(pipeline), *_shown(pipeline)]


def _visible(pipeline: Pipeline) -> Iterator[str]:
    """The rows of raw are those of the visible files, and a file is visible once."""
    for table in FEED.deliveries.values():
        for on in DAYS:
            if "rows_accounted_for" in pipeline.red(table.full_name, on):
                yield f"{table.full_name} of {on} is not as in the ledger"
    twice = "select file from ledger.deliveries where state = 'visible' group by file having count(*) > 1"
    yield from (f"{row['file']} is visible twice" for row in pipeline.ask(twice))


def _counted(pipeline: Pipeline) -> Iterator[str]:
    for name in CONTENTS.keys() & catalog.tables().keys():
        for row in pipeline.ask(
            f"select day, row_count, (select count(*) from {name} where day = builds.day) as there"  # noqa: S608
            " from ledger.builds where table_name = %(name)s",
            {"name": name},
        ):
            if row["there"] != row["row_count"]:
                yield f"{name} of {row['day']} has {row['there']} rows, not {row['row_count']}"


def _chained(pipeline: Pipeline) -> Iterator[str]:
    """Each version ends on the day on which the next one begins."""
    for name, key in (("staging.sales_customers", "customer_id"), ("staging.sales_orders", "order_id")):
        if pipeline.ask(
            f"select 1 from (select valid_to, lead(day) over (partition by {key} order by day) as following"  # noqa: S608
            f" from {name}) as versions where valid_to is distinct from following"
        ):
            yield f"{name} has a torn chain"


def _shown(pipeline: Pipeline) -> Iterator[str]:
    """Redis is what the cache was last given, or (killed before it could say so) what the newest day says."""
    fields = "users_counts::text, order_amount::text"
    given = pipeline.ask(f"select key, {fields} from cache.country")  # noqa: S608
    newest = pipeline.ask(
        f"select 'country:' || country as key, {fields} from analytics.sales_by_country where day = '2024-01-03'"  # noqa: S608
    )
    if pipeline.hashes() not in [{row.pop("key"): row for row in state} for state in (given, newest)]:
        yield "redis holds half a state"


def contents(pipeline: Pipeline) -> dict[str, object]:
    """Everything that must not depend on what happened on the way."""
    found = {name: sorted(map(str, pipeline.ask(query))) for name, query in CONTENTS.items()}
    return {**found, "redis": pipeline.hashes()}


def test_killed_again_and_again_the_platform_ends_as_if_nothing_had_happened(pipeline: Pipeline) -> None:
    chosen = random.Random(20240101)  # noqa: S311  # the same moments in every run
    pipeline.fill(*DAYS)
    before = clients(pipeline)
    with workers(pipeline) as start:
        for seed in range(KILLS):
            worker = start(seed)
            time.sleep(chosen.uniform(0.02, 0.5))
            os.kill(worker, signal.SIGKILL)
            settle(pipeline, before)
            assert violations(pipeline) == []
    pipeline.fill(*DAYS)
    healed = contents(pipeline)
    assert violations(pipeline) == []
    assert len(healed["raw.sales_orders"]) > 200, "the workers did nothing"  # type: ignore[arg-type]  # a list

    pipeline.forget()
    pipeline.fill(*DAYS)
    assert contents(pipeline) == healed


@pytest.mark.parametrize(
    ("harm", "seen"),
    [
        ("delete from raw.sales_orders where row_number = 1", "raw.sales_orders of 2024-01-01 is not as in the ledger"),
        ("update ledger.deliveries set rows_in = 3", "raw.sales_orders of 2024-01-01 is not as in the ledger"),
        ("update ledger.deliveries set file = 'one name'", "one name is visible twice"),
        ("delete from staging.sales_orders where order_id = 1", "staging.sales_orders of 2024-01-01 has 1 rows, not 2"),
        ("update staging.sales_orders set valid_to = '2024-01-02'", "staging.sales_orders has a torn chain"),
        ("update analytics.sales_by_country set users_counts = 9", "redis holds half a state"),
    ],
)
def test_the_invariants_can_be_broken(pipeline: Pipeline, harm: str, seen: str) -> None:
    """The control: each violation is seen."""
    pipeline.deliver("customers", day(1), "customer_id | customer_name | country\n1 | Ann | USA")
    pipeline.deliver("orders", day(1), "order_id|customer_id|order_date|amount\n1|1|2024-01-01|1\n2|1|2024-01-01|1")
    pipeline.fill(*DAYS)
    assert violations(pipeline) == []
    pipeline.change(harm)
    pipeline.services.redis.hset("country:USA", "users_counts", "7" if "users_counts" in harm else "1")
    assert seen in violations(pipeline)
