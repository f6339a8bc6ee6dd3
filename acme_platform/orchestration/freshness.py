"""Freshness: when a feed's tables count as stale, in Dagster's words.

Belongs here: turning what a feed declares into a policy, which Dagster judges itself; a test holds its judgement to
`late_before`, which everybody else asks. Not here: who is told.

Dagster looks at when a table was last materialized, not at which day it was: a late night's correction of an old day
passes for the new day. Which days are missing is said by the check of `missing_days.py`.
"""

from datetime import timedelta
from functools import cache

import dagster as dg

from acme_platform.model.table import Daily, Steady


@cache
def policy(fresh: Daily | Steady) -> dg.FreshnessPolicy:
    """The policy of every table of the feed; Dagster judges it twice a minute.

    Made once for all feeds of one rhythm: to check a cron, Dagster counts a thousand of its ticks.
    """
    if isinstance(fresh, Steady):
        return dg.FreshnessPolicy.time_window(
            fail_window=timedelta(minutes=fresh.minutes), warn_window=timedelta(minutes=fresh.minutes / 2)
        )
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 {fresh.by_hour} * * *", lower_bound_delta=timedelta(hours=fresh.night_hours)
    )
