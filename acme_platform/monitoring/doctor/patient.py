"""The patient: what a check may look at. Everything is opened when the first check asks for it.

Belongs here: clients that leave what they look at as it is. Not here: looking.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import dagster as dg
from psycopg2.extensions import cursor

from acme_platform.config.settings import Settings
from acme_platform.deployment.instance import instance
from acme_platform.ingest.files import inventory
from acme_platform.ingest.files.inventory import Inventory
from acme_platform.services import Services
from acme_platform.warehouse.connection import Warehouse


@dataclass
class Patient:
    """One command's view of the platform, to be closed."""

    environ: Mapping[str, str] = field(repr=False)
    _opened: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def settings(self) -> Settings:
        return Settings.from_env(self.environ)

    @cached_property
    def services(self) -> Services:
        return Services(self.settings)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The warehouse as it stands: `services.warehouse` would migrate it."""
        return self._opened.enter_context(closing(Warehouse(self.services.addresses.warehouse_url)))

    @cached_property
    def storage(self) -> Warehouse:
        return self._opened.enter_context(closing(self.services.storage))

    @cached_property
    def dagster(self) -> dg.DagsterInstance:
        return self._opened.enter_context(instance(self.services))

    @cached_property
    def inventory(self) -> Inventory:
        with self.ledger() as at:
            return inventory.take(at, self.services.lake, self.settings.first_day)

    @contextmanager
    def ledger(self) -> Iterator[cursor]:
        with self.warehouse.transaction("acme doctor") as at:
            yield at

    def close(self) -> None:
        self._opened.close()
