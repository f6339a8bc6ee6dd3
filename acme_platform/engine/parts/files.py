"""Files of tables in the lake: where they are, and what is known of one without reading its rows.

Belongs here: addresses, listing, footers. Not here: which of them count (`ledger/parts/lake_parts.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.engine import DELTA, Format
from acme_platform.model.table import Table

#: bytes that are read at a time where few rows are wanted
PAGE = 1 << 16


def folder(table: Table) -> str:
    """Of the table, below the address of all of them; a path as its asset key is."""
    return f"{table.layer}/{table.name}"


@dataclass(frozen=True)
class FileFact:
    """One file below the address of all tables."""

    path: str
    bytes: int
    changed_at: datetime


@dataclass(frozen=True)
class TableFiles:
    """All tables at one address: a folder, or `s3://bucket/prefix`."""

    url: str
    #: in which everybody's tools read them
    format: Format = DELTA

    @property
    def local(self) -> Path | None:
        """The folder, where it is one."""
        parts = urlsplit(self.url)
        return Path(unquote(parts.path)) if parts.scheme == "file" else None

    def address(self, part: LakePart) -> str:
        return f"{self.url}/{part.path}"

    def written(self, path: str) -> Iterator[tuple[str, int, int]]:
        """(path, rows, bytes) of every Parquet file below a path; files without rows are left out."""
        system, root = pafs.FileSystem.from_uri(self.url)
        for info in system.get_file_info(pafs.FileSelector(f"{root}/{path}", allow_not_found=True, recursive=True)):
            if info.is_file and info.path.endswith(".parquet"):
                with system.open_input_file(info.path) as file:
                    rows = pq.read_metadata(file).num_rows
                if rows:
                    yield info.path.removeprefix(f"{root}/"), rows, info.size

    def measured(self, path: str) -> tuple[int, int]:
        """Rows and bytes of one Parquet file, from its footer."""
        system, root = pafs.FileSystem.from_uri(self.url)
        with system.open_input_file(f"{root}/{path}") as file:
            return pq.read_metadata(file).num_rows, file.size()

    def greatest(self, part: LakePart, column: str) -> int:
        """The greatest whole number of a column, from the file's footer."""
        system, root = pafs.FileSystem.from_uri(self.url)
        with system.open_input_file(f"{root}/{part.path}") as file:
            footer = pq.read_metadata(file)
        place = footer.schema.names.index(column)
        groups = map(footer.row_group, range(footer.num_row_groups))
        return max(int(group.column(place).statistics.max) for group in groups)

    def scanned(
        self, parts: Iterable[LakePart], schema: pa.Schema, condition: pads.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Rows of parts of that schema for which a condition holds, a part after the other."""
        system, root = pafs.FileSystem.from_uri(self.url)
        paths = [f"{root}/{part.path}" for part in parts]
        if paths:
            found = pads.FileSystemDataset.from_paths(
                paths, schema=schema, format=pads.ParquetFileFormat(), filesystem=system
            )
            yield from found.to_batches(filter=condition)

    def columns(self, part: LakePart) -> list[str]:
        """Of one file, from its footer."""
        return list(self.schema(part).names)

    def schema(self, part: LakePart) -> pa.Schema:
        """Of one file, from its footer."""
        system, root = pafs.FileSystem.from_uri(self.url)
        with system.open_input_file(f"{root}/{part.path}") as file:
            return pq.read_schema(file)

    def batches(self, part: LakePart, columns: list[str]) -> Iterator[pa.RecordBatch]:
        system, root = pafs.FileSystem.from_uri(self.url)
        with system.open_input_file(f"{root}/{part.path}") as file:
            yield from pq.ParquetFile(file).iter_batches(columns=columns)

    def first_rows(self, part: LakePart, columns: list[str], count: int) -> list[dict[str, Any]]:
        """Some of these columns' values; no more of the file is read than they take."""
        system, root = pafs.FileSystem.from_uri(self.url)
        with system.open_input_file(f"{root}/{part.path}") as source:
            file = pq.ParquetFile(source, buffer_size=PAGE, pre_buffer=False)
            known = [column for column in columns if column in file.schema_arrow.names]
            batch = next(file.iter_batches(batch_size=count, columns=known), None)
            return batch.to_pylist() if batch else []

    def open_output(self, path: str) -> "pafs.NativeFile":
        system, root = pafs.FileSystem.from_uri(self.url)
        system.create_dir(f"{root}/{path}".rpartition("/")[0], recursive=True)
        return system.open_output_stream(f"{root}/{path}")

    def remove(self, path: str) -> None:
        """Take away a folder with all that is in it, if it is there."""
        system, root = pafs.FileSystem.from_uri(self.url)
        if system.get_file_info(f"{root}/{path}").type is pafs.FileType.Directory:
            system.delete_dir(f"{root}/{path}")

    def below(self, path: str) -> Iterator[FileFact]:
        """Every file below a path."""
        system, root = pafs.FileSystem.from_uri(self.url)
        for info in system.get_file_info(pafs.FileSelector(f"{root}/{path}", allow_not_found=True, recursive=True)):
            if info.is_file:
                yield FileFact(info.path.removeprefix(f"{root}/"), info.size, info.mtime.astimezone(UTC))

    def delete(self, path: str) -> None:
        system, root = pafs.FileSystem.from_uri(self.url)
        system.delete_file(f"{root}/{path}")

    def text(self, path: str) -> str | None:
        """What a small file says; None where it is not there."""
        system, root = pafs.FileSystem.from_uri(self.url)
        try:
            with system.open_input_file(f"{root}/{path}") as file:
                return str(file.read().decode())
        except FileNotFoundError:
            return None

    def write_text(self, path: str, text: str) -> None:
        with self.open_output(path) as output:
            output.write(text.encode())
