"""Layers of a feed on Spark: raw, staging and analytics as tables of the lake.

Belongs here: what is other than in `own_layers.py`. Not here: the tables (`engine/`).
"""

from dataclasses import replace
from datetime import date
from typing import Any

from acme_platform.cursor import Cursor
from acme_platform.ledger.parts import lake_parts
from acme_platform.materialize.machinery import Filled, Machinery
from acme_platform.materialize.own_layers import Analytics, Raw, Staging, extract
from acme_platform.materialize.page import FIRST_ROWS, page_in_lake
from acme_platform.model.table import Feed, Table
from acme_platform.services import Services
from acme_platform.transform.staging import stage


class InLake(Machinery):
    """What all tables of the lake have in common."""

    def tell(self, services: Services, table: Table, run_id: str) -> None:
        self._show(services, table, run_id)

    def _show(self, services: Services, table: Table, run_id: str) -> dict[str, Any]:
        """Bring the log in line; what stands on the page of the asset."""
        from acme_platform.engine.parts.lake_log import follow  # noqa: PLC0415  # as in `Raw`

        return follow(services.open_spark().files, services.open_warehouse(), table, run_id).facts

    def page(self, cursor: Cursor, services: Services, table: Table, day: date) -> dict[str, Any]:
        return page_in_lake(cursor, services.lake, table, day, self._first_rows(cursor, services, table, day))

    def _first_rows(self, cursor: Cursor, services: Services, table: Table, day: date) -> list[dict[str, Any]]:
        """From the files themselves: the engine is not asked."""
        from acme_platform.engine.parts.columns import schema_of  # noqa: PLC0415  # as in `Raw`
        from acme_platform.engine.parts.part_file import raw_schema  # noqa: PLC0415  # as in `Raw`

        names = table.sql.shape.names
        schema = raw_schema(names) if table.layer.is_loaded else schema_of(table)
        held = (part for part in lake_parts.parts(cursor, table.full_name, day, day) if part.rows)
        first = next(held, None)
        return services.open_spark().files.first_rows(first, schema.names, FIRST_ROWS) if first else []

    def place(self, feed: Feed, table: Table) -> str:
        del feed
        return f"tables:{table.layer}/{table.name}"


class LakeRaw(InLake, Raw):
    """Delivered files, or rows of another database, as tables of the lake."""

    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        filled = (self._extract if table.source else self._load)(services, feed, table, day, run_id)
        return replace(filled, more=filled.more | self._show(services, table, run_id))

    def _extract(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        from acme_platform.engine.parts import raw_rows  # noqa: PLC0415  # as in `Raw`

        return extract(services, feed, table, day, run_id, raw_rows.InLake(services.open_spark().files))

    def _load(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        from acme_platform.engine.session.delivering import loader  # noqa: PLC0415  # as in `Raw`

        spark = services.open_spark()
        into = loader(spark.job, spark.files)
        loaded = into(services.open_warehouse(), services.lake, feed.name, table, run_id, feed.tolerance).load(day)
        more = {"rows_quarantined": loaded.rejected, "files": loaded.files, "files_read": loaded.read}
        return Filled(loaded.rows, more)


class LakeStaging(InLake, Staging):
    """Typed versions as tables of the lake."""

    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        from acme_platform.engine.versions import LakeVersions  # noqa: PLC0415  # as in `Raw`

        spark = services.open_spark()

        def making(table: Table, day: date, is_new: bool) -> LakeVersions:  # as `Making` says
            return LakeVersions(spark, table, day, is_new)

        staged = stage(services.open_warehouse(), table, day, run_id, feed.tolerance, making)
        shown = self._show(services, table, run_id)
        return Filled(staged.kept, {"rows_quarantined": staged.rejected, **shown})

    def take_out(self, cursor: Cursor, services: Services, table: Table, day: date) -> None:
        from acme_platform.engine.versions import LakeVersions  # noqa: PLC0415  # as in `Raw`

        LakeVersions(services.open_spark(), table, day).take_out(cursor)


class LakeAnalytics(InLake, Analytics):
    """Answers that Spark computes."""

    def fill(self, services: Services, feed: Feed, table: Table, day: date, run_id: str) -> Filled:
        from acme_platform.engine import answer  # noqa: PLC0415  # as in `Raw`

        del feed
        rows = answer.answer(services.open_spark(), services.open_warehouse(), table, day, run_id)
        return Filled(rows, self._show(services, table, run_id))

    def take_out(self, cursor: Cursor, services: Services, table: Table, day: date) -> None:
        super().take_out(cursor, services, table, day)
        lake_parts.remove_days(cursor, table.full_name, [day])
