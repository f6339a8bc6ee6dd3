"""A keyspace: the Redis keys of one cache, written all at once, with a watermark that says which day they hold.

Belongs here: commands to Redis and what its errors mean. Not here: which keys change (`cache.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import cast

import redis
from redis.connection import AbstractConnection

from acme_assets.errors import MendInput, TryAgain
from acme_assets.multi import Multi, batched, spelt

#: a key, and its fields and values or its members and scores
Entry = tuple[str, Mapping[str, str]]


@dataclass(frozen=True)
class Watermark:
    """What Redis says it holds; `token` is None where nobody has written yet."""

    token: str | None
    day: date | None


@contextmanager
def redis_errors() -> Iterator[None]:
    """Redis' own errors, as try again or mend the input."""
    try:
        yield
    except redis.AuthenticationError as error:
        raise MendInput(f"Redis refuses to let us in: {error}", "mend ACME_REDIS_URL, then acme doctor") from error
    except (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError) as error:
        raise TryAgain(
            f"Redis was not ready: {error}", "the run is tried again; acme doctor shows the servers"
        ) from error
    except redis.ResponseError as error:
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

    def watermark(self) -> Watermark:
        with redis_errors():
            held = self.client.hgetall(self.watermark_key)
        if not held:
            return Watermark(None, None)
        return Watermark(str(held["token"]), date.fromisoformat(str(held["day"])))

    def keys(self) -> set[str]:
        """Every key that is there, by SCAN: Redis goes on serving meanwhile."""
        with redis_errors():
            return set(self.client.scan_iter(match=self.pattern, count=10_000))

    def entries(self, keys: Iterable[str]) -> Iterator[Entry]:
        """What these keys hold, nothing where there is none; of a value of another type, what Redis says."""
        for batch in batched(keys):
            with redis_errors(), self.client.pipeline(transaction=False) as pipeline:
                for key in batch:
                    pipeline.zrange(key, 0, -1, withscores=True) if self.sorted else pipeline.hgetall(key)
                answers = pipeline.execute(raise_on_error=False)
                yield from ((key, _fields(answer)) for key, answer in zip(batch, answers, strict=True))

    def write(self, emptying: Iterable[str], filling: Iterable[str], mark: Watermark) -> int:
        """Empty keys, fill keys by a command each and move the watermark, in one step for every reader.

        Redis queues the commands of a MULTI as they arrive and runs them at EXEC without letting anybody between;
        a writer that dies before leaves nothing. Returns how many keys were filled.
        """
        with redis_errors(), self._connection() as wire:
            multi = Multi(wire)
            multi.queue(emptying)
            filled = multi.queue(filling)
            refreshed_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            held = ("token", str(mark.token), "day", str(mark.day), "refreshed_at", refreshed_at)
            multi.queue([spelt("HSET", self.watermark_key, *held)])
            multi.execute()
        return filled

    def empty(self) -> None:
        """Take away every key and the watermark, in one step for every reader."""
        keys = self.keys()
        with redis_errors(), self._connection() as wire:
            multi = Multi(wire)
            multi.queue(spelt("DEL", key) for key in (*keys, self.watermark_key))
            multi.execute()

    @contextmanager
    def _connection(self) -> Iterator[AbstractConnection]:
        pool = self.client.connection_pool
        wire = pool.get_connection()
        try:
            yield wire
        except BaseException:
            wire.disconnect()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            raise
        finally:
            pool.release(wire)


def _fields(answer: object) -> Mapping[str, str]:
    if isinstance(answer, redis.ResponseError):
        return {"error": str(answer)}
    if isinstance(answer, Exception):
        raise answer
    if isinstance(answer, list):
        return {member: score(number) for member, number in answer}
    return cast("Mapping[str, str]", answer)


def score(number: float | str) -> str:
    """A score in one spelling, whether Redis says it, which keeps doubles, or PostgreSQL."""
    return repr(float(number))
