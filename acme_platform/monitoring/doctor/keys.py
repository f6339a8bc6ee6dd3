"""Redis or Valkey, as a server, and the caches in it.

Belongs here: what would lose keys or refuse writes, and a line for each cache. Not here: comparing keys (`drift.py`).
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from acme_platform.errors import NEXT, AcmeError, TryAgain
from acme_platform.ledger.filled_days import newest_day
from acme_platform.materialize.cache_lag import CacheAge, cache_age
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import catalog, remedies
from acme_platform.serving.redis_keyspace import redis_errors
from acme_platform.wording import count

OLDEST = 6, 2


def redis(patient: Patient) -> Iterator[Finding]:
    """It answers, is young enough and takes writes."""
    external = patient.settings.redis_url is not None
    log = patient.settings.home / "valkey" / "server.log"
    mend = "start it, or correct ACME_REDIS_URL" if external else f"acme down, acme doctor; its log is {log}"
    try:
        facts = _info(patient)
    except AcmeError as error:
        raise TryAgain(error.message, mend) from error
    name = "Valkey" if "valkey_version" in facts else "Redis"
    version = facts.get("valkey_version", facts["redis_version"])
    kind = "external" if external else "embedded"
    said = f"{name} {version} at {_address(patient)}, {kind}, {facts['used_memory_human']}B"
    young = _numbers(facts["redis_version"]) >= OLDEST
    yield ok("redis", said) if young else bad("redis", said, "give it Redis 6.2 or newer")


def redis_writes(patient: Patient) -> Iterator[Finding]:
    """It neither refuses writes nor drops keys by itself."""
    facts = _info(patient)
    if facts["role"] != "master":
        yield bad("redis writes", "it is a replica and takes no writes", "point ACME_REDIS_URL to its primary")
    elif facts.get("rdb_last_bgsave_status", "ok") != "ok":
        yield bad(
            "redis writes",
            "its last snapshot failed, so that it refuses writes",
            "see its log; mostly its disk is full",
        )
    elif facts.get("maxmemory", 0) and facts.get("maxmemory_policy") != "noeviction":
        said = f"maxmemory-policy is {facts['maxmemory_policy']}: keys go by themselves when memory is short"
        yield warn("redis writes", said, "set it to noeviction")
    else:
        yield ok("redis writes", "takes writes, and keeps its keys")


def caches(patient: Patient) -> Iterator[Finding]:
    """Each holds the newest answers, key by key; what it lost is given again by `acme up`, or by the command."""
    for table in (cache for cache in catalog.tables().values() if cache.layer.is_in_redis):
        with patient.ledger() as cursor:
            yield _cache(
                cache_age(cursor, patient.services, table), newest_day(cursor, table.upstream), datetime.now(UTC)
            )


def _cache(age: CacheAge, newest: date | None, now: datetime) -> Finding:
    if age.trouble:
        return bad(age.table, age.trouble, remedies.fill(age.table, age.day))
    if age.refused and newest:
        said = age.refused.partition(NEXT)[0]
        return bad(age.table, f"{_held(age)}; {said}", remedies.again(age.table, newest, age.refused))
    if why := age.why_not(now):
        return warn(age.table, why, remedies.fill(age.table, newest))
    return ok(age.table, _held(age))


def _held(age: CacheAge) -> str:
    if age.day is None:
        return "was never filled"
    keys = "" if age.keys is None else f"{count(age.keys, 'key')} "
    return f"Redis holds {keys}of {age.day} as the table has them, given at {age.refreshed_at:%F %T} UTC"


def _info(patient: Patient) -> dict[str, Any]:
    with redis_errors():
        facts: dict[str, Any] = patient.services.open_redis().info()
        return facts


def _address(patient: Patient) -> str:
    where = patient.services.open_redis().connection_pool.connection_kwargs
    return f"{where.get('host', 'localhost')}:{where.get('port', 6379)}/{where.get('db', 0)}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
