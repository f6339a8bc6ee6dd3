"""The catalog: every feed that a module of `defs/` declares, found without a list.

Belongs here: looking feeds and tables up by name. Not here: Dagster (`definitions.py`).
"""

import importlib
import pkgutil
from functools import cache

from acme_assets import defs
from acme_assets.errors import OurBug, UsageError
from acme_assets.table import Feed, Table


@cache
def feeds() -> dict[str, Feed]:
    """Name -> feed, in alphabetical order of the modules of `defs/`."""
    modules = (
        importlib.import_module(f"{defs.__name__}.{found.name}") for found in pkgutil.iter_modules(defs.__path__)
    )
    return {module.FEED.name: module.FEED for module in modules}


@cache
def tables() -> dict[str, Table]:
    """Full name -> table of every feed; two feeds cannot declare one table."""
    found: dict[str, Table] = {}
    for feed in feeds().values():
        for table in feed.tables:
            if table.full_name in found:
                raise OurBug(f"{table.full_name} is declared twice, again by the feed {feed.name}")
            found[table.full_name] = table
    return found


def feed(name: str) -> Feed:
    """The feed of that name, or a UsageError that lists the known ones."""
    if name not in feeds():
        raise UsageError(f"there is no feed {name!r}", f"take one of: {', '.join(feeds())}")
    return feeds()[name]


def table(name: str) -> Table:
    """`staging.sales_orders` or `staging/sales_orders`, or a UsageError that lists the known ones."""
    full_name = name.replace("/", ".")
    if full_name not in tables():
        raise UsageError(f"there is no table {name!r}", f"take one of: {', '.join(tables())}")
    return tables()[full_name]


def feed_with(full_name: str) -> Feed:
    """The feed that declares the table."""
    return next(feed for feed in feeds().values() if table(full_name) in feed.tables)


def deliveries() -> dict[str, tuple[str, ...]]:
    """Feed -> what is delivered to it as files."""
    return {feed.name: tuple(feed.deliveries) for feed in feeds().values()}


@cache
def objects() -> dict[str, Table]:
    """Key of an object that its sender overwrites -> the raw table that takes it, of every feed."""
    return {key: table for feed in feeds().values() for key, table in feed.objects.items()}


def downstream(full_name: str) -> tuple[Table, ...]:
    """The tables that read this one directly."""
    return tuple(table for table in tables().values() if full_name in table.upstream)
