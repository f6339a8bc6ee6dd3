"""What an edit of a SQL file says otherwise: its columns, what each is computed from, and which rows there are.

Belongs here: comparing two versions of one file. Not here: who reads it (`readers.py`), what follows for others
(`planning/edits.py`).

Each column of the select is compared by itself and everything else as a whole, as sqlglot prints the trees. Matching
the nodes of two trees, as `sqlglot.diff` does, is a guess, which takes two columns that swap for unchanged ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from acme_platform.model.sql_file import DIALECT, SqlFile


@dataclass(frozen=True)
class Rewording:
    """Columns by what became of them."""

    added: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    #: column -> its expression before and now
    reworded: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: column -> its type before and now
    retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: there may be other rows, or rows told apart otherwise
    has_other_rows: bool = False

    @property
    def is_nothing(self) -> bool:
        return not (self.added or self.gone or self.reworded or self.retyped or self.has_other_rows)

    @property
    def is_additive(self) -> bool:
        """What stood before stays as it is."""
        return bool(self.added) and not (self.gone or self.reworded or self.retyped or self.has_other_rows)


def rewording(before: SqlFile, after: SqlFile) -> Rewording:
    """What the later version of a file says otherwise."""
    select = _selects(before.query, after.query)
    if not (_declares(before) and _declares(after)):
        return select
    old, new = before.shape, after.shape
    types = {column.name: _declared(column.type, column.required) for column in old.columns}
    now = {column.name: _declared(column.type, column.required) for column in new.columns}
    shared = types.keys() & now.keys()
    rules = {rule.text for rule in old.rules} != {rule.text for rule in new.rules}
    return Rewording(
        added=frozenset(now.keys() - types.keys()),
        gone=frozenset(types.keys() - now.keys()),
        reworded={column: said for column, said in select.reworded.items() if column in shared},
        retyped={column: (types[column], now[column]) for column in sorted(shared) if types[column] != now[column]},
        has_other_rows=select.has_other_rows or rules or old.key != new.key,
    )


def _selects(before: exp.Query | None, after: exp.Query | None) -> Rewording:
    if not isinstance(before, exp.Select) or not isinstance(after, exp.Select):
        same = (before and _text(before)) == (after and _text(after))
        return Rewording(has_other_rows=not same)
    old, new = _projections(before), _projections(after)
    reworded = {name: (old[name], new[name]) for name in old.keys() & new.keys() if old[name] != new[name]}
    added = frozenset(new.keys() - old.keys())
    is_distinct = bool(after.args.get("distinct")) and bool(added)
    others = _rest(before) != _rest(after) or is_distinct or _inner_parts_differ(before, after)
    return Rewording(added, frozenset(old.keys() - new.keys()), reworded, has_other_rows=others)


def _inner_parts_differ(before: exp.Select, after: exp.Select) -> bool:
    """Whether a `with` says otherwise; a column more in one changes nothing for those who do not ask for it."""
    old = {part.alias: part.this for part in before.ctes}
    new = {part.alias: part.this for part in after.ctes}
    kept = (_selects(old[name], new[name]) for name in old.keys() & new.keys())
    return bool(old.keys() - new.keys()) or any(not (part.is_nothing or part.is_additive) for part in kept)


def _projections(select: exp.Select) -> dict[str, str]:
    return {column.alias_or_name: _text(column.unalias()) for column in select.expressions}


def _rest(select: exp.Select) -> str:
    """Everything but the columns and the parts before it."""
    rest = select.copy()
    rest.set("expressions", [])
    rest.set("with_", None)
    return _text(rest)


def _text(tree: exp.Expr) -> str:
    return tree.sql(DIALECT, comments=False, normalize=True)


def _declares(file: SqlFile) -> bool:
    return any(isinstance(tree, exp.Create) for _, tree in file.statements)


def _declared(kind: str, required: bool) -> str:
    return f"{kind} not null" if required else kind
