"""Loss: a refresh that would take more of a cache than its table allows.

Belongs here: the rule, and how it is told. Not here: what a refresh writes (`redis_cache.py`), the word by which a
person allows it (`run_options.py`).

What is lost are keys that go, and of hashes named by the data and of sorted sets also their parts becoming fewer: the
members of a ranking change places every day. Only what Redis has is lost, so an emptied one loses nothing.
"""

from dataclasses import dataclass
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput
from acme_platform.model.run_options import TAGS
from acme_platform.model.table import Table
from acme_platform.registry import remedies
from acme_platform.warehouse.connection import name


@dataclass(frozen=True)
class Loss:
    """What Redis has, and how much of it would go."""

    keys: int
    gone: int
    parts: int = 0
    parts_left: int = 0

    def exceeds(self, share: float) -> bool:
        return self.gone > share * self.keys or self.parts - self.parts_left > share * self.parts


def refuse(table: Table, day: date, loss: Loss) -> None:
    """Raise MendInput where more would be lost than the table allows."""
    if not loss.exceeds(table.may_lose):
        return
    parts = f", and {loss.parts_left:,} instead of {loss.parts:,} values would be left" if table.pairs else ""
    tag = TAGS["accepts_loss"]
    raise MendInput(
        f"{table.full_name} of {day} would take {loss.gone:,} of the {loss.keys:,} keys {table.keys} that Redis"
        f" holds{parts}: more than {table.may_lose:.0%} go only if that is meant. Redis stays as it is. If"
        f" {' and '.join(table.upstream)} of {day} is right, allow it (in the UI by the run's tag {tag}: true)",
        remedies.accept_loss(table.full_name, day),
    )


def of_ours(cursor: Cursor, table: Table, *, looked: bool) -> Loss:
    """Of what the table holds, as far as Redis has it where somebody `looked`: keys of others are no loss.

    Reads what `cache.Contents` has found.
    """
    there = "where key in (select key from emptied)" if looked else ""
    cursor.execute(
        sql.SQL(
            "select {2}, (select count(*) from gone where key in (select key from {0})),"
            " count(*), (select count(*) from incoming) from {0} {1}"
        ).format(name(table.full_name), sql.SQL(there), keys(table))
    )
    return Loss(*(cursor.fetchone() or (0, 0)))


def keys(table: Table) -> sql.SQL:
    """How many there are; a million rows that are keys are counted in a tenth of the time."""
    return sql.SQL("count(distinct key)" if table.pairs else "count(*)")


def of_others(cursor: Cursor) -> Loss:
    """Of what Redis has, whoever wrote it: the table was made anew, and a warehouse before it filled Redis."""
    cursor.execute("select (select count(*) from emptied), (select count(*) from gone)")
    return Loss(*(cursor.fetchone() or (0, 0)))
