"""The catalog: every feed that a module of `defs/` declares, found without a list.

Belongs here: looking feeds and tables up by name. Not here: what is wrong with a feed (`feed_fault.py`), Dagster
(`build.py`).

A feed that cannot be loaded is not among the feeds, and its tables are not among the tables: it is `broken`, which
`acme status`, `acme doctor`, alerts and the UI tell.

    python -m acme_platform.registry.catalog    names what is broken, and fails where anything is
"""

import importlib
import pkgutil
import sys
from functools import cache
from pathlib import Path

from acme_platform.errors import UsageError
from acme_platform.model.company import company
from acme_platform.model.engine import Engine
from acme_platform.model.table import Feed, Table
from acme_platform.registry import feed_fault
from acme_platform.registry.broken_feed import Broken
from acme_platform.registry.foreign import foreign
from acme_platform.wording import instead_of

#: what only Dagster found to be wrong, see `set_aside`
_aside: dict[str, Broken] = {}


@cache
def _read() -> tuple[dict[str, Feed], dict[str, Broken]]:
    package = importlib.import_module(company().feeds)
    others = beside()
    return feed_fault.read(
        package, [module.name for module in pkgutil.iter_modules(package.__path__) if module.name not in others]
    )


@cache
def beside() -> dict[str, Path]:
    """Name -> module or folder of Dagster's own definitions, beside the feeds."""
    return foreign(importlib.import_module(company().feeds).__path__)


@cache
def broken() -> dict[str, Broken]:
    """Name -> feed that cannot be loaded, or that reads tables of one that cannot."""
    read, unread = _read()
    return feed_fault.judged(read, unread | _aside)


@cache
def feeds() -> dict[str, Feed]:
    """Name -> feed, in alphabetical order of the modules of `defs/`."""
    return {name: feed for name, feed in _read()[0].items() if name not in broken()}


def set_aside(feed: Feed, error: Exception) -> None:
    """Dagster does not take what the feed declares."""
    _set_aside(Broken.by(error, feed.name, f"acme_assets/defs/{feed.name}.py", feed))


def set_module_aside(name: str, error: BaseException) -> None:
    """Dagster does not take what stands beside the feeds."""
    where = "/".join((*company().feeds.split("."), beside()[name].name))
    _set_aside(Broken.by(error, name, where, kind="module"))


def _set_aside(broken_feed: Broken) -> None:
    _aside[broken_feed.name] = broken_feed
    for known in (broken, feeds, tables, objects):
        known.cache_clear()


@cache
def tables() -> dict[str, Table]:
    """Full name -> table of every feed."""
    return {table.full_name: table for feed in feeds().values() for table in feed.tables}


def feed(name: str) -> Feed:
    """The feed of that name, or a UsageError that lists the known ones."""
    if name in broken():
        raise broken()[name].error
    if name not in feeds():
        raise UsageError(f"there is no feed {name!r}", instead_of(name, feeds()))
    return feeds()[name]


def table(name: str) -> Table:
    """`staging.sales_orders` or `staging/sales_orders`, or a UsageError that lists the known ones."""
    full_name = name.replace("/", ".")
    if full_name not in tables() and (of := broken_with(full_name)):
        raise of.error
    if full_name not in tables():
        raise UsageError(f"there is no table {name!r}", instead_of(name, tables()))
    return tables()[full_name]


def broken_with(full_name: str) -> Broken | None:
    """The broken feed that declares the table."""
    return next((broken_feed for broken_feed in broken().values() if full_name in broken_feed.tables), None)


def may_be_of_broken(key: str) -> bool:
    """Whether an object of the lake that no feed takes may belong to one that cannot be loaded, and wait for it."""
    folder = key.partition("/")[0]
    return folder not in feeds() and any(
        broken_feed.feed is None or folder == broken_feed.name or key in broken_feed.feed.objects
        for broken_feed in broken().values()
        if broken_feed.kind == "feed"
    )


def feed_with(full_name: str) -> Feed:
    """The feed that declares the table."""
    return next(feed for feed in feeds().values() if table(full_name) in feed.tables)


def engine(full_name: str) -> Engine:
    """That of the feed that declares the table."""
    return feed_with(full_name).computed_by


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


def main() -> None:
    """For `make check`."""
    sys.exit("\n".join(str(broken_feed.error) for broken_feed in broken().values()) or 0)


if __name__ == "__main__":
    main()
