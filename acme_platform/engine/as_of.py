"""As of a day: which rows of a staging table in the lake a statement sees.

Belongs here: the condition `staging.as_of(…)`, and the table that stands for it. Not here: other words of PostgreSQL
(`dialect.py`), which versions are superseded (`superseded.py`).

In PostgreSQL a version carries the day on which it ends, and the condition looks at it. In the lake a part never
changes, so it cannot carry that. There a table under the condition is a view of what the day sees, of which the
condition is true; a table without it has the rows of all days.
"""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from acme_platform.errors import MendInput
from acme_platform.portable.as_of import call, is_as_of, is_misplaced

#: behind the name of a table that is read as of the day
SEEN = "__seen"


def resolved(tree: exp.Query, where: str) -> tuple[exp.Query, set[str]]:
    """The statement without the condition, and the names of the tables that were under it.

    Raises MendInput where a condition does not say which rows of a table beside it are seen.
    """
    tree = tree.copy()
    if any(is_as_of(node) and is_misplaced(node) for node in tree.find_all(exp.Dot)):
        raise MendInput(
            f"{where} has a condition staging.as_of(…) that is no part of its table's where or on",
            "write it as staging.as_of(TABLE.day, TABLE.valid_to, %(day)s), in the select that names the table",
        )
    seen = set()
    for scope in traverse_scope(tree):
        sources = scope.selected_sources
        calls = [one for one in _calls(scope.expression) if one.find_ancestor(exp.Select) is scope.expression]
        for alias, (_, table) in sources.items():
            theirs = [call for call in calls if _is_of(call, alias, alone=len(sources) == 1)]
            if not theirs or not isinstance(table, exp.Table):
                continue
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
            table.set("this", exp.to_identifier(f"{table.name.removesuffix(SEEN)}{SEEN}"))
            seen.add(f"{table.db}.{table.name}")
    for node in list(tree.find_all(exp.Dot)):
        if is_as_of(node):
            node.replace(exp.true())
    return tree, seen


def _calls(tree: exp.Expr) -> Iterator[exp.Anonymous]:
    for node in tree.find_all(exp.Dot):
        if is_as_of(node):
            yield call(node)


def _is_of(call: exp.Anonymous, alias: str, *, alone: bool) -> bool:
    """Its first word is the day of that table."""
    day = call.expressions[0]
    return isinstance(day, exp.Column) and (day.table == alias or (alone and not day.table))
