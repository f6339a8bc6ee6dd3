"""A new check and a new question about a table that there is.

Belongs here: a first promise and a first question, and their tests, to be edited. Not here: what a delivered table
becomes (`table_files.py`).
"""

from collections.abc import Iterable
from pathlib import Path

from acme_platform.errors import UsageError
from acme_platform.model.table import Table
from acme_platform.model.table_schema import Column
from acme_platform.registry import catalog
from acme_platform.scaffolding import declaration, writing
from acme_platform.scaffolding.table_files import example
from acme_platform.testing.document import ENDING
from acme_platform.testing.drawing import draw
from acme_platform.values.cast import KEPT_BY_US

DAY = "2024-01-02"
NUMBERS = ("bigint", "integer", "numeric")


def that_takes(titles: Iterable[str]) -> Table:
    """The staging table of the one delivery whose files have these titles. Raises UsageError where it is not one."""
    there = {title.casefold() for title in titles}
    takers = [
        table
        for table in catalog.tables().values()
        if table.delivered and {name.casefold() for name in table.sql.shape.names} <= there
    ]
    stagings = [staging for table in takers for staging in catalog.downstream(table.full_name)]
    if len(stagings) != 1:
        named = f": {', '.join(table.full_name for table in stagings)}" if stagings else ""
        raise UsageError(
            f"{len(stagings) or 'no'} tables take such files{named}",
            "name the table: --from staging.sales_orders; or make it first: acme new feed --from FILE",
        )
    return stagings[0]


def write_check(table: Table, name: str) -> tuple[str, list[Path]]:
    """A check of the table's rows of the day, its test and its word in the table's line; returns the name, too."""
    column, promise, broken, sample = _promise(table)
    name = writing.checked_name(name or f"{table.name}_{promise}", "check")
    key = [part for part in table.sql.shape.key if part != table.day_column]
    said = ",\n    ".join([*key, column.name])
    text = (
        f"-- No {column.name} of a row of {table.full_name} {broken}.\n"
        f"select\n    {said}\nfrom {table.full_name}\nwhere {table.day_column} = %(day)s and {sample[0]};\n"
    )
    drawn = [(*_key(table, 1), sample[1]), (*_key(table, 2), sample[2])]
    test = (
        f"## A row that breaks the promise is found, and no other\n\nGiven `{table.full_name}` on {DAY}\n\n"
        + "\n".join(draw([*key, column.name], drawn))
        + f"\n\nExpect on {DAY}\n\n"
        + "\n".join(draw([*key, column.name], drawn[1:]))
        + "\n"
    )
    module = writing.module_of(catalog.feed_with(table.full_name).name)
    changed = declaration.with_promise(module.read_text(encoding="utf-8"), table.full_name, name)
    files = writing.in_sql({Path("checks", f"{name}.sql"): text, Path("checks", f"{name}{ENDING}"): test})
    writing.write(files, {module: changed})
    return name, [*files, module]


def write_question(table: Table, name: str) -> tuple[str, list[Path]]:
    """What the table says as of a day, in the order of its key, and the test of that."""
    name = writing.checked_name(name or f"{table.name}_as_of", "question")
    key = [part for part in table.sql.shape.key if part != table.day_column]
    columns = [column for column in table.sql.shape.names if column not in {*KEPT_BY_US, table.day_column}]
    is_of_day = (
        "staging.as_of(day, valid_to, %(day)s)" if table.layer.keeps_versions else f"{table.day_column} = %(day)s"
    )
    said = ",\n    ".join(columns)
    text = (
        f"-- What {table.full_name} says as of a day, in the order of its key.\n"
        f"select\n    {said}\nfrom {table.full_name}\nwhere {is_of_day}\norder by {', '.join(key)};\n"
    )
    rows = [_key(table, 1), _key(table, 2)]
    test = (
        f"## Rows come in the order of their key\n\nGiven `{table.full_name}` on {DAY}\n\n"
        + "\n".join(draw(key, rows[::-1]))
        + f"\n\nExpect on {DAY}\n\n"
        + "\n".join(draw(key, rows))
        + "\n"
    )
    files = writing.in_sql({Path("queries", f"{name}.sql"): text, Path("queries", f"{name}{ENDING}"): test})
    writing.write(files)
    return name, list(files)


def _key(table: Table, number: int) -> tuple[str, ...]:
    shape = table.sql.shape
    return tuple(example(shape[part].type, number) for part in shape.key if part != table.day_column)


def _promise(table: Table) -> tuple[Column, str, str, tuple[str, str, str]]:
    """A column, the end of the check's name, what is said, and (condition, a good value, one that breaks it).

    Of the first column that no rule of its own speaks of: such rows would be rejected before a check sees them.
    """
    shape = table.sql.shape
    ruled = set().union(*(rule.columns for rule in shape.rules)) | {*shape.key, *KEPT_BY_US, table.day_column}
    for column in shape.columns:
        if column.name in ruled:
            continue
        if column.type.startswith(NUMBERS):
            return column, f"{column.name}_is_not_negative", "is negative", (f"{column.name} < 0", "0", "-1")
        if column.type == "date":
            future = f"{column.name} > %(day)s"
            return column, f"{column.name}_is_not_in_the_future", "lies behind the day", (future, DAY, "2024-01-03")
        if column.type == "text":
            return column, f"{column.name}_is_a_word", "is a blank or a sign", (f"{column.name} !~ '\\w'", "a", "?")
    raise UsageError(f"{table.full_name} has no column to begin with", "write the check by hand: CONTRIBUTING.md")
