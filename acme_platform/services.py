"""Services: the plain clients that assets and commands work with, made from the environment when they are first asked.

Belongs here: turning settings into clients. Not here: what is done with them.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING

import redis

from acme_platform import embedded as servers
from acme_platform.config.settings import Settings
from acme_platform.config.source_setting import CAPTURE, URL
from acme_platform.embedded import Addresses, StandInAddresses
from acme_platform.errors import MendInput
from acme_platform.ingest.database.source import Source
from acme_platform.lake import Lake, open_lake
from acme_platform.model.company import company
from acme_platform.model.table import SORTED_PAIRS, Table
from acme_platform.schema.migrate import migrate
from acme_platform.serving.drift_monitor import DriftMonitor
from acme_platform.serving.mail import Mailer
from acme_platform.serving.redis_keyspace import Keyspace
from acme_platform.warehouse.connection import Warehouse

if TYPE_CHECKING:
    from acme_platform.engine.spark import Spark

#: table, rows, whether it was filled or left as it stood: called whenever a day of a table is done
Progress = Callable[[str, int, bool], None]


#: what a feed on Spark needs, whichever engine computes it
ENGINE_PACKAGES = ("pyarrow", "pyspark", "deltalake", "pyiceberg")


def _silent(table: str, rows: int, filled: bool) -> None:
    """Nobody watches."""


@dataclass
class Services:
    """One process's clients. Nothing is opened, and no server started, before it is needed."""

    settings: Settings
    progress: Progress = field(default=_silent)
    _monitors: dict[str, DriftMonitor] = field(default_factory=dict)
    _stand_ins: dict[str, StandInAddresses] = field(default_factory=dict)
    _prepared: set[str] = field(default_factory=set)
    _addresses: Addresses | None = None
    _warehouse: Warehouse | None = None
    _storage: Warehouse | None = None
    _redis: redis.Redis | None = None
    _spark: "Spark | None" = None

    def attach(self) -> Addresses:
        """Where the servers are; those of our own are started where none runs."""
        self._addresses = self._addresses or servers.attach(self.settings)
        return self._addresses

    def open_warehouse(self) -> Warehouse:
        """The warehouse, migrated when this process first asks."""
        if self._warehouse is None:
            warehouse = Warehouse(self.attach().warehouse_url)
            migrate(warehouse)
            self._warehouse = warehouse
        return self._warehouse

    def open_storage(self) -> Warehouse:
        """The database of Dagster's storage, whose URL may name SQLAlchemy's driver."""
        self._storage = self._storage or Warehouse(self.attach().dagster_url.replace("+psycopg2", "", 1))
        return self._storage

    @cached_property
    def lake(self) -> Lake:
        return open_lake(self.settings.lake_url)

    def source(self, name: str) -> Source:
        """The source of that name, or the embedded database that stands in for it, with whatever is in it.

        Raises MendInput where there is neither.
        """
        setting = self.settings.source(name)
        url = setting.url or self._stand_in(name).reader_url
        return Source(url, setting.capture or "", setting.variable(CAPTURE))

    def prepare_stand_in(self, name: str) -> None:
        """Make what the stand-in of that source lacks, once; where the source has a URL there is nothing to make."""
        stand_in = company().source(name).stand_in
        if self.settings.source(name).url or stand_in is None or name in self._prepared:
            return
        with closing(Warehouse(self._stand_in(name).owner_url)) as owner:
            stand_in.preparing()(owner)
        self._prepared.add(name)

    def _stand_in(self, name: str) -> StandInAddresses:
        if name in self._stand_ins:
            return self._stand_ins[name]
        if stand_in := company().source(name).stand_in:
            return self._stand_ins.setdefault(name, servers.stand_in(self.settings, stand_in))
        said = self.settings.source(name).variable(URL)
        raise MendInput(
            f"nobody said where the source {name} is: {said} is not set",
            f"set {said} like postgresql://user:password@host:5432/name",
        )

    def open_spark(self) -> "Spark":
        """The engine, started where none runs.

        Raises MendInput where its packages are not installed, and where the tables are another platform's.
        """
        if self._spark is None:
            if missing := [name for name in ENGINE_PACKAGES if find_spec(name) is None]:
                raise MendInput(f"the second engine is not installed: {', '.join(missing)}", "make engine")
            # the client of Spark takes a second to import, which only feeds on that engine wait for
            from acme_platform.engine.parts.files import TableFiles  # noqa: PLC0415
            from acme_platform.engine.parts.ownership import own  # noqa: PLC0415
            from acme_platform.engine.spark import Spark  # noqa: PLC0415

            if self.settings.engine_url is None and self.settings.tables_url.startswith("s3://"):
                # a server of ours is given no keys
                raise MendInput(
                    f"the embedded engine reads tables of a folder, and ACME_TABLES_URL is {self.settings.tables_url}",
                    "set ACME_ENGINE_URL to an engine that reaches them, or ACME_TABLES_URL to a folder",
                )
            url = self.settings.engine_url or servers.engine(self.settings)
            files = TableFiles(self.settings.tables_url, self.settings.tables_format)
            own(files, self.open_warehouse())
            self._spark = Spark(url, files, self.settings.engine_python or "")
        return self._spark

    def open_redis(self) -> redis.Redis:
        if self._redis is None:
            url = self.attach().redis_url
            self._redis = redis.Redis.from_url(url, decode_responses=True, socket_connect_timeout=5, socket_timeout=60)
        return self._redis

    @cached_property
    def mailer(self) -> Mailer | None:
        """None where no server takes our mail."""
        return Mailer(self.settings.smtp_url) if self.settings.smtp_url else None

    def keyspace(self, table: Table) -> Keyspace:
        return Keyspace(self.open_redis(), table.name, table.keys, sorted=table.pairs == SORTED_PAIRS)

    def monitor(self, table: Table) -> DriftMonitor:
        """One for each cache of this process, which remembers what it compared."""
        return self._monitors.setdefault(table.full_name, DriftMonitor(table))
