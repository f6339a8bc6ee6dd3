"""Runs inside this process: a range of days of the chosen tables, and then whatever became stale by it.

Belongs here: what `acme run` and `acme demo` do. Not here: printing it, runs that Dagster launches (`sensor.py`).
"""

from dataclasses import dataclass

import dagster as dg
from dagster import AssetSelection

from acme_assets import catalog
from acme_assets.day import Days
from acme_assets.definitions import build
from acme_assets.describe import asset_key
from acme_assets.errors import UsageError
from acme_assets.partitions import range_tags
from acme_assets.services import Services
from acme_assets.stale import Work, work


@dataclass(frozen=True)
class Outcome:
    """One run: what it did, and whether all of it went well."""

    run_id: str
    days: Days
    tables: tuple[str, ...]
    success: bool
    #: what went wrong, one message a step
    errors: tuple[str, ...]
    #: (check, table, message) of broken checks, `must` first
    broken: tuple[tuple[str, str, str], ...]


def select(selection: str) -> tuple[str, ...]:
    """Full names of the tables that Dagster's selection syntax names: `staging/sales_orders+`, `group:sales`, `*`."""
    known = {asset_key(name): name for name in catalog.tables()}
    chosen = AssetSelection.from_string(selection)
    found = chosen.resolve(build_for_selection())
    if not found:
        raise UsageError(f"the selection {selection!r} names no table", f"take some of: {', '.join(name.replace('.', '/') for name in known.values())}")
    return tuple(name for key, name in known.items() if key in found)
