"""Judging: a check of the warehouse, run by the engine that holds what it reads.

Belongs here: the choice. Not here: running it (`checks/check.py`, `engine/checking.py`).
"""

from datetime import date

from acme_platform.checks.check import Check
from acme_platform.cursor import Cursor
from acme_platform.ledger.check_results import Verdict
from acme_platform.ledger.parts import engines
from acme_platform.model.engine import SPARK
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.services import Services


def judge(services: Services, cursor: Cursor, check: Check, table: Table, day: date) -> Verdict:
    """Run the check on one day. Raises MendInput where the rows stand elsewhere than the feed says."""
    engines.refuse_elsewhere(cursor, table)
    if catalog.engine(table.full_name) != SPARK:
        return check.on(cursor, table, day)
    from acme_platform.engine.checking import OnSpark  # noqa: PLC0415  # as in `lake_layers.py`

    return OnSpark(services.open_spark()).judge(cursor, check, table, day)
