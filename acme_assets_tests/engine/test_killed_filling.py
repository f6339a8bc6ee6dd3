"""A filling on Spark that ends at any of its steps: the day is the one before or the one after, for others too."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import DeltaTable

from acme_assets.sample import write_sample
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.day import Days
from acme_platform.engine.parts import lake_log
from acme_platform.engine.superseded import Superseded
from acme_platform.ledger import builds
from acme_platform.ledger.parts import lake_parts
from acme_platform.services import Services

LAYERS = ("raw", "staging", "analytics")
#: what is called, and the layer whose filling it ends; the first one is of the default part
STEPS = {
    "versions are written": (lake_parts, "remove_days", "staging"),
    "raw part is written": (lake_parts, "add", "raw"),
    "raw is in the ledger": (lake_log, "follow", "raw"),
    "versions are in the ledger": (Superseded, "follow", "staging"),
    "the day is built": (builds, "built", "staging"),
    "staging is committed": (lake_log, "follow", "staging"),
    "answers are written": (lake_parts, "remove_days", "analytics"),
    "answers are copied": (builds, "built", "analytics"),
    "answers are committed": (lake_log, "follow", "analytics"),
}
ANSWERS = "select * from analytics.sales_by_country order by 1, 2"


class KilledError(BaseException):
    """Nobody catches it, as nobody catches a kill."""


@pytest.fixture
def pipeline(services: Services, engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setenv("ACME_ENGINE", "spark")
    settings = replace(services.settings, engine_url=engine_url, tables_url=(tmp_path / "tables").as_uri())
    return Pipeline(replace(services, settings=settings))


@contextmanager
def killed(owner: object, step: str) -> Iterator[None]:
    def kill(*_: object, **__: object) -> None:
        raise KilledError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(owner, step, kill)
        yield


def shown(pipeline: Pipeline) -> list[tuple[object, ...]]:
    """As somebody else's tool reads it."""
    table = DeltaTable(f"{pipeline.services.settings.tables_url}/analytics/sales_by_country").to_pyarrow_table()
    return sorted(tuple(row.values()) for row in table.to_pylist())


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_day_is_the_one_before_or_after(pipeline: Pipeline, step: str, tmp_path: Path) -> None:
    owner, name, layer = STEPS[step]
    write_sample("sales", Days(day(1), day(2)), rows=60, seed=3, dirty=0, to=tmp_path / "lake")
    pipeline.fill(day(1), day(2), layers=LAYERS)
    before, shown_before = pipeline.ask(ANSWERS), shown(pipeline)
    write_sample("sales", Days(day(1), day(1)), rows=40, seed=8, dirty=0, to=tmp_path / "lake")
    for other in LAYERS[: LAYERS.index(layer)]:
        pipeline.fill(day(1), layers=(other,))
    with killed(owner, name), pytest.raises(KilledError):
        pipeline.fill(day(1), layers=(layer,))
    assert step == "answers are committed" or (pipeline.ask(ANSWERS), shown(pipeline)) == (before, shown_before)
    pipeline.fill(day(1), day(2), layers=LAYERS)
    after = pipeline.ask(ANSWERS)
    assert after != before
    assert shown(pipeline) == sorted(tuple(row.values()) for row in after)
