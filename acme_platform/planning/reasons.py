"""Reasons: why a day that has to be filled has to be, in the words of a plan.

Belongs here: telling them apart. Not here: whether it has to be filled: that is decided before (`fill.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.ledger import check_results
from acme_platform.model.table import Table

NEW, CORRECTED, MISSING, LOST = "new", "corrected", "missing", "lost by Redis"
NO_FILE = "missing: no file of the day, 0 rows"
OLDER_SQL = "older SQL"
FORCED, RED = "forced", "red check"


@dataclass
class Reasons:
    """What is known so far of one plan."""

    is_forced: bool = False
    #: (table, day) of all that would be filled before
    planned: set[tuple[str, date]] = field(default_factory=set)

    def of(self, cursor: Cursor, table: Table, day: date, seen: Mapping[str, int]) -> str:
        """The reason for a day that is computed from what has these changes."""
        cursor.execute(
            "select seen, code_version from ledger.builds where table_name = %s and day = %s", (table.full_name, day)
        )
        stood = cursor.fetchone()
        if stood is None:
            return NEW if any((name, day) in self.planned for name in table.upstream) else MISSING
        saw, version = stood
        if version != table.code_version:
            return OLDER_SQL
        if newer := [name for name, change in seen.items() if saw.get(name) != change]:
            return f"{CORRECTED}: {' and '.join(newer)}"
        red = [check for _, of_day, check in check_results.red(cursor, [table.full_name]) if of_day == day]
        if red:
            return f"{RED}: {', '.join(red)}"
        return FORCED if self.is_forced else "Redis holds another day"
