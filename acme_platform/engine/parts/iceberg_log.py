"""The Iceberg table over the parts of a table in the lake.

Belongs here: bringing its snapshot in line with the ledger, in one commit, and the catalog that knows it. Not here: the
other format (`delta_log.py`).

It is written by `pyiceberg`, without an engine. What is said of a part is what the ledger knows of it: no file is read.
The catalog is the user's where pyiceberg's own configuration names one `acme` (PYICEBERG_CATALOG__ACME__URI, or
.pyiceberg.yaml): REST, Glue, Hive. Else it is two tables of the warehouse, in the schema `iceberg`.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from urllib.parse import urlencode

import pyarrow as pa
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import Transaction
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import Record
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestamptzType,
)
from pyiceberg.utils.config import Config

from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.warehouse.connection import Warehouse

CATALOG = "acme"
#: of the warehouse, for the catalog's own tables
SCHEMA = "iceberg"
#: by which a reader finds columns in files that number none
MAPPING = "schema.name-mapping.default"
TYPES: dict[pa.DataType, IcebergType] = {
    pa.int64(): LongType(),
    pa.int32(): IntegerType(),
    pa.int16(): IntegerType(),
    pa.float64(): DoubleType(),
    pa.bool_(): BooleanType(),
    pa.date32(): DateType(),
    pa.timestamp("us", "UTC"): TimestamptzType(),
    pa.string(): StringType(),
}
EPOCH = date(1970, 1, 1)
#: columns of parts that a table may not show, and numbers beyond those of its own: pyiceberg reads no file of which it
#: cannot number every column
UNSHOWN = {"delivery_id": 1_000_001, "row_number": 1_000_002}


@contextmanager
def open_catalog(warehouse: Warehouse) -> Iterator[Catalog]:
    """The user's, else our own."""
    if Config().get_catalog_config(CATALOG):
        yield load_catalog(CATALOG)
        return
    # libpq's own URL as it is, which SQLAlchemy would read otherwise
    where = urlencode({"dsn": warehouse.url, "options": f"-csearch_path={SCHEMA}"})
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    more = {"s3.endpoint": endpoint} if endpoint else {}
    with closing(SqlCatalog(CATALOG, uri=f"postgresql+psycopg2:///?{where}", **more)) as catalog:
        yield catalog


@dataclass(frozen=True)
class IcebergLog:
    """The table in its catalog, for one look."""

    #: of all tables
    tables_url: str
    #: of this one below it, like `staging/sales_orders`
    folder: str
    schema: pa.Schema
    #: the column that holds the day
    partition: str
    catalog: Catalog = field(repr=False)

    @property
    def url(self) -> str:
        return f"{self.tables_url}/{self.folder}"

    @property
    def _name(self) -> tuple[str, str]:
        layer, _, table = self.folder.partition("/")
        return layer, table

    @cached_property
    def _table(self) -> IcebergTable | None:
        try:
            return self.catalog.load_table(self._name)
        except NoSuchTableError:
            return None

    @property
    def version(self) -> int | None:
        snapshot = self._table.current_snapshot() if self._table else None
        return snapshot.sequence_number if snapshot else None

    @property
    def paths(self) -> dict[str, tuple[str, int]]:
        days = {path: EPOCH + timedelta(days=file.partition[0]) for path, file in self._files.items()}
        return {path: (str(days[path]), file.file_size_in_bytes) for path, file in self._files.items()}

    @cached_property
    def _files(self) -> dict[str, DataFile]:
        """Path below the table's address -> what the newest snapshot says of it."""
        snapshot = self._table.current_snapshot() if self._table else None
        if self._table is None or snapshot is None:
            return {}
        io = self._table.io
        entries = (entry for manifest in snapshot.manifests(io) for entry in manifest.fetch_manifest_entry(io))
        return {entry.data_file.file_path.removeprefix(f"{self.url}/"): entry.data_file for entry in entries}

    def follow(self, parts: Iterable[LakePart], run_id: str) -> bool:
        wanted = {part.path.removeprefix(f"{self.folder}/"): part for part in parts}
        new = [part for path, part in wanted.items() if path not in self._files]
        gone = [file for path, file in self._files.items() if path not in wanted]
        if new or gone:
            with self._table.transaction() if self._table else self._creating() as transaction:
                self._evolve(transaction)
                self._commit(transaction, new, gone, run_id)
            self.__dict__.pop("_table", None)
        return bool(new or gone)

    def _creating(self) -> Transaction:
        """Of a table that comes with its first rows."""
        self.catalog.create_namespace_if_not_exists(self._name[0])
        columns = enumerate(self._columns, 1)
        schema = Schema(*(NestedField(number, name, kind, required=False) for number, (name, kind) in columns))
        day = PartitionField(schema.find_field(self.partition).field_id, 1000, IdentityTransform(), self.partition)
        properties = {MAPPING: _mapping(schema)}
        return self.catalog.create_table_transaction(
            self._name, schema, self.url, PartitionSpec(day), properties=properties
        )

    @property
    def _columns(self) -> Iterator[tuple[str, IcebergType]]:
        for column in self.schema:
            kind = column.type
            is_decimal = pa.types.is_decimal(kind)
            yield column.name, DecimalType(kind.precision, kind.scale) if is_decimal else TYPES[kind]

    def _evolve(self, transaction: Transaction) -> None:
        """The table has the columns that are declared now; those of older parts are found by their names."""
        known = {column.name: column.field_type for column in transaction.table_metadata.schema().fields}
        declared = dict(self._columns)
        if known == declared:
            return
        with transaction.update_schema(allow_incompatible_changes=True) as update:
            for column in known.keys() - declared.keys():
                update.delete_column(column)
            for column, kind in declared.items():
                if column not in known:
                    update.add_column(column, kind)
                elif kind != known[column]:
                    update.update_column(column, kind)

    def _commit(self, transaction: Transaction, new: list[LakePart], gone: list[DataFile], run_id: str) -> None:
        with transaction.update_snapshot({"run": run_id}).overwrite() as snapshot:
            for part in new:
                snapshot.append_data_file(self._data_file(part))
            for file in gone:
                snapshot.delete_data_file(file)

    def _data_file(self, part: LakePart) -> DataFile:
        file = DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=f"{self.tables_url}/{part.path}",
            file_format=FileFormat.PARQUET,
            partition=Record((part.day - EPOCH).days),
            record_count=part.rows,
            file_size_in_bytes=part.bytes,
        )
        file.spec_id = 0
        return file


def _mapping(schema: Schema) -> str:
    shown = [{"field-id": column.field_id, "names": [column.name]} for column in schema.fields]
    names = set(schema.column_names)
    return json.dumps(
        [*shown, *({"field-id": UNSHOWN[name], "names": [name]} for name in UNSHOWN if name not in names)]
    )
