"""The bench: a database of its own in which cases are run, each in a transaction that is rolled back.

Belongs here: making it, and what becomes of a case. Not here: the case itself (`trial.py`).

Nothing of the warehouse is read or written: the database stands beside it, on the same server, and is dropped.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from acme_platform.errors import AcmeError
from acme_platform.schema.migrate import migrate
from acme_platform.testing.document import Case
from acme_platform.testing.trial import Trial
from acme_platform.warehouse.connection import Warehouse
from acme_platform.warehouse.scratch_database import scratch_database


@dataclass(frozen=True)
class Bench:
    """Runs cases, one after the other."""

    warehouse: Warehouse

    def failure(self, case: Case) -> str:
        """Empty where the case holds; else why not: a table of what is missing and too much, or what cannot be."""
        try:
            with self.warehouse.transaction(f"acme test {case.file.name}") as cursor:
                said = Trial(cursor, case).failure()
                cursor.connection.rollback()
        except AcmeError as error:
            return str(error)
        return said


@contextmanager
def bench(url: str) -> Iterator[Bench]:
    """With a database of its own on that server, as a warehouse begins."""
    with scratch_database(url) as scratch, closing(Warehouse(scratch)) as warehouse:
        migrate(warehouse)
        yield Bench(warehouse)
