"""redis-py with hiredis against our own writer and reader, in one run: `python -m benchmarks.peers.redis_py`.

Needs `pip install hiredis`, which the platform itself does not. What was found: docs/decisions/0003-resp.md.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import hiredis
import redis
from psycopg2 import sql

from acme_platform import embedded
from acme_platform.cursor import Cursor
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure
from acme_platform.serving import redis_commands
from acme_platform.serving.drift import compared
from acme_platform.serving.redis_keyspace import Keyspace, Watermark
from acme_platform.serving.redis_stream import commands, filling
from acme_platform.serving.resp import batched
from acme_platform.warehouse.connection import streamed
from benchmarks.bench import Bench
from benchmarks.measure import Clock, alternate
from benchmarks.scale import SMALL

TABLE = catalog.table("cache.country")
ROUNDS = 7
MARK = Watermark("token", date(2024, 1, 1))
ROWS = "select key, users_counts::text, order_amount::text from {}"


@dataclass(frozen=True)
class Sides:
    """Both ways from one table of hashes to Redis, and back."""

    cursor: Cursor
    client: redis.Redis
    keyspace: Keyspace
    #: what is written: all of it, or one key in a hundred, which is emptied first
    table: str

    def ours(self) -> float:
        """PostgreSQL spells the commands, we hand them on and count the answers."""
        with (
            Clock() as clock,
            closing(commands(self.cursor, redis_commands.emptying(f"{self.table}_emptied"))) as emptying,
            closing(filling(self.cursor, TABLE, self.table)) as changed,
        ):
            self.keyspace.write(emptying, changed, MARK)
        return clock.seconds

    def pipeline(self) -> float:
        """One transaction of redis-py's pipeline; hiredis takes the answers apart."""
        with Clock() as clock, self.client.pipeline(transaction=True) as pipeline:
            for command in self._commands():
                pipeline.execute_command(*command)
            pipeline.execute()
        return clock.seconds

    def packed(self) -> float:
        """hiredis spells the commands and takes the answers apart, by the batch, as our own writer sends them."""
        with Clock() as clock, self.keyspace.connection() as wire:
            waiting = 0
            for batch in batched(chain([("MULTI",)], self._commands(), [("EXEC",)])):
                wire.send_packed_command([b"".join(map(hiredis.pack_command, batch))], check_health=False)
                _read(wire, waiting)
                waiting = len(batch)
            _read(wire, waiting)
        return clock.seconds

    def _commands(self) -> Iterator[tuple[str, ...]]:
        with closing(streamed(self.cursor, sql.SQL("select key from {}").format(self._named("_emptied")))) as keys:
            yield from (("UNLINK", key) for (key,) in keys)
        with closing(streamed(self.cursor, sql.SQL(ROWS).format(self._named()))) as rows:
            for key, count, amount in rows:
                yield "HSET", key, "users_counts", count, "order_amount", amount
        yield "HSET", self.keyspace.watermark_key, "token", str(MARK.token), "day", str(MARK.day)

    def _named(self, ending: str = "") -> sql.Identifier:
        return sql.Identifier(f"{self.table}{ending}")

    def compared(self) -> float:
        """The bytes that Redis answers, with those that PostgreSQL says it should."""
        with Clock() as clock:
            _demand(not any(batch.drifted for batch in compared(self.cursor, self.keyspace, TABLE)))
        return clock.seconds

    def read(self) -> float:
        """HGETALL by the batch, taken apart by hiredis, with dictionaries of what the table holds."""
        query = sql.SQL(ROWS).format(sql.Identifier(TABLE.layer, TABLE.name))
        with Clock() as clock, closing(streamed(self.cursor, query)) as rows:
            for batch in batched(rows):
                with self.client.pipeline(transaction=False) as pipeline:
                    for key, *_ in batch:
                        pipeline.execute_command("HGETALL", key)
                    wanted = [{"users_counts": count, "order_amount": amount} for _, count, amount in batch]
                    _demand(pipeline.execute() == wanted)
        return clock.seconds


def _demand(equal: bool) -> None:
    if not equal:
        raise ValueError("Redis does not hold what it was given")


def _read(wire: redis.connection.AbstractConnection, count: int) -> None:
    for _ in range(count):
        wire.read_response()


def main(keys: int) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), SMALL)
        try:
            _measure(bench, keys)
        finally:
            bench.forget()
            embedded.release(bench.settings)


def _measure(bench: Bench, keys: int) -> None:
    services = bench.platform("redis").services
    with services.open_warehouse().transaction("benchmark") as cursor:
        _prepare(cursor, keys)
        keyspace = services.keyspace(TABLE)
        every, some = (Sides(cursor, services.open_redis(), keyspace, table) for table in ("whole", "part"))
        print(f"{keys} hashes; redis-py {redis.__version__}, hiredis {hiredis.__version__}")
        first = [_emptied(services.open_redis(), side) for side in (every.ours, every.pipeline, every.packed)]
        for name, ours, others in (
            ("first sync", first[0], {"pipeline": first[1], "packed": first[2]}),
            ("1 % changed", some.ours, {"pipeline": some.pipeline, "packed": some.packed}),
            ("read back", every.compared, {"pipeline": every.read}),
        ):
            every.ours()
            for other, side in others.items():
                pairs = alternate(ours, side, ROUNDS)
                seconds = f"ours {median(pairs.ours):.3f} s, redis-py {median(pairs.against):.3f} s"
                print(f"{name}, {other}: {seconds}; ours is {pairs.speed:.2f} times as fast", flush=True)


def _prepare(cursor: Cursor, keys: int) -> None:
    ensure(cursor, TABLE)
    cursor.execute(
        "insert into cache.country select 'country:Country ' || n, n, n * 1.25 from generate_series(1, %s) as n",
        (keys,),
    )
    cursor.execute("analyze cache.country; create temp table whole as select * from cache.country")
    cursor.execute("create temp table part as select * from cache.country where users_counts %% 100 = 0", ())
    cursor.execute("create temp table whole_emptied (key text); create temp table part_emptied as select key from part")


def _emptied(client: redis.Redis, side: Callable[[], float]) -> Callable[[], float]:
    """The side, on an empty Redis."""

    def run() -> float:
        client.flushdb()
        return side()

    return run


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
