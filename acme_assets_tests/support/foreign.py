"""A feed of another company: tables of shapes that ACME's have not, from a database of its own.

    moves    only changes are read, by `moved_at`; the key is of two columns, neither of them the first; no created_at
    prices   only changes are read, by `priced_at`; the key is one column, not the first
    sites    read whole; does not say when a row came to be

Belongs here: what tests of such feeds share. Not here: expectations.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from acme_assets_tests.support.databases import database
from acme_platform.config.source_setting import SourceSetting
from acme_platform.day import today
from acme_platform.ingest.cdc import positions
from acme_platform.ingest.cdc.replication_slot import Slot
from acme_platform.ingest.database.source import Source
from acme_platform.materialize.extraction import reading
from acme_platform.materialize.fill import fill
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import Feed, Table, extracted, staging
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.warehouse.connection import Warehouse, rows

THERE = """
create schema depot;
create table depot.moves (
    note text, quantity int, site int, number int, moved_at timestamp default clock_timestamp(),
    primary key (site, number)
);
create table depot.prices (label text, item int primary key, price numeric, priced_at timestamp default now());
create table depot.sites (title text, site int primary key);
create index on depot.moves (moved_at);
create index on depot.prices (priced_at);
"""
SQL = {
    "raw.moves": """-- One row is one version of a move.
create table raw.{feed}_moves (
    note text,      -- anything
    quantity text,  -- how many
    site text,      -- where
    number text,    -- its number there
    moved_at text,  -- when it changed
    deleted_at text -- when it was deleted
);
""",
    "raw.prices": """-- One row is one version of a price.
create table raw.{feed}_prices (
    label text,     -- anything
    item text,      -- of what
    price text,     -- how much
    priced_at text, -- when it changed
    deleted_at text -- when it was deleted
);
""",
    "raw.sites": """-- One row is one site of a day's copy.
create table raw.{feed}_sites (
    title text, -- its name
    site text   -- its number
);
""",
    "staging.moves": """-- One row is one version of a move.
create table staging.{feed}_moves (
    site bigint not null,                       -- where
    number bigint not null,                     -- its number there
    day date not null,                          -- day of the change
    moved_at timestamp with time zone not null, -- when it changed
    valid_to date,                              -- day of the next version
    quantity bigint,                            -- how many
    is_deleted boolean not null,                -- ends the version before
    primary key (site, number, day, moved_at)
);

create index on staging.{feed}_moves (day);

select
    delivery_id,
    row_number,
    site,
    number,
    coalesce(deleted_at, moved_at) || ' UTC' as moved_at,
    quantity,
    (deleted_at is not null)::text as is_deleted
from raw.{feed}_moves
where day = %(day)s;
""",
}


def with_sql(table: Table, text: str) -> Table:
    """The table, whose file says that."""
    table.__dict__["sql"] = SqlFile(table.layer.name, table.name, text)
    return table


def feed(name: str, *kinds: str, source: str = "") -> Feed:
    """With some of the tables above, all of them unless said otherwise."""
    made = {
        "raw.moves": extracted(f"{name}_moves", source="depot.moves", changed_at="moved_at", key=("site", "number")),
        "raw.prices": extracted(f"{name}_prices", source="depot.prices", changed_at="priced_at", key=("item",)),
        "raw.sites": extracted(f"{name}_sites", source="depot.sites", key=("site",)),
        "staging.moves": staging(f"{name}_moves", keep="changes"),
    }
    tables = [
        with_sql(table, SQL[kind].replace("{feed}", name)) for kind, table in made.items() if kind in (kinds or made)
    ]
    return Feed(name, "Of another company.", "team:x", tuple(tables), source=source or name)


@contextmanager
def declared(*feeds: Feed) -> Iterator[None]:
    """The company's feeds are these, for the length of the block."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(catalog, "_read", lambda: ({one.name: one for one in feeds}, {}))
        _forget()
        yield
    _forget()


def _forget() -> None:
    for known in (catalog.broken, catalog.feeds, catalog.tables, catalog.objects):
        known.cache_clear()


@dataclass(frozen=True)
class Foreign:
    """Such a feed, and its database."""

    services: Services
    feed: Feed
    database: Warehouse

    def run(self, *statements: str) -> None:
        """Each in a transaction of its own, at the source, whose counters know of it when the session has ended."""
        for statement in statements:
            with self.database.transaction("test writer") as cursor:
                cursor.execute(statement)
        self.database.close()

    def read(self, run: str, day: date | None = None) -> None:
        """All tables that come from the source, as one run does."""
        reading(self.services, self.feed, run).extract(day or today(), self.feed.extracted[0])

    def stage(self, run: str) -> None:
        for table in self.feed.tables:
            if table.layer.keeps_versions:
                fill(self.services, self.feed, table, today(), run)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Of the warehouse."""
        with self.services.open_warehouse().transaction("test") as cursor:
            return [tuple(row.values()) for row in rows(cursor, query)]

    def there(self, query: str) -> list[tuple[Any, ...]]:
        """Of the source."""
        with self.database.transaction("test") as cursor:
            return [tuple(row.values()) for row in rows(cursor, query)]

    def newest(self, table: str, key: str, columns: str) -> list[tuple[Any, ...]]:
        """Of each key the version that raw saw last, unless that is its end."""
        deleted = "true" if table == "sites" else "deleted_at is null"
        return self.ask(
            f"select {columns} from (select distinct on ({key}) * from raw.{self.feed.name}_{table}"  # noqa: S608
            f" order by {key}, day desc, row_number desc) as newest where {deleted} order by 1, 2"
        )

    def begin_anew(self) -> None:
        """What `acme recapture` does before it reads."""
        with self.services.open_warehouse().transaction("test") as cursor:
            positions.forget_places(cursor, [self.feed.name])


@contextmanager
def foreign(server: str, services: Services, feed: Feed, capture: str | None = None) -> Iterator[Foreign]:
    """The feed's database on that server, which the settings name."""
    with database(server, "template1") as url, closing(Warehouse(url)) as opened:
        sources = {**services.settings.sources, feed.source: SourceSetting(feed.source, url, capture)}
        services.settings = replace(services.settings, sources=sources)
        made = Foreign(services, feed, opened)
        made.run(THERE)
        try:
            yield made
        finally:
            # a database that has one is not dropped
            if capture:
                Slot(Source(url), capture).drop()
