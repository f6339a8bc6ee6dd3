"""Which version of a key is followed by which, by the index of a part and by a scan of Spark: the same list."""

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.engine.parts.sorted_keys import ENDING, SortedKeys
from acme_platform.engine.superseded import ended_schema, list_name
from acme_platform.ledger.parts import lake_parts
from acme_platform.registry import catalog
from acme_platform.services import Services

ORDERS = catalog.table("staging.sales_orders")
Ended = tuple[int, int, int]


@pytest.fixture(params=["index", "scan"])
def pipeline(
    request: pytest.FixtureRequest,
    services: Services,
    engine_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Pipeline:
    monkeypatch.setenv("ACME_ENGINE", "spark")
    if request.param == "scan":
        monkeypatch.setattr(SortedKeys, "serve", staticmethod(lambda *_: False))
    settings = replace(services.settings, engine_url=engine_url, tables_url=(tmp_path / "tables").as_uri())
    return Pipeline(replace(services, settings=settings))


def fill(pipeline: Pipeline, number: int, keys: set[int]) -> None:
    """Deliver orders of these numbers as the day, and fill it."""
    rows = [f"{key} | 1 | 2024-01-01 | 10.00" for key in sorted(keys)]
    pipeline.deliver("orders", day(number), "\n".join(["order_id | customer_id | order_date | amount", *rows]))
    for layer in ("raw", "staging"):
        pipeline.fill_table(f"{layer}.sales_orders", day(number))


def ended(pipeline: Pipeline) -> set[Ended]:
    """(order, the day of its version, the day of the version that follows)."""
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        parts = lake_parts.parts(cursor, list_name(ORDERS))
    batches = pipeline.services.open_spark().files.scanned(parts, ended_schema(ORDERS))
    found = [row for batch in batches for row in batch.to_pylist()]
    assert len(found) == len({(row["order_id"], row["closed_day"]) for row in found})
    return {(row["order_id"], row["closed_day"].day, row["by_day"].day) for row in found}


def test_the_last_day_follows_the_newest_version_of_before(pipeline: Pipeline) -> None:
    for number, keys in {1: {1, 2, 3}, 2: {2, 3, 4}, 3: {3, 5}}.items():
        fill(pipeline, number, keys)
    assert ended(pipeline) == {(2, 1, 2), (3, 1, 2), (3, 2, 3)}


def test_what_the_last_day_holds_no_more_is_followed_by_nothing(pipeline: Pipeline) -> None:
    for number, keys in {1: {1, 2, 3}, 2: {2, 3}}.items():
        fill(pipeline, number, keys)
    fill(pipeline, 2, {1, 2})
    assert ended(pipeline) == {(1, 1, 2), (2, 1, 2)}


def test_days_in_any_order_and_again_are_the_days_in_order(pipeline: Pipeline) -> None:
    drawing = random.Random(3)  # noqa: S311  # no secret
    held: dict[int, set[int]] = {}
    for number in [2, 5, 3, 1, 5, 4, 6, 2, 6]:
        held[number] = {drawing.randrange(1, 40) for _ in range(20)}
        fill(pipeline, number, held[number])
    days_of = {key: sorted(number for number, keys in held.items() if key in keys) for key in range(1, 40)}
    assert ended(pipeline) == {(key, *two) for key, days in days_of.items() for two in pairwise(days)}


@pytest.fixture
def indexed(pipeline: Pipeline, tmp_path: Path) -> list[Path]:
    """Files of the index of a day's part."""
    fill(pipeline, 1, {1, 2, 3})
    fill(pipeline, 2, {3})
    return list((tmp_path / "tables" / "staging" / "sales_orders_keys").rglob(f"2024-01-01-*/**/*{ENDING}"))


@pytest.mark.parametrize("pipeline", ["index"], indirect=True)
@pytest.mark.parametrize("size", [None, 0, 130], ids=["gone", "empty", "cut off"])
def test_an_index_that_is_not_whole_is_made_again(pipeline: Pipeline, indexed: list[Path], size: int | None) -> None:
    (file,) = indexed
    whole = file.read_bytes()
    file.unlink()
    if size is not None:
        file.write_bytes(whole[:size])
    fill(pipeline, 3, {2})
    assert ended(pipeline) == {(3, 1, 2), (2, 1, 3)}
    assert file.read_bytes() == whole
