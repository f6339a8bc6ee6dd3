"""Tags of runs: the days that a run is about, as Dagster writes them on it.

Belongs here: days to tags and back. Not here: what a person says with a run (`run_options.py`), partitions
(`partitions.py`).
"""

from collections.abc import Mapping

from acme_platform.day import Days, exact_day
from acme_platform.errors import UsageError

ONE = "dagster/partition"
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


def range_tags(days: Days) -> dict[str, str]:
    """Tags that make a run take all of the days."""
    return {RANGE_START: str(days.first), RANGE_END: str(days.last)}


def tagged_days(tags: Mapping[str, str]) -> Days | None:
    """The days that a run's tags name, None for a run without days, and for one whose tags are none."""
    day = tags.get(ONE)
    first, last = tags.get(RANGE_START, day), tags.get(RANGE_END, day)
    if not (first and last):
        return None
    try:
        return Days(exact_day(first), exact_day(last))
    except UsageError:
        return None


def named_days(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {tags[name]}" for name in (ONE, RANGE_START, RANGE_END) if name in tags)
