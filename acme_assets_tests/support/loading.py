"""Loading days of raw orders, with an eye on the lake.

Belongs here: what the tests of loading share. Not here: the layers behind raw (`pipeline.py`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from acme_assets_tests.support.pipeline import RUN, Pipeline, day
from acme_platform.ingest.files.load import Loaded, Loader
from acme_platform.lake import Lake, LakeObject
from acme_platform.model.tolerance import ANYTHING, USUAL
from acme_platform.registry import catalog

ORDERS = catalog.table("raw.sales_orders")
HEADER = b"order_id,customer_id,order_date,amount\n"
BROKEN_FILE = b"order_id;customer_id\n1;1\n"


def orders(*ids: int, amount: str = "1.00") -> bytes:
    return HEADER + b"".join(f"{number},7,2024-01-01,{amount}\n".encode() for number in ids)


@dataclass
class WatchedLake:
    """A lake that remembers what was opened, and lets a test do something at that moment."""

    lake: Lake
    opened: list[str] = field(default_factory=list)
    on_open: Callable[[LakeObject], object] = field(default=lambda _found: None)

    def list(self, prefix: str, after: str = "") -> Iterator[LakeObject]:
        return self.lake.list(prefix, after)

    def others(self, prefix: str) -> Iterator[tuple[LakeObject, str]]:
        return self.lake.others(prefix)

    def stat(self, key: str) -> LakeObject | None:
        return self.lake.stat(key)

    def open(self, file: LakeObject) -> BinaryIO:
        self.opened.append(file.key.rpartition("/")[2])
        stream = self.lake.open(file)
        self.on_open(file)
        return stream

    def unchanged(self, file: LakeObject) -> bool:
        return self.lake.unchanged(file)

    def put(self, key: str, source: BinaryIO) -> LakeObject:
        return self.lake.put(key, source)

    def uri(self, key: str) -> str:
        return self.lake.uri(key)


def load(pipeline: Pipeline, lake: Lake | None = None, number: int = 1, *, accepts_rejects: bool = False) -> Loaded:
    services = pipeline.services
    tolerance = ANYTHING if accepts_rejects else USUAL
    return Loader(services.open_warehouse(), lake or services.lake, "sales", ORDERS, RUN, tolerance).load(day(number))


def ids(pipeline: Pipeline, number: int = 1) -> list[int]:
    rows = pipeline.ask("select order_id from raw.sales_orders where day = %(day)s", {"day": day(number)})
    return sorted(int(row["order_id"]) for row in rows)


def states(pipeline: Pipeline) -> dict[tuple[str, str], int]:
    """(file, state) -> deliveries in the ledger."""
    rows = pipeline.ask("select file, state, count(*) as files from ledger.deliveries group by 1, 2")
    return {(row["file"].rpartition("/")[2], row["state"]): row["files"] for row in rows}
