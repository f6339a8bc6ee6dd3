"""The cache: hashes of two fields into Redis, first all of them, then one in a hundred."""

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from threading import Thread
from urllib.parse import urlsplit

from acme_platform.registry import catalog
from acme_platform.serving.redis_cache import refresh
from acme_platform.serving.redis_keyspace import Keyspace, Watermark
from acme_platform.serving.resp import Batch
from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock, alternate
from benchmarks.platform import RUN, Platform
from benchmarks.scenario import Outcome, Promise, Scenario, sides

TABLE, ANSWERS = catalog.table("cache.country"), catalog.table("analytics.sales_by_country")
NEXT_DAY = FIRST_DAY + timedelta(days=1)
#: one key in so many changes
CHANGES = 100
#: signs of Redis that it still writes to its disk
BUSY = ("aof_pending_bio_fsync", "aof_buffer_length", "aof_rewrite_in_progress", "rdb_bgsave_in_progress")
LOOK_SECONDS = 0.2
#: HSET of a key and two fields
COMMAND = b"*6\r\n$4\r\nHSET\r\n$%d\r\n%b\r\n$12\r\nusers_counts\r\n$%d\r\n%b\r\n$12\r\norder_amount\r\n$%d\r\n%b\r\n"


@dataclass(frozen=True)
class Timed(Keyspace):
    """A keyspace that times its writing: rows come out of PostgreSQL meanwhile, but which ones is known before."""

    clock: Clock = field(default_factory=Clock)

    def write(self, emptying: Iterable[str], filling: Iterable[Batch], mark: Watermark) -> int:
        with self.clock:
            return super().write(emptying, filling, mark)


@dataclass
class Sync:
    """Two days of answers in the warehouse; the second differs in one key of a hundred."""

    platform: Platform
    keys: int
    #: seconds of the whole refresh, by day
    whole: dict[date, list[float]] = field(default_factory=lambda: {FIRST_DAY: [], NEXT_DAY: []})

    def prepare(self) -> None:
        self.platform.forget()
        self.platform.execute(
            ANSWERS.sql.definition,
            self._answers(FIRST_DAY, "n"),
            self._answers(NEXT_DAY, f"n + (n % {CHANGES} = 0)::int"),
            "analyze analytics.sales_by_country",
        )
        for day in self.whole:
            self.platform.built(ANSWERS.full_name, day, self.keys)

    def _answers(self, day: date, count: str) -> str:
        return (
            "insert into analytics.sales_by_country (day, country, users_counts, registered_customers, order_amount)"
            f" select '{day}', 'Country ' || n, {count}, n, n * 1.25 from generate_series(1, {self.keys}) as n"
        )

    def first(self) -> float:
        """Everything into an empty Redis."""
        self.platform.services.open_redis().flushdb()
        self.platform.execute("drop table if exists cache.country", "delete from ledger.refreshes")
        return self._refresh(FIRST_DAY)

    def next(self) -> float:
        """What differs the day after, when Redis has put the first day on its disk."""
        self.first()
        self._wait_for_the_disk()
        return self._refresh(NEXT_DAY)

    def _wait_for_the_disk(self) -> None:
        """A first sync lets Redis write its log anew, in a child of its own that halves its speed meanwhile."""
        client = self.platform.services.open_redis()
        while any(client.info("persistence").get(sign) for sign in BUSY):
            time.sleep(LOOK_SECONDS)

    def _refresh(self, day: date) -> float:
        keyspace = Timed(self.platform.services.open_redis(), TABLE.name, TABLE.keys)
        with Clock() as clock:
            refresh(self.platform.services.open_warehouse(), keyspace, TABLE, day, RUN)
        self.whole[day].append(clock.seconds)
        return keyspace.clock.seconds

    def limit(self) -> float:
        """The same hashes as one stream that was made before: what the server can take."""
        self.platform.services.open_redis().flushdb()
        stream = b"".join(
            COMMAND % (len(key), key, len(number), number, len(amount), amount)
            for n in range(1, self.keys + 1)
            for key, number, amount in [(b"country:Country %d" % n, b"%d" % n, b"%.2f" % (n * 1.25))]
        )
        with self._connection() as wire, Clock() as clock:
            sender = Thread(target=wire.sendall, args=(stream,))
            sender.start()
            answers = 0
            while answers < self.keys:
                answers += wire.recv(1 << 16).count(b"\n")
            sender.join()
        return clock.seconds

    def _connection(self) -> socket.socket:
        address = urlsplit(self.platform.services.attach().redis_url)
        wire = socket.create_connection((address.hostname or "", address.port or 6379))
        password, number = (address.password or "").encode(), address.path.strip("/").encode()
        wire.sendall(b"AUTH %b\r\nSELECT %b\r\n" % (password, number))
        answers = b""
        while answers.count(b"\n") < 2:  # noqa: PLR2004 (commands)
            answers += wire.recv(1 << 10)
        return wire


def _sync(bench: Bench) -> Sync:
    sync = Sync(bench.platform("redis"), bench.scale.keys)
    sync.prepare()
    return sync


def first_sync(bench: Bench) -> Outcome:
    sync = _sync(bench)
    pairs = bench.alternate(sync.first, sync.limit)
    note = f"the whole refresh, query and bookkeeping too: {median(sync.whole[FIRST_DAY]):.2f} s"
    return Outcome(
        pairs.speed, sides(pairs, "first sync", "prebuilt stream", sync.keys), len(pairs.ours), notes=(note,)
    )


def one_percent(bench: Bench) -> Outcome:
    sync = _sync(bench)
    pairs = alternate(sync.next, sync.first, bench.scale.rounds)
    whole = [median(sync.whole[day]) for day in (NEXT_DAY, FIRST_DAY)]
    note = f"the whole refresh, query and bookkeeping too: {whole[0]:.2f} s against {whole[1]:.2f} s"
    pair = sides(pairs, "1 % changed", "first sync", sync.keys // CHANGES, sync.keys)
    return Outcome(pairs.cost, pair, len(pairs.ours), notes=(note,))


SCENARIOS = (
    Scenario(
        "redis-first-sync",
        "Redis: first sync of hashes of two fields, without the query",
        "the server's limit with a prebuilt stream",
        Promise("at least", 0.75, 0.9),
        first_sync,
    ),
    Scenario("redis-changes", "Redis: 1 % changed", "first sync", Promise("at most", 0.05), one_percent),
)
