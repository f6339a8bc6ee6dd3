"""What tests of readiness share: sales of two days, and files of a third."""

import pytest

from acme_assets_tests.support.days import SALES, deliver, span
from acme_assets_tests.support.pipeline import Pipeline
from acme_platform.runs import Runner


@pytest.fixture
def sold(runner: Runner) -> Pipeline:
    """Days 1 and 2 are filled down to Redis; the files of day 3 stand in the lake."""
    deliver(runner.services, 1, 2, 3)
    assert runner.run(runner.select(SALES), span(1, 2)).success
    return Pipeline(runner.services)
