"""Faults of feeds: what keeps a declaration from being loaded, found before any of its tables is used.

Belongs here: reading the modules of `defs/`, judging each feed by itself, and setting aside what cannot be loaded, with
who reads its tables. Not here: looking feeds up (`catalog.py`), Dagster.

One feed's mistake stops that feed only. So everything that can fail when a feed is loaded is tried here, and whatever
is raised is told as its author would look for it.
"""

import importlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from types import ModuleType

from acme_platform.errors import MendInput
from acme_platform.model import layer
from acme_platform.model.declared import check_columns, check_name
from acme_platform.model.engine import SPARK
from acme_platform.model.lineage import columns, unknown_column, upstream
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import Feed, Table
from acme_platform.portable import subset as portable
from acme_platform.registry import live_fault, source_fault
from acme_platform.registry.broken_feed import Broken


def read(package: ModuleType, modules: list[str]) -> tuple[dict[str, Feed], dict[str, Broken]]:
    """Name -> feed of every module that can be read, and what is wrong with the others."""
    feeds: dict[str, Feed] = {}
    broken: dict[str, Broken] = {}
    for module in sorted(modules):
        where = f"{package.__name__.replace('.', '/')}/{module}.py"
        try:
            feed = _feed(importlib.import_module(f"{package.__name__}.{module}"), where)
            _check_name(feed.name, module, where, {*feeds, *modules})
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a module does, the others go on
            broken[module] = Broken.by(error, module, where)
        else:
            feeds[feed.name] = feed
    return feeds, broken


def _feed(module: ModuleType, where: str) -> Feed:
    feed = getattr(module, "FEED", None)
    if not isinstance(feed, Feed):
        raise MendInput(f"{where} declares no FEED", f"let {where} end with FEED = Feed(…)")
    return feed


def _check_name(name: str, module: str, where: str, taken: set[str]) -> None:
    """A module that is named like its feed keeps that name from any other one."""
    if name != module and name in taken:
        raise MendInput(f"{where} declares the feed {name}, as another module does", f"give the feed of {where} a name")
    if not re.fullmatch("[a-z][a-z0-9_]*", str(name)):
        raise MendInput(f"{where} names its feed {name!r}", "name it in small letters, digits and _")


def judged(feeds: Mapping[str, Feed], known: Mapping[str, Broken]) -> dict[str, Broken]:
    """All that cannot be loaded, `known` before among them: first those with a fault, then those that read them."""
    broken = dict(known)
    sound = {name: feed for name, feed in feeds.items() if name not in broken}
    for find in (_contested, _at_fault, _circular):
        for fault in list(find(sound)):
            broken[fault.name] = fault
            sound.pop(fault.name, None)
    while waiting := list(_waiting(sound, broken)):
        for fault in waiting:
            broken[fault.name] = fault
            del sound[fault.name]
    return broken


def _contested(feeds: Mapping[str, Feed]) -> Iterator[Broken]:
    """Of two feeds with one table the one with more tables of its own keeps it; the first one where they are equal."""
    declaring: dict[str, list[str]] = {}
    for feed in feeds.values():
        for declared in feed.tables:
            declaring.setdefault(declared.full_name, []).append(feed.name)
    own = {
        name: sum(len(set(declaring[declared.full_name])) == 1 for declared in feed.tables)
        for name, feed in feeds.items()
    }
    seen: set[str] = set()
    for table, names in declaring.items():
        keeper, *others = sorted(names, key=lambda name: (-own[name], name))
        for loser in (name for name in others if name not in seen):
            seen.add(loser)
            again = "again" if loser == keeper else f"as the feed {keeper} does"
            yield Broken(loser, f"it declares {table} {again}", f"mend acme_assets/defs/{loser}.py", feeds[loser])


def _at_fault(feeds: Mapping[str, Feed]) -> Iterator[Broken]:
    for feed in feeds.values():
        try:
            _examine(feed)
        except Exception as error:  # noqa: BLE001  # as above
            yield Broken.by(error, feed.name, f"acme_assets/defs/{feed.name}.py", feed)


def _examine(feed: Feed) -> None:
    above: set[str] = set()
    names = {table.full_name for table in feed.tables}
    for table in feed.tables:
        if not layer.is_known(table.layer):
            raise MendInput(
                f"nothing fills the layer {table.layer} of {table.full_name}",
                "name what does by acme_platform.materialize.layers.register",
            )
        _ = table.sql.comment, table.sql.shape.columns
        if not table.layer.is_loaded:
            _ = table.sql.select
        for name in table.upstream:
            if name in names - above:
                raise MendInput(f"{table.sql.where} reads {name}, which is declared below it", f"declare {name} first")
        for promise in table.promises:
            _ = promise.comment, promise.select, upstream(promise)
        _check_names(table)
        above.add(table.full_name)
    source_fault.examine(feed)
    live_fault.examine(feed)


def _check_names(table: Table) -> None:
    files = [promise.name for promise in table.promises]
    names = Counter([*files, *(check_name(declared, table.full_name) for declared in table.declared)])
    for name in (name for name, count in names.items() if count > 1):
        raise MendInput(f"{_line(table)} has two checks named {name}", 'give one of them a name="…" of its own')


def _circular(feeds: Mapping[str, Feed]) -> Iterator[Broken]:
    of = {table.full_name: feed for feed in feeds.values() for table in feed.tables}
    try:
        TopologicalSorter({name: _read_by(feed, name) for name, feed in of.items()}).prepare()
    except CycleError as error:
        circle = error.args[1]
        for feed in {of[name].name: of[name] for name in circle if name in of}.values():
            why = f"its tables are in a circle: {' reads '.join(reversed(circle))}"
            yield Broken(feed.name, why, f"mend sql/{circle[0].replace('.', '/')}.sql", feed)


def _read_by(feed: Feed, full_name: str) -> tuple[str, ...]:
    return next(table.upstream for table in feed.tables if table.full_name == full_name)


def _waiting(sound: Mapping[str, Feed], broken: Mapping[str, Broken]) -> Iterator[Broken]:
    """Feeds that read what no sound feed declares."""
    there = {table.full_name: table for feed in sound.values() for table in feed.tables}
    for feed in sound.values():
        try:
            for table in feed.tables:
                _check_reads(table, there, broken.values())
                if feed.computed_by == SPARK:
                    check_portable(table, there)
        except Exception as error:  # noqa: BLE001  # as above
            yield Broken.by(error, feed.name, f"acme_assets/defs/{feed.name}.py", feed)


def _others(names: Iterable[str], table: Table) -> tuple[str, ...]:
    return tuple(name for name in names if name != table.full_name)


def _check_reads(table: Table, there: Mapping[str, Table], broken: Collection[Broken]) -> None:
    lost = {name: broken_feed for broken_feed in broken for name in broken_feed.tables}
    for where, name in ((where, name) for where, names in _reads(table) for name in names if name not in there):
        if name in lost:
            raise MendInput(f"{where} reads {name} of the feed {lost[name].name}: {lost[name].why}", lost[name].mend)
        unread = "".join(f", or mend {broken_feed.name}" for broken_feed in broken if broken_feed.feed is None)
        raise MendInput(
            f"{where} reads {name}, which no feed that can be loaded declares",
            f"mend the name in {where}, or declare {name}{unread}",
        )
    columns(table.sql, {name: there[name].columns for name in table.upstream})
    for declared in table.declared:
        check_columns(_line(table), declared.columns(table.full_name), {name: there[name].columns for name in there})


def check_portable(table: Table, there: Mapping[str, Table]) -> None:
    """What Spark runs: the selects of versions and answers, and promises about these. Raises MendInput."""
    shapes = {name: other.columns for name, other in there.items()}
    if _is_on_spark(table):
        _examine_portable(table.sql, shapes)
    for promise in table.promises:
        if any(_is_on_spark(there[name]) for name in upstream(promise) if name in there):
            _examine_portable(promise, shapes)


def _examine_portable(file: SqlFile, shapes: Mapping[str, Mapping[str, str]]) -> None:
    # Spark would say so of a tree that is nobody's text any more, in the midst of a run.
    if why := unknown_column(file, shapes):
        raise MendInput(f"{file.where}: {why}", f"mend {file.where}")
    portable.examine(file, shapes)


def _is_on_spark(table: Table) -> bool:
    return table.layer.is_delivered or table.layer.is_answer


def _reads(table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where the names of tables stand, and these."""
    yield table.sql.where, table.upstream
    yield from ((promise.where, _others(upstream(promise), table)) for promise in table.promises)
    for declared in table.declared:
        yield _line(table), _others((column.table for column in declared.columns(table.full_name)), table)


def _line(table: Table) -> str:
    return f"the line of {table.full_name}"
