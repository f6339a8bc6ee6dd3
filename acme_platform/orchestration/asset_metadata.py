"""What the Dagster UI shows of a table: description, owner, kinds, tags, columns and where they come from, source.

Belongs here: metadata known before any run. Not here: numbers of a run (`fill.py`).
"""

from typing import Any

import dagster as dg

from acme_platform.config.source_setting import CAPTURE, variable
from acme_platform.ledger.discrepancies import deletes_are_not_seen
from acme_platform.materialize.layers import machinery
from acme_platform.model.lineage import columns
from acme_platform.model.table import Feed, Table
from acme_platform.orchestration.freshness import policy
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
        "kinds": {table.layer.name, *({"postgres"} if table.source else table.layer.kinds)},
        "tags": {"feed": feed.name, "layer": table.layer.name},
        "code_version": table.code_version,
        "freshness_policy": policy(feed.fresh),
        "metadata": _metadata(feed, table),
    }


def description(table: Table) -> str:
    """Of what is read by its time of change, also what this cannot see."""
    read = [table, *(catalog.table(name) for name in table.upstream if table.layer.keeps_versions)]
    sources = {catalog.feed_with(one.full_name).source for one in read if one.changed_at}
    hidden = [f"\n\nDeletes: {deletes_are_not_seen(variable(one, CAPTURE))}." for one in sorted(sources)]
    return "".join([table.sql.comment, *hidden])


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
