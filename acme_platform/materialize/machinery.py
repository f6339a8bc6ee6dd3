"""Machinery: what the platform does with the tables of a layer, one object a layer.

Belongs here: what is asked of it, and the usual answers. Not here: those of the platform's own layers (`layers.py`),
facts that are true of a layer whoever fills it (`model/layer.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg2 import sql

from acme_platform.checks.check import SHOWN
from acme_platform.checks.subject import of_day
from acme_platform.cursor import Cursor
from acme_platform.ledger.check_results import Verdict
from acme_platform.materialize.page import page
from acme_platform.model.table import Feed, Table
from acme_platform.services import Services
from acme_platform.serving.drift import is_there
from acme_platform.warehouse.connection import name, rows


@dataclass(frozen=True)
class Filled:
    """A day of a table after it was filled."""

    rows: int
    #: what the layer adds: rows quarantined, files, keys written …
    more: dict[str, Any] = field(default_factory=dict)
    #: the run that filled it, where it stands as it was
    unchanged_since: str | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """For Dagster: `dagster/row_count` lights up the asset's status row and its plot."""
        said = {"unchanged_since_run": self.unchanged_since} if self.unchanged_since else {}
        return {"dagster/row_count": self.rows, "dagster/partition_row_count": self.rows, **self.more, **said}


def has_rows(cursor: Cursor, services: Services, table: Table, day: date) -> bool:
    """Whether the table holds anything of the day."""
    del services
    return bool(rows(cursor, sql.SQL("select {} limit 1").format(of_day(table)), {"day": day}))


@dataclass(frozen=True)
class PlaceCheck:
    """A check of what stands outside of the warehouse, in the lake or in Redis; one of the warehouse is a `Check`."""

    name: str
    severity: str
    meaning: str
    #: what breaks it
    broken: Callable[[Cursor, Services, Table, date], Iterable[dict[str, Any]]]
    #: whether there is something to compare
    has_subject: Callable[[Cursor, Services, Table, date], bool] = has_rows

    def on(self, cursor: Cursor, services: Services, table: Table, day: date) -> Verdict:
        """Run it on one day; the sample holds what breaks it first."""
        broken = list(self.broken(cursor, services, table, day))
        compared = self.has_subject(cursor, services, table, day)
        return Verdict(table.full_name, day, self.name, self.severity, len(broken), broken[:SHOWN], compared)


class Machinery(ABC):
    """How the tables of a layer are filled, checked, shown and taken back. Only for filling there is no usual way."""

    @abstractmethod
    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        """Fill the day, whatever it held before, and say so in the ledger in the same transaction."""

    def restore(self, services: Services, table: Table, run_id: str) -> None:
        """Give back what was lost outside of the warehouse, before anything is asked about new contents."""
        del services, table, run_id

    def holder(self, cursor: Cursor, services: Services, table: Table, day: date) -> date | None:
        """The day whose build says whether `day` stands; None where it has to be filled whatever the ledger says."""
        del cursor, services, table
        return day

    def checks(self, table: Table) -> Iterable[PlaceCheck]:
        """What is checked outside of the warehouse."""
        del table
        return ()

    def page(self, cursor: Cursor, services: Services, table: Table, day: date) -> dict[str, Any]:
        """What Dagster shows of a day that was just filled, as JSON keeps it."""
        return page(cursor, services.lake, table, day)

    def place(self, feed: Feed, table: Table) -> str:
        """Where its contents are, for the UI. The place and not the server: addresses belong to the environment."""
        del feed
        return f"postgresql:warehouse/{table.full_name}"

    def tell(self, services: Services, table: Table, run_id: str) -> None:
        """Tell everybody else's tools, after a commit, what the table holds now."""
        del services, table, run_id

    def take_out(self, cursor: Cursor, services: Services, table: Table, day: date) -> None:
        """Take the day's rows back, if there is a table that holds them."""
        del services
        if not is_there(cursor, table):
            return
        column = sql.Identifier(table.day_column)
        cursor.execute(sql.SQL("delete from {} where {} = %s").format(name(table.full_name), column), (day,))
