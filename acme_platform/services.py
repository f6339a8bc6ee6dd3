"""Services: the plain clients that assets and commands work with, made from the environment when they are first asked.

Belongs here: turning settings into clients. Not here: what is done with them.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property

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

#: table, rows, whether it was filled or left as it stood: called whenever a day of a table is done
Progress = Callable[[str, int, bool], None]


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

    @cached_property
    def addresses(self) -> Addresses:
        return servers.attach(self.settings)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse, migrated."""
        warehouse = Warehouse(self.addresses.warehouse_url)
        migrate(warehouse)
        return warehouse

    @cached_property
    def storage(self) -> Warehouse:
        """The database of Dagster's storage, whose URL may name SQLAlchemy's driver."""
        return Warehouse(self.addresses.dagster_url.replace("+psycopg2", "", 1))

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

    @cached_property
    def redis(self) -> redis.Redis:
        url = self.addresses.redis_url
        return redis.Redis.from_url(url, decode_responses=True, socket_connect_timeout=5, socket_timeout=60)

    @cached_property
    def mailer(self) -> Mailer | None:
        """None where no server takes our mail."""
        return Mailer(self.settings.smtp_url) if self.settings.smtp_url else None

    def keyspace(self, table: Table) -> Keyspace:
        return Keyspace(self.redis, table.name, table.keys, sorted=table.pairs == SORTED_PAIRS)

    def monitor(self, table: Table) -> DriftMonitor:
        """One for each cache of this process, which remembers what it compared."""
        return self._monitors.setdefault(table.full_name, DriftMonitor(table))
