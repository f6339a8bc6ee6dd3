"""Declarations: a feed and its tables, one line a table.

Belongs here: the values that a module of `defs/` writes. Not here: how a table is filled (`load.py`, `staging.py`,
`analytics.py`, `redis_cache.py`) or shown in Dagster (`assets.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal

from acme_platform.model import fingerprint
from acme_platform.model.declared import Declared, Promise
from acme_platform.model.engine import Engine, chosen, usual
from acme_platform.model.layer import ANALYTICS, CACHE, EXPORT, RAW, STAGING, Layer, layer_of
from acme_platform.model.lineage import PROVENANCE, upstream
from acme_platform.model.sql_file import SqlFile, sql_file
from acme_platform.model.tolerance import USUAL, Tolerance

#: columns of a cache behind its key: a field of a hash named by the data, a member of a sorted set
HASH_PAIRS, SORTED_PAIRS = ("field", "value"), ("member", "score")
Keep = Literal["versions", "snapshot", "changes"]


@dataclass(frozen=True)
class Table:
    """A table of one layer: its SQL file is `sql/<layer>/<name>.sql`, its asset key `<layer>/<name>`."""

    layer: Layer
    name: str
    #: promises that stop everything downstream when they are broken: names of `sql/checks/`, or declared ones
    must: tuple[Promise, ...] = ()
    #: promises that only warn
    should: tuple[Promise, ...] = ()
    #: raw only: the lake's folder below the feed in which this table's files arrive
    delivered: str = ""
    #: raw only: the table of another database that this one is read from, `schema.table`
    source: str = ""
    #: raw only: the source's column that grows with every change; empty when the whole table is read each time
    changed_at: str = ""
    #: raw only: the source's column that says when a row came to be; without it a copy of a past day holds all rows
    created_at: str = ""
    #: raw only: the columns that tell the source's rows apart, where it is not the one that its file declares first
    told_by: tuple[str, ...] = ()
    #: raw only: the lake's key that the sender overwrites with each day's file, beside the dated names
    object: str = ""
    #: raw only: a day is loaded when every awaited table of the feed has its files
    awaited: bool = False
    #: staging only: `versions`, where the newest delivery of a key wins and nothing disappears; `snapshot`, where the
    #: newest delivered day is the truth and a key that it lacks is gone as of that day; or `changes`, which are
    #: versions that may be many a day, told apart by the last column of the key
    keep: Keep = "versions"
    #: staging only: of a key that comes more than once in a day the row with the greatest value of this column wins;
    #: without it, and among equal ones, the last
    latest_by: str = ""
    #: staging only: values come in a second pair of quotes, and `NULL` means that one is missing
    quoted: bool = False
    #: analytics only: views beside the table answer for today as staging stands at the moment, see `live_views.py`
    live: bool = False
    #: cache only: every Redis key of this table matches it
    keys: str = ""
    #: cache only: the share of what Redis holds that a refresh may take away without a word of a person, see `loss.py`
    may_lose: float = 0.5

    @cached_property
    def sql(self) -> SqlFile:
        return sql_file(self.layer.name, self.name)

    @property
    def key(self) -> tuple[str, ...]:
        """Raw only: the columns that tell the source's rows apart; the first one where nothing else is said."""
        return self.told_by or self.sql.shape.names[:1]

    @property
    def day_column(self) -> str:
        """`day`, unless its days stand apart: there it is the first column of the key, whatever that is called."""
        return self.sql.shape.key[0] if self.layer.has_days_apart else "day"

    @property
    def pairs(self) -> tuple[str, ...]:
        """Cache only: the columns behind the key where a row is a part of a key's value, HASH_PAIRS or SORTED_PAIRS."""
        columns = self.sql.shape.names[1:]
        return columns if columns in {HASH_PAIRS, SORTED_PAIRS} else ()

    @property
    def full_name(self) -> str:
        """`staging.sales_orders`: the name in PostgreSQL and in the ledger."""
        return f"{self.layer}.{self.name}"

    def lock(self, day: date) -> str:
        """What whoever fills that day of it holds meanwhile, by the name that `warehouse.connection.lock` takes."""
        return f"{self.full_name} {day}" if self.layer.has_days_apart else self.full_name

    @property
    def columns(self) -> dict[str, str]:
        """Column -> type of the whole table, provenance included."""
        own = {column.name: column.type for column in self.sql.shape.columns}
        return own | PROVENANCE if self.layer.is_loaded else own

    @property
    def promises(self) -> tuple[SqlFile, ...]:
        """The files of its promises, those that block first."""
        return tuple(sql_file("checks", promise) for promise in (*self.must, *self.should) if isinstance(promise, str))

    @property
    def declared(self) -> tuple[Declared, ...]:
        """The promises that its line declares, those that block first."""
        return tuple(promise for promise in (*self.must, *self.should) if not isinstance(promise, str))

    @cached_property
    def code_version(self) -> str:
        """Another one after every change of what decides about its rows: of its SQL, of the words of its line, and of
        what its values mean. The first number of those rules is not told, for releases before it knew none.
        """
        return self.code_version_of(self.sql)

    def code_version_of(self, file: SqlFile) -> str:
        """As it would be if that were its file."""
        rules = str(fingerprint.VALUE_RULES) if self.layer.keeps_versions else "1"
        said = ((self.keep, "versions"), (self.latest_by, ""), (f"rules {rules}", "rules 1"))
        words = [word for word, usual in said if word != usual]
        return fingerprint.combined([file.code_version, *words]) if words else file.code_version

    @cached_property
    def upstream(self) -> tuple[str, ...]:
        """Full names of the tables that the SQL reads."""
        return upstream(self.sql)

    @property
    def history(self) -> tuple[str, ...]:
        """Upstream tables of which day D reads every version up to D."""
        return tuple(name for name in self.upstream if layer_of(name).keeps_versions)

    @property
    def same_day(self) -> tuple[str, ...]:
        """Upstream tables of which day D reads day D only."""
        return tuple(name for name in self.upstream if name not in self.history)


@dataclass(frozen=True)
class Patience:
    """How often, and after how many seconds, what may pass by itself is tried again."""

    retries: int
    seconds: int


@dataclass(frozen=True)
class Rhythm:
    """What a clock wants of a feed; see `schedules.py`."""

    name: str
    #: when, in UTC
    cron: str
    #: full name of the one table to fill, of its newest day; empty for the whole feed, of yesterday
    table: str = ""


@dataclass(frozen=True)
class Daily:
    """Something new every day, in the hours before a deadline (UTC) that lies after the usual arrival."""

    by_hour: int = 8
    #: what was materialized so long before the deadline belongs to it; less than a day, or yesterday's late one would
    night_hours: int = 12
    #: so long after its end a day may still grow
    grows_on = timedelta(0)

    def late_before(self, now: datetime) -> datetime:
        """What was filled last before this moment is late."""
        hour = now.replace(hour=self.by_hour, minute=0, second=0, microsecond=0)
        deadline = hour if hour <= now else hour - timedelta(days=1)
        return deadline - timedelta(hours=self.night_hours)


@dataclass(frozen=True)
class Steady:
    """Something new all the time: stale when nothing came for so long."""

    minutes: int

    @property
    def grows_on(self) -> timedelta:
        """So long after its end a day may still grow: until what came last is read."""
        return timedelta(minutes=self.minutes)

    def late_before(self, now: datetime) -> datetime:
        """What was filled last before this moment is late."""
        return now - timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Feed:
    """One source of data and everything made of it, in the order in which it is read."""

    name: str
    description: str
    #: an e-mail address or `team:name`
    owner: str
    tables: tuple[Table, ...]
    #: None: as every feed (`assets.py`)
    patience: Patience | None = None
    rhythms: tuple[Rhythm, ...] = ()
    #: when its tables count as stale
    fresh: Daily | Steady = Daily()
    #: what holds its raw rows and versions and computes its answers; None: as ACME_ENGINE says
    engine: Engine | None = None
    #: with more unreadable rows a delivery is refused as a whole
    tolerance: Tolerance = USUAL
    #: the name of the database that its `extracted` tables are read from, set by ACME_SOURCE_<NAME>_URL
    source: str = ""

    @property
    def computed_by(self) -> Engine:
        return chosen() or self.engine or usual()

    @property
    def deliveries(self) -> dict[str, Table]:
        """Lake folder below the feed -> the raw table that takes its files."""
        return {table.delivered: table for table in self.tables if table.delivered}

    @property
    def extracted(self) -> tuple[Table, ...]:
        """The raw tables that are read from another database, together and from one snapshot."""
        return tuple(table for table in self.tables if table.source)

    @property
    def changing(self) -> tuple[Table, ...]:
        """Of these, those of which only what changed is read."""
        return tuple(table for table in self.extracted if table.changed_at)

    @property
    def watermarked(self) -> tuple[Table, ...]:
        """The tables whose watermarks say which days were read."""
        return self.changing or self.extracted

    @property
    def objects(self) -> dict[str, Table]:
        """Key of an object that its sender overwrites -> the raw table that takes it."""
        return {table.object: table for table in self.tables if table.object}

    @property
    def awaited(self) -> tuple[Table, ...]:
        """The raw tables without whose files a day is not loaded; none where any file may come alone."""
        return tuple(table for table in self.tables if table.awaited)


def raw(name: str, *, delivered: str, object: str = "", awaited: bool = False) -> Table:  # noqa: A002 (S3's word)
    """A table that holds delivered files as text; `object` is a key of the lake that its sender overwrites."""
    return Table(RAW, name, delivered=delivered, object=object, awaited=awaited)


def extracted(name: str, *, source: str, changed_at: str = "", created_at: str = "", key: Sequence[str] = ()) -> Table:
    """A table that holds rows of the feed's source as text: those of a day's changes, or all of them.

    `key` are the columns that tell the source's rows apart, where that is not the first column of the file.
    """
    return Table(RAW, name, source=source, changed_at=changed_at, created_at=created_at, told_by=tuple(key))


def staging(
    name: str,
    *,
    keep: Keep = "versions",
    latest_by: str = "",
    quoted: bool = False,
    must: Sequence[Promise] = (),
    should: Sequence[Promise] = (),
) -> Table:
    """A table of typed rows, each valid from its day to its `valid_to`; see `Table` for what `keep` keeps."""
    return Table(STAGING, name, tuple(must), tuple(should), keep=keep, latest_by=latest_by, quoted=quoted)


def analytics(name: str, *, live: bool = False, must: Sequence[Promise] = (), should: Sequence[Promise] = ()) -> Table:
    """A table of answers as of a day; a live one has views for today beside it."""
    return Table(ANALYTICS, name, tuple(must), tuple(should), live=live)


def cache(
    name: str, *, keys: str, may_lose: float = 0.5, must: Sequence[Promise] = (), should: Sequence[Promise] = ()
) -> Table:
    """Redis hashes or sorted sets (see `redis_cache.py`); `keys` is the pattern that all of their keys match.

    A refresh that would take more of them than the share `may_lose` is refused until a person allows it.
    """
    return Table(CACHE, name, tuple(must), tuple(should), keys=keys, may_lose=may_lose)


def export(name: str) -> Table:
    """CSV files in the lake of every table that its SQL counts, written when all of their `must` checks passed."""
    return Table(EXPORT, name)
