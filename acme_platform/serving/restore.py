"""Restoring: Redis is given again what it was given before and lost, key by key, and what others put there goes.

Belongs here: making Redis equal the cache's table as it stands, in one step for readers. Not here: new contents
(`redis_cache.py`), finding what differs (`drift.py`), when somebody looks (`drift_monitor.py`).

It needs nothing upstream, so that it works over a red check and beside a day that failed.
"""

import uuid
from contextlib import closing

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.model.table import Table
from acme_platform.serving.drift import drifted, is_there
from acme_platform.serving.loss import keys
from acme_platform.serving.redis_cache import given, last_refresh, unlinking
from acme_platform.serving.redis_keyspace import Keyspace, Watermark
from acme_platform.serving.redis_stream import filling
from acme_platform.warehouse.connection import Warehouse, lock, name
from acme_platform.warehouse.temp_tables import compute

#: the check that Redis is what the table says; what it said of any day before does not count any more afterwards
EQUALS_TABLE = "redis_equals_table"


def restore(warehouse: Warehouse, keyspace: Keyspace, table: Table, run_id: str) -> int:
    """Give Redis what it lacks of the table, and take what is not in it; returns the keys that were touched.

    Nothing where Redis was never given this table, or holds a newer day: a refresh died before it could say so.
    """
    with warehouse.transaction(f"{run_id[:8]} {table.full_name} restore") as cursor:
        lock(cursor, table.full_name)
        token, held = last_refresh(cursor, table)
        mark = keyspace.watermark()
        if token is None or held is None or (mark.day or held) > held or not is_there(cursor, table):
            return 0
        if not _is_as_left(cursor, table):
            cursor.execute("delete from ledger.refreshes where table_name = %s", (table.full_name,))
            return 0
        cursor.execute(
            "delete from ledger.verdicts where table_name = %s and check_name = %s", (table.full_name, EQUALS_TABLE)
        )
        differing = list(drifted(cursor, keyspace, table))
        if not differing and mark == Watermark(token, held):
            return 0
        renewed = Watermark(uuid.uuid4().hex, held)
        lost = sql.SQL("select * from {} where key = any(%(keys)s)").format(name(table.full_name))
        compute(
            cursor, "lost", lost, {"keys": [drifted_key.key for drifted_key in differing if not drifted_key.foreign]}
        )
        with closing(filling(cursor, table, "lost")) as given_again:
            keyspace.write(unlinking(drifted_key.key for drifted_key in differing), given_again, renewed)
        given(cursor, table, renewed)
        return len(differing)


def _is_as_left(cursor: Cursor, table: Table) -> bool:
    """The table has as many keys as Redis was given.

    Otherwise somebody emptied it, and Redis would be emptied after it: the next refresh trusts neither.
    """
    cursor.execute(
        sql.SQL("select coalesce(keys = (select {} from {}), true) from ledger.refreshes where table_name = %s").format(
            keys(table), name(table.full_name)
        ),
        (table.full_name,),
    )
    ((is_as_left,),) = cursor.fetchall()
    return bool(is_as_left)
