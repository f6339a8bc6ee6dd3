"""dlt from CSV to PostgreSQL: Arrow tables as the source, files of CSV loaded by COPY, as its documentation advises."""

import os
import tempfile
import time
from collections.abc import Iterator

import dlt
import pyarrow as pa
from dlt.destinations import postgres
from pyarrow import csv


@dlt.resource(name="orders", write_disposition="append")
def orders() -> Iterator[pa.Table]:
    """The files' record batches, blanks around the values and titles taken off."""
    for file in os.environ["PEER_FILES"].split(os.pathsep):
        with csv.open_csv(file, read_options=csv.ReadOptions(block_size=16 << 20)) as batches:
            for batch in batches:
                table = pa.Table.from_batches([batch])
                yield table.rename_columns([name.strip() for name in table.column_names])


began = time.perf_counter()
with tempfile.TemporaryDirectory() as folder:
    pipeline = dlt.pipeline(
        "peer",
        pipelines_dir=folder,
        destination=postgres(os.environ["PEER_URL"]),
        dataset_name="bare",
    )
    pipeline.run(orders(), loader_file_format="csv")
print(time.perf_counter() - began)
