"""The platform's own layers: their machinery where PostgreSQL holds and computes all.

Belongs here: the machinery of each. Not here: that of a feed on Spark (`lake_layers.py`), which one a table has
(`layers.py`), facts about layers (`model/layer.py`).
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from acme_platform.cursor import Cursor
from acme_platform.ingest.database.raw_rows import IN_WAREHOUSE, RawRows
from acme_platform.ingest.files import removed_files
from acme_platform.ingest.files.routing import EXPORTS
from acme_platform.ledger import deliveries, quarantine, watermarks
from acme_platform.ledger.check_results import MUST, SHOULD
from acme_platform.ledger.parts.raw_parts import raw_parts
from acme_platform.materialize.cache_lag import differing_days
from acme_platform.materialize.extraction import reading
from acme_platform.materialize.machinery import Filled, Machinery, PlaceCheck
from acme_platform.model.table import Feed, Table
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.serving import lake_export
from acme_platform.serving.drift import is_there
from acme_platform.serving.redis_cache import differing, held_day, refresh
from acme_platform.serving.restore import EQUALS_TABLE, restore
from acme_platform.transform.analytics import answer
from acme_platform.transform.staging import KEPT, stage
from acme_platform.warehouse.connection import lock


class Raw(Machinery):
    """Files of the lake, or rows of another database, as they came."""

    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        if table.source:
            return extract(services, feed, table, day, run_id, IN_WAREHOUSE)
        # numpy, by which files are screened, takes a tenth of a second to import: only runs that load wait for it
        from acme_platform.ingest.files.load import Loader  # noqa: PLC0415

        loaded = Loader(services.open_warehouse(), services.lake, feed.name, table, run_id, feed.tolerance).load(day)
        more = {"rows_quarantined": loaded.rejected, "files": loaded.files, "files_read": loaded.read}
        return Filled(loaded.rows, more)

    def checks(self, table: Table) -> Iterator[PlaceCheck]:
        if table.delivered:
            yield PlaceCheck(removed_files.CHECK, SHOULD, removed_files.MEANING, _gone, _has_files)

    def place(self, feed: Feed, table: Table) -> str:
        if table.source:
            return f"postgresql:{feed.source}/{table.source}"
        return f"lake:{table.object or f'{feed.name}/{table.delivered}/'}"

    def take_out(self, cursor: Cursor, services: Services, table: Table, day: date) -> None:
        del services
        known = [delivery.delivery_id for delivery in deliveries.deliveries(cursor, table.full_name, day)]
        for number in known:
            raw_parts(table).drop(cursor, number)
        deliveries.retire(cursor, known)
        quarantine.forget_files(cursor, known)
        if table.source:
            watermarks.read_anew(cursor, catalog.feed_with(table.full_name).name)


def extract(services: Services, feed: Feed, table: Table, day: date, run_id: str, raw_rows: RawRows) -> Filled:
    """Read a day of another database into raw, wherever that keeps its rows."""
    services.prepare_stand_in(feed.source)
    extracted = reading(services, feed, run_id, raw_rows).extract(day, table)
    more = {"rows_read": extracted.read, "rows_new": extracted.new, "rows_found": extracted.found}
    return Filled(extracted.rows, more)


class Staging(Machinery):
    """Typed versions of what raw holds."""

    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        staged = stage(services.open_warehouse(), table, day, run_id, feed.tolerance)
        return Filled(staged.kept, {"rows_quarantined": staged.rejected})

    def holder(self, cursor: Cursor, services: Services, table: Table, day: date) -> date | None:
        """Days of one table are filled one after the other: another run may be at this one, and then it stands."""
        lock(cursor, table.lock(day))
        return super().holder(cursor, services, table, day)

    def take_out(self, cursor: Cursor, services: Services, table: Table, day: date) -> None:
        del services
        if is_there(cursor, table):
            KEPT[table.keep](table, day).take_out(cursor)


class Analytics(Machinery):
    """Answers as of a day."""

    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        del feed
        return Filled(answer(services.open_warehouse(), table, day, run_id))


class Cache(Machinery):
    """Answers of the newest day in Redis."""

    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        del feed
        done = refresh(services.open_warehouse(), services.keyspace(table), table, day, run_id)
        more = {"day_in_redis": str(done.day), "keys_written": done.written, "keys_removed": done.removed}
        return Filled(done.keys, more)

    def restore(self, services: Services, table: Table, run_id: str) -> None:
        with services.open_warehouse().transaction(f"{run_id[:8]} {table.full_name} look") as cursor:
            differs = differing_days(cursor, services, [table])
        if differs:
            restore(services.open_warehouse(), services.keyspace(table), table, run_id)

    def holder(self, cursor: Cursor, services: Services, table: Table, day: date) -> date | None:
        """An older day stands as long as a newer one does."""
        return held_day(cursor, services.keyspace(table), table, day)

    def checks(self, table: Table) -> Iterator[PlaceCheck]:
        meaning = f"The keys {table.keys} of Redis hold exactly what {table.full_name} holds."
        yield PlaceCheck(EQUALS_TABLE, MUST, meaning, _differs_in_redis)

    def place(self, feed: Feed, table: Table) -> str:
        del feed
        return f"redis:{table.keys}"

    def take_out(self, cursor: Cursor, services: Services, table: Table, day: date) -> None:
        """Its rows are those that Redis holds, and go with them (`wipe.py`)."""


class Export(Machinery):
    """Answers as files of the lake."""

    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        del feed
        exported = lake_export.export(services.open_warehouse(), services.lake, table, day, run_id)
        at = services.lake.uri(f"{EXPORTS}/{exported.export_id}/")
        more = {"export_id": exported.export_id, "files_written": exported.written, "files_at": at}
        return Filled(exported.rows, more)

    def checks(self, table: Table) -> Iterator[PlaceCheck]:
        del table
        meaning = "Every exported file stands in the lake as it was written, with the rows that its table has now."
        yield PlaceCheck("lake_equals_tables", MUST, meaning, _differs_in_lake)

    def place(self, feed: Feed, table: Table) -> str:
        del feed, table
        return f"lake:{EXPORTS}/"


def _gone(cursor: Cursor, services: Services, table: Table, day: date) -> Iterable[dict[str, Any]]:
    return [{"gone": file} for file in removed_files.gone(cursor, services.lake, table.full_name, day)]


def _has_files(cursor: Cursor, services: Services, table: Table, day: date) -> bool:
    del services
    return any(delivery.state == "visible" for delivery in deliveries.deliveries(cursor, table.full_name, day))


def _differs_in_redis(cursor: Cursor, services: Services, table: Table, day: date) -> Iterable[dict[str, Any]]:
    del day
    drifted = differing(cursor, services.keyspace(table), table)
    return [{"key": key, **fields} for key, fields in drifted]


def _differs_in_lake(cursor: Cursor, services: Services, table: Table, day: date) -> Iterable[dict[str, Any]]:
    return lake_export.differing(cursor, services.lake, table, day)
