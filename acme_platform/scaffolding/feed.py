"""A new feed, or a new delivered table of one that there is: which files, and which lines of Python.

Belongs here: the one way in which `acme new` and `dg scaffold defs` make them. Not here: their text (`table_files.py`,
`declaration.py`).
"""

from pathlib import Path

from acme_platform.scaffolding import declaration, table_files, writing
from acme_platform.scaffolding.draft import Draft


def feed_files(name: str, folder: Path, made: Draft) -> dict[Path, str]:
    """Path -> text of a feed with one delivered table and the answer that counts its rows."""
    lines = [
        f'raw("{name}", delivered="{name}")',
        f'staging("{name}")',
        f'analytics("{table_files.answer_name(name, made)}")',
    ]
    files = {**table_files.delivered(name, name, made), **table_files.answer(name, name, made)}
    module = declaration.module(name, lines, ("analytics", "raw", "staging"))
    return {folder / f"{name}.py": module, **writing.in_sql(files)}


def write_feed(name: str, folder: Path, made: Draft) -> list[Path]:
    """Write it. Raises UsageError where the name is none, or something of it is there."""
    writing.checked_name(name, "feed")
    writing.refuse_feed(name)
    files = feed_files(name, folder, made)
    writing.write(files)
    return list(files)


def table_name(feed: str, name: str) -> str:
    """`sales_orders` of the deliveries `orders`; a table that is the feed's only one is named like it."""
    return name if name == feed or name.startswith(f"{feed}_") else f"{feed}_{name}"


def write_table(feed: str, name: str, made: Draft) -> list[Path]:
    """Raw and staging of one more kind of deliveries, and their lines in the feed's module."""
    writing.checked_name(name, "table")
    table, module = table_name(feed, name), writing.module_of(feed)
    lines = [f'raw("{table}", delivered="{name}")', f'staging("{table}")']
    files = writing.in_sql(table_files.delivered(table, name, made))
    changed = declaration.with_tables(module.read_text(encoding="utf-8"), lines, ("raw", "staging"))
    writing.write(files, {module: changed})
    return [*files, module]
