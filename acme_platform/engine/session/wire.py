"""The wire between a step and the driver of its job: how rows and faults are told.

Belongs here: what both ends know. Not here: the ends (`job.py`, `driver.py`).
"""

import io
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa


@dataclass(frozen=True)
class Fault:
    """Why a verb failed."""

    message: str
    #: what the cluster lost passes by itself, a statement is our bug, and the setup is a person's
    of: Literal["cluster", "statement", "setup"]


def as_bytes(rows: pa.Table) -> bytes:
    """Arrow's own form, which all of its versions read."""
    output = io.BytesIO()
    with pa.ipc.new_stream(output, rows.schema) as writer:
        writer.write_table(rows)
    return output.getvalue()


def as_rows(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()
