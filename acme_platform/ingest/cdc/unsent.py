"""Values that were not sent: a large one that did not change is left out of an update, and is that of the row before.

Belongs here: finding them for all rows of a part at once. Not here: telling which were not sent (`change_buffer.py`).

The row before is the one of the same *chain*: the versions of one row of the source, in their order, also where an
update gave it another key. Within a part the spool names the chain where it is not the key; behind it, in raw, the
chain's name is the key that the row had before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput
from acme_platform.ingest.cdc import row_key
from acme_platform.ingest.cdc.rules import RECAPTURE
from acme_platform.ingest.database.extract import DELETED_AT
from acme_platform.ingest.database.raw_rows import RawRows, Wanted
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import name
from acme_platform.warehouse.partition import Part, Readable

#: The newest version of each chain that needs one, from what raw held before this part.
BEFORE = """
create temporary table before on commit drop as
select distinct on ({key}) * from {raw}
where {key} in (select chain from unsent)
order by {key}, day desc, row_number desc
"""
#: A row without the value takes it from the last row of its chain that came with it, or else from raw.
COMPLETE = """
with rows as (
    select part.row_number, coalesce(links.chain, {key_of_part}) as chain, {column} as value,
        unsent.row_number is null and {deleted_at} is null as is_known, unsent.row_number is not null as is_unsent
    from {part} as part
    left join links on links.row_number = part.row_number - {first} + 1
    left join unsent on unsent.row_number = part.row_number - {first} + 1 and unsent.title = {title}
    where coalesce(links.chain, {key_of_part}) in (select chain from unsent where title = {title})
),

donors as (
    select row_number, chain, is_unsent,
        max(row_number) filter (where is_known)
            over (partition by chain order by row_number rows between unbounded preceding and 1 preceding) as donor
    from rows
),

found as (
    select donors.row_number, case when donors.donor is null then {previous} else donating.value end as value
    from donors
    left join rows as donating on donating.row_number = donors.donor
    left join before on {key_of_before} = donors.chain and before.{deleted_at} is null
    where donors.is_unsent
)

update {part} as part set {column} = found.value from found where found.row_number = part.row_number
"""


@dataclass(frozen=True)
class Unsent:
    """What a spool notes beside its rows, as COPY text."""

    #: row, chain, column
    values: Readable
    #: row, chain: of rows whose chain is not their key
    links: Readable
    titles: frozenset[str]


def complete(
    cursor: Cursor,
    raw_rows: RawRows,
    table: Table,
    part: Part,
    unsent: Unsent,
    extra: Mapping[str, str],
    first_row: int,
    address: str,
) -> None:
    """Give each row what was not sent; MendInput when nobody knows it. `extra` are titles and their columns."""
    cursor.execute("drop table if exists pg_temp.unsent, pg_temp.links, pg_temp.before")
    cursor.execute("create temporary table unsent (row_number bigint, chain text, title text) on commit drop")
    cursor.execute("create temporary table links (row_number bigint, chain text) on commit drop")
    cursor.copy_expert("copy unsent from stdin", cast("BinaryIO", unsent.values))
    cursor.copy_expert("copy links from stdin", cast("BinaryIO", unsent.links))
    cursor.execute("analyze unsent, links")
    held = raw_rows.held(cursor, table, Wanted(keys=row_key.firsts(table)))
    cursor.execute(sql.SQL(BEFORE).format(key=row_key.of_columns(table), raw=held))
    cursor.execute("analyze before")
    for title in sorted(unsent.titles):
        column, kept = sql.Identifier(extra.get(title, title)), sql.SQL("extra ->> {}").format(sql.Literal(title))
        declared = sql.SQL("coalesce(before.{}, {})").format(column, kept)
        cursor.execute(
            sql.SQL(COMPLETE).format(
                key_of_part=row_key.of_columns(table, "part"),
                key_of_before=row_key.of_columns(table, "before"),
                column=column,
                part=name(part.full_name),
                first=sql.Literal(first_row),
                title=sql.Literal(title),
                previous=kept if title in extra else declared,
                deleted_at=sql.Identifier(DELETED_AT),
            )
        )
        _check(cursor, table, part, column, title, first_row, address)


def _check(
    cursor: Cursor, table: Table, part: Part, column: sql.Identifier, title: str, first_row: int, address: str
) -> None:
    cursor.execute(
        sql.SQL(
            "select count(*) from {part} as part join unsent on unsent.row_number = part.row_number - {first} + 1"
            " where title = {title} and {column} is null"
        ).format(part=name(part.full_name), first=sql.Literal(first_row), title=sql.Literal(title), column=column)
    )
    ((count,),) = cursor.fetchall()
    if count:
        raise MendInput(
            f"{address} did not send {title} of {count} updates of {table.source}, for it did not change, and raw has"
            " no version before them",
            RECAPTURE,
        )
