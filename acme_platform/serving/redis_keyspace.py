"""A keyspace: the Redis keys of one cache, written all at once, with a watermark that says which day they hold.

Belongs here: commands to Redis and what its errors mean. Not here: which keys change (`redis_cache.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import redis
from redis.client import NEVER_DECODE
from redis.connection import AbstractConnection

from acme_platform.errors import MendInput, TryAgain
from acme_platform.serving.resp import LINE_END, Batch, Multi, as_bytes, as_text, batched, exchange, spelt

#: a key, and its fields and values or its members and scores; bytes that are no text as in `multi.as_text`
Entry = tuple[str, Mapping[str, str]]
#: a pattern without one of these names one key
WILD = frozenset("*?[\\")
Command = tuple[str | bytes | int, ...]
#: what Redis says to whoever writes while it has no room, or cannot keep what is written
NO_ROOM = ("OOM", "MISCONF")
#: by these a server shows that something was written
COUNTED = frozenset({"run_id", "rdb_changes_since_last_save", "rdb_last_save_time"})
#: keys that Redis looks at before it answers others
SCANNED = 10_000


@dataclass(frozen=True)
class Watermark:
    """What Redis says it holds; `token` is None where nobody has written yet."""

    token: str | None
    day: date | None


#: the watermark of nobody
NOBODY = Watermark(None, None)


@dataclass(frozen=True)
class Counters:
    """What a server counts: the same numbers again, and nobody has written, nothing expired and nothing was evicted.

    A server that started anew has another name, and counts from the beginning.
    """

    #: empty where the server tells too little to say that
    seen: tuple[tuple[str, str], ...]
    #: keys of this database go by themselves
    expiring: bool


@contextmanager
def redis_errors() -> Iterator[None]:
    """Redis' own errors, as try again or mend the input."""
    try:
        yield
    except redis.AuthenticationError as error:
        raise MendInput(f"Redis refuses to let us in: {error}", "mend ACME_REDIS_URL, then acme doctor") from error
    except (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError) as error:
        raise TryAgain(f"Redis was not ready: {error}", "acme doctor shows the servers") from error
    except redis.ResponseError as error:
        if isinstance(error, redis.exceptions.OutOfMemoryError) or str(error).startswith(NO_ROOM):
            raise TryAgain(f"Redis takes no writes: {error}", "acme doctor says why") from error
        raise MendInput(f"Redis refuses: {error}", "acme doctor") from error


@dataclass(frozen=True)
class Keyspace:
    """All keys that match `pattern`, and beside them the hash `acme:watermark:<name>`, which tells readers its age."""

    client: redis.Redis
    name: str
    pattern: str
    #: each key is a sorted set, not a hash
    sorted: bool = False

    @property
    def watermark_key(self) -> str:
        return f"acme:watermark:{self.name}"

    @property
    def is_one_key(self) -> bool:
        return not WILD.intersection(self.pattern)

    def watermark(self) -> Watermark:
        """One that cannot be read, or that goes by itself, is as good as none."""
        ask = ("HMGET", self.watermark_key, "token", "day"), ("PTTL", self.watermark_key)
        held, expires = self._ask(*ask)
        if isinstance(held, Exception) or expires >= 0:
            return NOBODY
        token, day = (as_text(value or b"") for value in held)
        try:
            return Watermark(token, date.fromisoformat(day)) if token else NOBODY
        except ValueError:
            return NOBODY

    def keys(self) -> set[str]:
        """Every key that is there."""
        return {key for page in self.pages() for key in page}

    def pages(self) -> Iterator[list[str]]:
        """Every key that is there, some perhaps twice, by SCAN: Redis goes on serving meanwhile."""
        if self.is_one_key:
            (there,) = self._ask(("EXISTS", self.pattern))
            yield [self.pattern] if there else []
            return
        place = 0
        while True:
            ((place, keys),) = self._ask(("SCAN", place, "MATCH", self.pattern, "COUNT", SCANNED))
            yield [as_text(key) for key in keys]
            if place == 0:
                return

    def count(self) -> int:
        """How many keys are there, some perhaps counted twice; their names are not looked at."""
        if self.is_one_key:
            return sum(map(len, self.pages()))
        with redis_errors(), self.connection() as wire:
            place, count = b"0", 0
            while True:
                came = exchange(wire, spelt("SCAN", as_text(place), "MATCH", self.pattern, "COUNT", str(SCANNED)))
                if came.startswith(b"-"):
                    raise redis.ResponseError(as_text(came[1:]).strip())
                _, _, place, keys, _ = came.split(LINE_END, 4)
                count += int(keys[1:])
                if place == b"0":
                    return count

    def entries(self, keys: Iterable[str]) -> Iterator[Entry]:
        """What these keys hold, nothing where there is none; of a value of another type, what Redis says."""
        for batch in batched(keys):
            asked = self._ask(*(self._get(key) for key in batch))
            yield from ((key, _fields(answer)) for key, answer in zip(batch, asked, strict=True))

    def counters(self) -> Counters:
        with redis_errors():
            said: dict[str, Any] = self.client.info()
        database = said.get(f"db{self.client.connection_pool.connection_kwargs.get('db') or 0}", {})
        enough = said.keys() >= COUNTED
        leaving = {name for name in said if name.startswith(("expired_", "evicted_", "rdb_saves"))}
        counted = {name: str(said.get(name)) for name in COUNTED | leaving} | {"keys": str(database.get("keys"))}
        return Counters(tuple(sorted(counted.items())) if enough else (), bool(database.get("expires", 1)))

    def expiring(self, keys: Iterable[str]) -> set[str]:
        """Those that go by themselves."""
        names = list(keys)
        asked = zip(names, self._ask(*(("PTTL", as_bytes(key)) for key in names)), strict=True)
        return {key for key, milliseconds in asked if milliseconds >= 0}

    def _get(self, key: str) -> Command:
        return ("ZRANGE", as_bytes(key), 0, -1, "WITHSCORES") if self.sorted else ("HGETALL", as_bytes(key))

    def _ask(self, *commands: Command) -> list[Any]:
        """The answers in bytes, whatever the client makes of them; of a key of another type the error."""
        with redis_errors(), self.client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command, withscores=True, **{NEVER_DECODE: True})  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            answers = pipeline.execute(raise_on_error=False)
            for answer in answers:
                if isinstance(answer, Exception) and not _is_of_another_type(answer):
                    raise answer
            return answers

    def write(self, emptying: Iterable[str], filling: Iterable[Batch], mark: Watermark) -> int:
        """Empty keys, fill keys by a command each and move the watermark, in one step for every reader.

        Redis queues the commands of a MULTI as they arrive and runs them at EXEC without letting anybody between;
        a writer that dies before leaves nothing. Returns how many keys were filled.
        """
        with redis_errors(), self.connection() as wire:
            multi = Multi(wire)
            multi.queue(emptying)
            filled = sum(multi.send(*batch) for batch in filling)
            refreshed_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            held = ("token", str(mark.token), "day", str(mark.day), "refreshed_at", refreshed_at)
            # whatever stands there: a text, a field too many, something that goes by itself
            multi.queue([spelt("UNLINK", self.watermark_key), spelt("HSET", self.watermark_key, *held)])
            multi.execute()
        return filled

    def empty(self) -> None:
        """Take away every key and the watermark, in one step for every reader."""
        keys = self.keys()
        with redis_errors(), self.connection() as wire:
            multi = Multi(wire)
            multi.queue(spelt("DEL", key) for key in (*keys, self.watermark_key))
            multi.execute()

    @contextmanager
    def connection(self) -> Iterator[AbstractConnection]:
        pool = self.client.connection_pool
        wire = pool.get_connection()
        try:
            yield wire
        except BaseException:
            wire.disconnect()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            raise
        finally:
            pool.release(wire)


def _is_of_another_type(answer: Exception) -> bool:
    return isinstance(answer, redis.ResponseError) and str(answer).startswith("WRONGTYPE")


def _fields(answer: Any) -> Mapping[str, str]:  # noqa: ANN401  # as redis-py gives it
    if isinstance(answer, redis.ResponseError):
        return {"error": str(answer)}
    if isinstance(answer, list):
        return {as_text(member): score(number) for member, number in answer}
    return {as_text(field): as_text(value) for field, value in answer.items()}


def score(number: float | str) -> str:
    """A score in one spelling, whether Redis says it, which keeps doubles, or PostgreSQL."""
    return repr(float(number))
