"""What a day reads: of some tables every version up to it, of the others the same day. One rule, for every question.

    history     staging, which keeps versions: day D reads all of its days up to D
    same day    anything else: day D reads day D

Belongs here: the rule, as a condition. Not here: which tables are of which kind (`Table.history`, `Table.same_day`),
what follows from it.
"""

from psycopg2 import sql

from acme_platform.model.table import Table


def reads(of: str, first: str, last: str = "") -> sql.Composed:
    """A condition on rows `of` a table of the ledger: a day from `first` to `last` reads that table and day.

    Its parameters are those of `read_by`.
    """
    history = "({of}.table_name = any(%(history)s) and {of}.day <= {last}"
    same_day = " or {of}.table_name = any(%(same_day)s) and {of}.day between {first} and {last})"
    parts = {"of": sql.Identifier(of), "first": sql.SQL(first), "last": sql.SQL(last or first)}
    return sql.SQL(history + same_day).format(**parts)


def read_by(*tables: Table) -> dict[str, list[str]]:
    """Parameters of the condition: what the tables read."""
    return {
        "history": [name for table in tables for name in table.history],
        "same_day": [name for table in tables for name in table.same_day],
    }
