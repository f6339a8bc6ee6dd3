"""The Delta log of a table in the lake, beside its parts.

Belongs here: bringing the log in line with the ledger, in one commit. Not here: the other format (`iceberg_log.py`).

The log is written by `deltalake`, without an engine: a commit names files, whatever they hold, and a reader sees the
day before or the day after.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from acme_platform.ledger.parts.lake_parts import LakePart


@dataclass(frozen=True)
class DeltaLog:
    """The log at the address of a table, for one look: what another process commits later is seen by the next one."""

    #: of all tables
    tables_url: str
    #: of this one below it, like `staging/sales_orders`
    folder: str
    schema: pa.Schema
    #: the column that holds the day
    partition: str
    #: keys of the lake, which stand in no message
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        return f"{self.tables_url}/{self.folder}"

    @cached_property
    def _log(self) -> DeltaTable | None:
        try:
            return DeltaTable(self.url, storage_options=dict(self.options))
        except TableNotFoundError:
            return None

    @property
    def version(self) -> int | None:
        """The number of the newest commit; None where there is none."""
        return self._log.version() if self._log else None

    @cached_property
    def paths(self) -> dict[str, tuple[str, int]]:
        """Path below the table's address -> day and bytes, of each file that it shows."""
        if self._log is None:
            return {}
        actions = pa.table(self._log.get_add_actions(flatten=True)).to_pylist()
        return {row["path"]: (str(row[f"partition.{self.partition}"]), row["size_bytes"]) for row in actions}

    def follow(self, parts: Iterable[LakePart], run_id: str) -> bool:
        """Show these parts and no others; whether that was a change. Whoever calls holds the table's lock."""
        wanted = {part.path.removeprefix(f"{self.folder}/"): part for part in parts}
        new = [self._added(path, part) for path, part in wanted.items() if path not in self.paths]
        gone = [self._removed(path, *self.paths[path]) for path in self.paths if path not in wanted]
        if self._is_of_other_columns:
            self._commit([self._added(path, part) for path, part in wanted.items()], "overwrite", run_id)
        elif new or gone:
            self._commit([*new, *gone], "append", run_id)
        else:
            return False
        self.__dict__.pop("_log", None)
        return True

    @property
    def _is_of_other_columns(self) -> bool:
        """The table declares others than it did; all of its parts were written anew, or lack them, which is null."""
        return self._log is not None and self._log.schema() != Schema.from_arrow(self.schema)

    def _commit(
        self, actions: list[AddAction | RemoveAction], mode: Literal["append", "overwrite"], run_id: str
    ) -> None:
        """Overwritten is what the log says: the files and the columns."""
        schema, options = Schema.from_arrow(self.schema), dict(self.options)
        log = self._log or DeltaTable.create(self.url, schema, partition_by=[self.partition], storage_options=options)
        said = CommitProperties(custom_metadata={"run": run_id})
        log.create_write_transaction(actions, mode, schema, [self.partition], commit_properties=said)

    def _added(self, path: str, part: LakePart) -> AddAction:
        values: dict[str, str | None] = {self.partition: str(part.day)}
        stats = json.dumps({"numRecords": part.rows})
        return AddAction(path, part.bytes, values, _now(), data_change=True, stats=stats)

    def _removed(self, path: str, day: str, size: int) -> RemoveAction:
        values: dict[str, str | None] = {self.partition: day}
        return RemoveAction(path, data_change=True, deletion_timestamp=_now(), size=size, partition_values=values)


def _now() -> int:
    """Milliseconds, as the log counts them."""
    return time.time_ns() // 1_000_000
