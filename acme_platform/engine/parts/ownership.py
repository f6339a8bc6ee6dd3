"""Ownership: the tables at one address of the lake belong to one platform, whose mark stands beside them.

Two platforms with one ACME_TABLES_URL would each show the other's readers its own rows, and sweep the other's files.

Belongs here: the mark. Not here: the tables.
"""

from acme_platform.engine.parts.files import TableFiles
from acme_platform.errors import MendInput
from acme_platform.warehouse.connection import Warehouse

MARK = "acme-platform"


def own(files: TableFiles, warehouse: Warehouse) -> None:
    """Mark the address as this platform's. Raises MendInput where it is marked as another's."""
    with warehouse.transaction("tables of the lake") as cursor:
        cursor.execute("select id || ' ' || oid from ledger.platform, pg_database where datname = current_database()")
        ((mine,),) = cursor.fetchall()
    owner = files.text(MARK)
    if owner is None:
        files.write_text(MARK, mine)
    elif owner != mine:
        raise MendInput(
            f"the tables at {files.url} belong to another platform, or to another database of this one",
            f"set ACME_TABLES_URL to a place of its own; where that database is gone, remove {files.url}/{MARK}",
        )
