"""Services: the plain clients that assets and commands work with, made from the environment when they are first asked.

Belongs here: turning settings into clients. Not here: what is done with them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import redis

from acme_assets import servers
from acme_assets.drift_monitor import DriftMonitor
from acme_assets.keyspace import Keyspace
from acme_assets.lake import Lake, open_lake
from acme_assets.mail import Mailer
from acme_assets.migration import migrate
from acme_assets.servers import Addresses
from acme_assets.settings import Settings
from acme_assets.source import Source
from acme_assets.table import SORTED_PAIRS, Table
from acme_assets.warehouse import Warehouse

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

    @cached_property
    def source(self) -> Source:
        """The operational database; the embedded one is made when there is no other."""
        if url := self.settings.operations_url:
            return Source(url, self.settings.operations_capture or "")
        # numpy, which other generators need, takes a tenth of a second to import
        from acme_assets.sample.operations import prepare  # noqa: PLC0415

        embedded = servers.finance(self.settings)
        prepare(Warehouse(embedded.owner_url))
        return Source(embedded.reader_url, self.settings.operations_capture or "")

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
