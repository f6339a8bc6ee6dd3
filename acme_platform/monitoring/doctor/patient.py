"""The patient: what a check may look at. Everything is opened when the first check asks for it.

Belongs here: clients that leave what they look at as it is. Not here: looking.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import dagster as dg

from acme_platform.config.settings import Settings
from acme_platform.cursor import Cursor
from acme_platform.deployment.instance import instance
from acme_platform.embedded.postgresql import POSTGRESQL
from acme_platform.embedded.user import needed
from acme_platform.errors import AcmeError
from acme_platform.ingest.database.source import Source
from acme_platform.ingest.files import inventory
from acme_platform.ingest.files.inventory import Inventory
from acme_platform.model.company import company
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.warehouse.connection import Warehouse


@dataclass
class Patient:
    """One command's view of the platform, to be closed."""

    environ: Mapping[str, str] = field(repr=False)
    _opened: ExitStack = field(default_factory=ExitStack)
    _warehouse: Warehouse | None = None
    _storage: Warehouse | None = None

    @cached_property
    def settings(self) -> Settings:
        return Settings.from_env(self.environ)

    @cached_property
    def services(self) -> Services:
        return Services(self.settings)

    def open_warehouse(self) -> Warehouse:
        """The warehouse as it stands: `services.open_warehouse()` would migrate it."""
        if self._warehouse is None:
            self._warehouse = self._opened.enter_context(closing(Warehouse(self.services.attach().warehouse_url)))
        return self._warehouse

    def open_storage(self) -> Warehouse:
        if self._storage is None:
            self._storage = self._opened.enter_context(closing(self.services.open_storage()))
        return self._storage

    @cached_property
    def dagster(self) -> dg.DagsterInstance:
        return self._opened.enter_context(instance(self.services))

    @cached_property
    def inventory(self) -> Inventory:
        with self.ledger() as cursor:
            return inventory.take(cursor, self.services.lake, self.settings.first_day)

    @cached_property
    def sources(self) -> dict[str, Source | AcmeError | None]:
        """Name -> each source that a feed reads; or why it cannot be read; None where there is nothing to look at."""
        names = sorted({feed.source for feed in catalog.feeds().values() if feed.extracted})
        return {name: self._source(name) for name in names}

    def _source(self, name: str) -> Source | AcmeError | None:
        """A stand-in is looked at where its server runs anyway, and once something was made in it."""
        tables = [table.source for table in tables_of(name)]
        stands_in = company().source(name).stand_in and not self.settings.source(name).url
        if stands_in and POSTGRESQL not in needed(self.settings):
            return None
        try:
            source = self.services.source(name)
            if stands_in and source.missing(tables) == tables:
                return None
            for table in tables:
                source.columns(table)
        except AcmeError as error:
            return error
        return source

    @contextmanager
    def ledger(self) -> Iterator[Cursor]:
        with self.open_warehouse().transaction("acme doctor") as cursor:
            yield cursor

    def close(self) -> None:
        self._opened.close()


def tables_of(source: str) -> list[Table]:
    """The tables that are read from it."""
    return [table for feed in catalog.feeds().values() for table in feed.extracted if feed.source == source]
