"""What the Dagster UI shows of a table: description, owner, kinds, columns and where they come from, freshness …

Belongs here: metadata known before any run. Not here: numbers of a run (`fill.py`).
"""

from datetime import timedelta
from functools import cache
from typing import Any

import dagster as dg

from acme_platform.config.source_setting import CAPTURE, variable
from acme_platform.ledger.discrepancies import deletes_are_not_seen
from acme_platform.materialize.layers import machinery
from acme_platform.model.engine import SPARK
from acme_platform.model.lineage import columns
from acme_platform.model.table import Daily, Feed, Steady, Table
from acme_platform.registry import catalog


def asset_key(full_name: str) -> dg.AssetKey:
    """`staging.sales_orders` is the asset `staging/sales_orders`."""
    return dg.AssetKey(full_name.split("."))


def described(feed: Feed, table: Table) -> dict[str, Any]:
    """Arguments of `dg.asset` that say what the table is."""
    return {
        "key": asset_key(table.full_name),
        "description": description(table),
        "group_name": feed.name,
        "owners": [feed.owner],
        # With the layer, because the graph shows the last word of a key only: raw and staging share their names.
        "kinds": {table.layer.name, *_kinds(feed, table)},
        "tags": {"feed": feed.name, "layer": table.layer.name},
        "code_version": table.code_version,
        "freshness_policy": _policy(feed.fresh),
        "metadata": _metadata(feed, table),
    }


def _kinds(feed: Feed, table: Table) -> set[str]:
    """What it is made with, by the names for which the UI has a picture."""
    kinds = {"postgres"} if table.source else set(table.layer.kinds)
    in_lake = feed.computed_by == SPARK and (table.layer.is_delivered or table.layer.is_answer)
    return kinds - {"postgres"} | {"spark"} if in_lake else kinds


def description(table: Table) -> str:
    """Of what is read by its time of change, also what this cannot see."""
    read = [table, *(catalog.table(name) for name in table.upstream if table.layer.keeps_versions)]
    sources = {catalog.feed_with(table_read.full_name).source for table_read in read if table_read.changed_at}
    hidden = [f"\n\nDeletes: {deletes_are_not_seen(variable(source, CAPTURE))}." for source in sorted(sources)]
    return "".join([table.sql.comment, *hidden])


@cache
def _policy(fresh: Daily | Steady) -> dg.FreshnessPolicy:
    """When a feed's tables count as stale, in Dagster's words; Dagster judges it itself, twice a minute.

    It looks at when a table was last materialized, not at which day it was: a late night's correction of an old day
    passes for the new day. Which days are missing is said by the check of `missing_days.py`. A test holds Dagster's
    judgement to `late_before`, which everybody else asks.

    Made once for all feeds of one rhythm: to check a cron, Dagster counts a thousand of its ticks.
    """
    if isinstance(fresh, Steady):
        return dg.FreshnessPolicy.time_window(
            fail_window=timedelta(minutes=fresh.minutes), warn_window=timedelta(minutes=fresh.minutes / 2)
        )
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 {fresh.by_hour} * * *", lower_bound_delta=timedelta(hours=fresh.night_hours)
    )


def _metadata(feed: Feed, table: Table) -> dict[str, Any]:
    lineage = columns(table.sql, {name: catalog.table(name).columns for name in table.upstream})
    source = dg.LocalFileCodeReference(file_path=str(table.sql.path), line_number=1, label=table.sql.where)
    return {
        "dagster/table_name": table.full_name,
        "dagster/uri": machinery(table).place(feed, table),
        "dagster/column_schema": _schema(table, lineage),
        "dagster/column_lineage": _lineage(lineage),
        "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[source]),
    }


def _schema(table: Table, lineage: dict[str, list[tuple[str, str]]]) -> dg.TableSchema:
    """The open-source UI does not draw column lineage, so each column's description ends with its origins."""
    key = table.sql.shape.key
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.type,
                description=" ← ".join(
                    [column.meaning, *([_names(lineage[column.name])] if lineage.get(column.name) else [])]
                ),
                constraints=dg.TableColumnConstraints(
                    nullable=not column.required, other=["key"] if column.name in key else []
                ),
            )
            for column in table.sql.shape.columns
        ]
    )


def _names(origins: list[tuple[str, str]]) -> str:
    return ", ".join(f"{table}.{column}" for table, column in origins)


def _lineage(lineage: dict[str, list[tuple[str, str]]]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(asset_key=asset_key(table), column_name=origin) for table, origin in origins]
            for column, origins in lineage.items()
        }
    )
