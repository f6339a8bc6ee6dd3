"""What an edit of a SQL file means: comment only, additive, changes answers, breaks what reads it; and whom it reaches.

Belongs here: judging edits, and following columns down to caches, exports, questions, checks and views. Not here:
comparing two texts (`model/rewording.py`), finding the text of before (`texts.py`).
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from acme_platform.errors import AcmeError
from acme_platform.model import layer
from acme_platform.model.lineage import columns, unknown_column, upstream
from acme_platform.model.readers import reads
from acme_platform.model.rewording import Rewording, rewording
from acme_platform.model.sql_file import SqlFile, names, sql_file
from acme_platform.planning import texts
from acme_platform.registry import catalog
from acme_platform.services import Services

COMMENT_ONLY, ADDITIVE, CHANGES, BREAKS = (
    "comment only",
    "additive",
    "changes answers",
    "breaks what reads it",
)
NEW, GONE = "new", "gone"
#: folders of `sql/` whose files are read by people and checks, and by no table
ASKED = {"queries": "question", "checks": "check"}
#: letters of an expression that are shown
SHOWN = 60


@dataclass(frozen=True)
class Edit:
    """One edited file."""

    where: str
    kind: str
    #: what it says otherwise, and whom that reaches
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reader:
    """A file that reads tables, by the name that people know it by."""

    label: str
    file: SqlFile
    #: the table that it fills; empty for questions and checks
    table: str = ""


def edits(services: Services, tables: tuple[str, ...], reference: str = "") -> list[Edit]:
    """Since the commit; unset, of tables whose days were filled by another SQL than that of their file."""
    if reference:
        found = texts.since(reference, [*layer.names(), *ASKED])
        return [_edit(old, new) for old, new in found if _is_chosen(old or new, tables)]
    with services.open_warehouse().transaction("acme plan") as cursor:
        before = [(table, texts.that_filled(cursor, table)) for table in map(catalog.table, tables)]
    return [_edit(old, table.sql) for table, old in before if old]


def _is_chosen(file: SqlFile | None, tables: tuple[str, ...]) -> bool:
    """What fills no table that is known may concern any."""
    name = f"{file.folder}.{file.name}" if file else ""
    return name in tables or name not in catalog.tables()


def _edit(old: SqlFile | None, new: SqlFile | None) -> Edit:
    if new is None:
        return _gone(old)
    if old is None:
        return Edit(new.where, NEW)
    try:
        return judged(old, new)
    except AcmeError as error:
        return Edit(new.where, BREAKS, [error.message])


def _gone(old: SqlFile | None) -> Edit:
    assert old  # noqa: S101  # as above
    name = f"{old.folder}.{old.name}"
    broken = [reader.label for reader in _readers() if name in upstream(reader.file)]
    return Edit(old.where, BREAKS if broken else GONE, [f"breaks {label}, which reads it" for label in broken])


def judged(old: SqlFile, new: SqlFile) -> Edit:
    """What it means that the file was the one and is the other."""
    name, said = f"{new.folder}.{new.name}", rewording(old, new)
    if said.is_nothing or old.code_version == new.code_version:
        return Edit(new.where, COMMENT_ONLY)
    broken_feed = catalog.broken_with(name)
    broken = [broken_feed.error.message] if broken_feed else [*_unknown(new), *_broken(name, old, said.gone)]
    kind = BREAKS if broken else ADDITIVE if said.is_additive else CHANGES
    lines = [*broken, *_said(said)]
    return Edit(new.where, kind, lines if broken_feed else [*lines, *_reached(name, old, new, said)])


def _said(said: Rewording) -> Iterator[str]:
    if said.added:
        yield f"adds {', '.join(sorted(said.added))}"
    if said.gone:
        yield f"drops {', '.join(sorted(said.gone))}"
    for column, (before, now) in said.retyped.items():
        yield f"{column} was {before}, and is {now}"
    for column, (before, now) in said.reworded.items():
        yield f"{column} was {_short(before)}, and is {_short(now)}"
    if said.has_other_rows:
        yield "has other rows, or tells them apart otherwise"


def _short(expression: str) -> str:
    return expression if len(expression) <= SHOWN else f"{expression[: SHOWN - 1]}…"


def _readers() -> Iterator[Reader]:
    for table in catalog.tables().values():
        live = f" with its views {', '.join(f'{table.name}_{view}' for view in VIEWS)}" if table.live else ""
        yield Reader(f"{table.full_name}{live}", table.sql, table.full_name)
    for folder, noun in ASKED.items():
        yield from (Reader(f"{noun} {name}", sql_file(folder, name)) for name in names(folder))


#: of a live table, behind its name
VIEWS = ("today", "history", "union")


def _unknown(file: SqlFile) -> Iterator[str]:
    """What would fail when it is run."""
    if why := unknown_column(file, {name: catalog.table(name).columns for name in upstream(file)}):
        yield f"cannot be run: {why}"


def _broken(name: str, old: SqlFile, gone: Set[str]) -> Iterator[str]:
    """Who still asks for a column that is gone."""
    for reader in _readers() if gone else ():
        if name in upstream(reader.file) and reader.table != name:
            asked = {column for column, _ in reads(reader.file, name, _shapes(reader.file, name, old))}
            if lacking := sorted(asked & gone):
                yield f"breaks {reader.label}, which reads {', '.join(lacking)}"


def _reached(name: str, old: SqlFile, new: SqlFile, said: Rewording) -> Iterator[str]:
    """Everything below that may say something else, in the order in which it is read."""
    changed: dict[str, Set[str]] = {name: _changed(new, said)}
    if not changed[name]:
        return
    if (table := catalog.tables().get(name)) and table.live:
        yield f"reaches the views {', '.join(f'{name}_{view}' for view in VIEWS)}"
    for reader in _readers():
        hit = set[str]()
        for source in upstream(reader.file):
            if changed.get(source) and source != reader.table:
                hit |= _hit(reader, source, changed[source], _shapes(reader.file, name, old))
        if hit:
            changed[reader.table] = changed.get(reader.table, set()) | hit if reader.table else set()
            yield f"reaches {reader.label}" + (f" ({', '.join(sorted(hit))})" if reader.table else "")


def _changed(new: SqlFile, said: Rewording) -> Set[str]:
    if said.has_other_rows:
        return set(new.shape.names) if new.folder not in ASKED else set()
    return said.reworded.keys() | said.retyped.keys()


def _hit(reader: Reader, source: str, changed: Set[str], shapes: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Columns of the reader that say something else: all of them where a changed column decides about its rows."""
    read = [(column, decides) for column, decides in reads(reader.file, source, shapes) if column in changed]
    of_column = columns(reader.file, shapes)
    if any(decides for _, decides in read) or (read and not of_column):
        return set(of_column) or {"*"}
    return {column for column, origins in of_column.items() if any((source, origin) in origins for origin in changed)}


def _shapes(file: SqlFile, name: str, old: SqlFile) -> dict[str, dict[str, str]]:
    """Types of what the file reads: of the edited table those of before and of now, for both may be asked for."""
    shapes = {source: dict(catalog.table(source).columns) for source in upstream(file)}
    if name in shapes:
        shapes[name] = {column.name: column.type for column in old.shape.columns} | shapes[name]
    return shapes
