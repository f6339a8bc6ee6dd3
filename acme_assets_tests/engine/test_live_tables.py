"""Live tables on Spark: today is what the newest filled day says, and a select that needs more than that is refused."""

from dataclasses import replace

import pytest

from acme_assets_tests.support.origin import FEED
from acme_platform.errors import MendInput
from acme_platform.model.engine import POSTGRESQL, SPARK
from acme_platform.registry import catalog, live_fault


def test_a_live_table_that_asks_which_versions_are_valid_may_be_on_spark() -> None:
    assert any(table.live for table in FEED.tables)
    live_fault.examine(replace(FEED, engine=SPARK))


@pytest.mark.parametrize("name", ["analytics.top_dates", "analytics.bookings_rolling_7d"])
def test_a_live_table_that_asks_more_of_the_day_is_refused_on_spark_with_what_to_do(name: str) -> None:
    """The first one reads answers of the day, the second one counts days back from it."""
    live = replace(FEED, tables=(replace(catalog.table(name), live=True),))
    live_fault.examine(replace(live, engine=POSTGRESQL))
    with pytest.raises(MendInput, match=name) as refused:
        live_fault.examine(replace(live, engine=SPARK))
    assert "live=True" in refused.value.next_step
