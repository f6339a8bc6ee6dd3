"""Facts of capture: all that a reading of changes stands on, as the source has it at one moment.

Belongs here: asking for them in one query, and what each is called. Not here: which of them are wrong, and which may
not change between two readings (`rules.py`).

Facts outlive the moment: the ledger keeps those of the last reading. What was altered and altered back leaves a trace
in them, for a catalog's row that was written again has another `xmin`, and what was made again another `oid`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import Any

from acme_platform.cursor import Cursor
from acme_platform.ingest.cdc.pgoutput import lsn

SERVER = """
select jsonb_build_object(
    'system', (select system_identifier::text from pg_control_system()),
    'database', (select oid::bigint from pg_database where datname = current_database()),
    'version', current_setting('server_version_num')::integer,
    'wal_level', current_setting('wal_level'),
    'role', current_user,
    'may_replicate', (select rolreplication or rolsuper from pg_roles where rolname = current_user),
    'publication', (
        select to_jsonb(publication) || jsonb_build_object('xmin', publication.xmin::text)
        from pg_publication as publication where pubname = %(name)s
    ),
    'slot', (select to_jsonb(slot) from pg_replication_slots as slot where slot_name = %(name)s),
    'here', current_database(),
    -- the end of the last record, and how far the log is on the disk, which may be amid a record
    'now', statement_timestamp() at time zone 'UTC',
    'written', case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end,
    'flushed', case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end
)
"""
TABLES = """
select wanted, jsonb_build_object(
    'oid', class.oid::bigint,
    'kind', class.relkind,
    'xmin', class.xmin::text,
    'file', class.relfilenode::bigint,
    'identity', class.relreplident,
    'identity_columns', (
        select jsonb_agg(attname order by attname) from pg_index
        join pg_attribute on attrelid = indrelid and attnum = any((indkey::int2[])[0:indnkeyatts - 1])
        where indrelid = class.oid and indisvalid and indimmediate
        and (class.relreplident = 'd' and indisprimary or class.relreplident = 'i' and indisreplident)
    ),
    'primary_columns', (
        select jsonb_agg(attname order by attname) from pg_index
        join pg_attribute on attrelid = indrelid and attnum = any((indkey::int2[])[0:indnkeyatts - 1])
        where indrelid = class.oid and indisvalid and indimmediate and indisprimary
    ),
    'published', (
        select to_jsonb(one) from pg_publication_tables as one
        where pubname = %(name)s and schemaname = space.nspname and tablename = class.relname
    ),
    'members', (
        select jsonb_agg(jsonb_build_array(member.oid::bigint, member.xmin::text) order by member.oid)
        from pg_publication_rel as member
        where prpubid = publication.oid
        and (prrelid = class.oid or prrelid in (select pg_partition_ancestors(class.oid)))
    ),
    'schemas', ({schemas}),
    'columns', (
        select jsonb_object_agg(attname, jsonb_build_object('number', attnum, 'type', atttypid::bigint,
            'xmin', one.xmin::text, 'generated', attgenerated))
        from pg_attribute as one where attrelid = class.oid and attnum > 0 and not attisdropped
    ),
    'parts', (
        with recursive below as (
            select inhrelid, inherits.xmin::text as attached, inherits.cmin::text::bigint as nth
            from pg_inherits as inherits where inhparent = class.oid
            union all
            select inherits.inhrelid, inherits.xmin::text, inherits.cmin::text::bigint
            from pg_inherits as inherits join below on inherits.inhparent = below.inhrelid
        )

        select jsonb_object_agg(inhrelid::bigint, jsonb_build_object('name', inhrelid::regclass::text,
            'file', part.relfilenode::bigint, 'persistence', part.relpersistence, 'attached', attached,
            -- nothing can have been put in between where the one statement follows the other
            'made_so', created.xmin::text = attached and nth - created.cmin::text::bigint <= 2,
            'kind', part.relkind, 'identity', part.relreplident, 'identity_columns', (
                select jsonb_agg(attname order by attname) from pg_index
                join pg_attribute on attrelid = indrelid and attnum = any((indkey::int2[])[0:indnkeyatts - 1])
                where indrelid = part.oid and indisvalid and indimmediate
                and (part.relreplident = 'd' and indisprimary or part.relreplident = 'i' and indisreplident)
            )))
        from below join pg_class as part on part.oid = inhrelid
        join pg_attribute as created on created.attrelid = inhrelid and created.attname = 'tableoid'
    )
)
from unnest(%(tables)s::text[]) as wanted
join pg_class as class on class.oid = to_regclass(wanted)
join pg_namespace as space on space.oid = class.relnamespace
left join pg_publication as publication on pubname = %(name)s
"""
#: since then there are publications of whole schemas
KNOWS_SCHEMAS = 150000
SCHEMAS = (
    "select jsonb_agg(jsonb_build_array(member.oid::bigint, member.xmin::text) order by member.oid)"
    " from pg_publication_namespace as member where pnpubid = publication.oid and pnnspid = class.relnamespace"
)
#: what is another one at each look, and tells nothing of what was read before
OF_THE_MOMENT = ("slot", "now", "written", "flushed")


@dataclass(frozen=True)
class TableFacts:
    """One table that is captured."""

    name: str
    told: Mapping[str, Any]

    @property
    def oid(self) -> int:
        return int(self.told["oid"])

    @property
    def is_published(self) -> bool:
        return self.told["published"] is not None

    @property
    def is_named(self) -> bool:
        """The publication names the table itself, not all tables or all of a schema."""
        return bool(self.told["members"])

    @property
    def columns(self) -> Mapping[str, Mapping[str, Any]]:
        return self.told["columns"] or {}

    @property
    def parts(self) -> Mapping[str, Mapping[str, Any]]:
        return self.told["parts"] or {}

    @property
    def identity(self) -> frozenset[str]:
        """The columns by which updates and deletes name a row."""
        return frozenset(self.columns if self.told["identity"] == "f" else self.told["identity_columns"] or ())

    @property
    def sent(self) -> list[str]:
        """The columns whose values come with a change, in their order; servers before 15 know no choice of them."""
        chosen = (self.told["published"] or {}).get("attnames")
        return [
            column
            for column, column_facts in sorted(self.columns.items(), key=lambda pair: pair[1]["number"])
            if (column in chosen if chosen is not None else not column_facts["generated"])
        ]


@dataclass(frozen=True)
class Facts:
    """The source at one moment."""

    told: Mapping[str, Any]

    @property
    def publication(self) -> Mapping[str, Any] | None:
        return self.told["publication"]  # type: ignore[no-any-return]  # JSON

    @property
    def slot(self) -> Mapping[str, Any] | None:
        return self.told.get("slot")

    @property
    def written(self) -> int:
        """The log's end: what was committed before this moment stands before it, or at once behind it."""
        return lsn(self.told["written"])

    @property
    def is_readable(self) -> bool:
        """The log is on the disk up to its end, so whoever reads it now reads up to there."""
        return lsn(self.told["flushed"]) >= self.written

    @property
    def retained(self) -> int:
        """Bytes of the log that the source keeps for the slot."""
        return self.written - lsn((self.slot or {}).get("restart_lsn") or self.told["written"])

    @property
    def lasting(self) -> dict[str, Any]:
        """Without what is of the moment; for the ledger."""
        return {fact: value for fact, value in self.told.items() if fact not in OF_THE_MOMENT}

    @property
    def digest(self) -> str:
        """Another text as soon as anything that capture stands on was touched."""
        return sha256(dumps(self.lasting, sort_keys=True).encode()).hexdigest()[:16]

    def table(self, name: str) -> TableFacts | None:
        told = self.told["tables"].get(name)
        return TableFacts(name, told) if told else None

    @property
    def tables(self) -> Iterator[TableFacts]:
        return (TableFacts(name, told) for name, told in self.told["tables"].items())


def ask(cursor: Cursor, name: str, tables: Sequence[str]) -> Facts:
    """The facts of the publication and the slot of that name, from one snapshot of the catalogs."""
    schemas = SCHEMAS if cursor.connection.server_version >= KNOWS_SCHEMAS else "null::jsonb"
    query = (
        f"select ({SERVER}) || jsonb_build_object('tables', coalesce((select jsonb_object_agg(one.name, one.told)"  # noqa: S608
        f" from ({TABLES.replace('{schemas}', schemas)}) as one (name, told)), '{{}}'))"
    )
    cursor.execute(query, {"name": name, "tables": list(tables)})
    ((told,),) = cursor.fetchall()
    return Facts(told)
