"""The feed that `dg scaffold defs` writes: a module and the SQL files of a CSV delivery, to be edited.

Belongs here: which files, and their first words. Not here: what they may hold (CONTRIBUTING.md, `model/table.py`).

It is no component that a YAML configures: a feed is declared in one way, in Python (docs/decisions/0012).
"""

import re
from pathlib import Path
from string import Template
from typing import Any

import dagster as dg

from acme_platform.errors import UsageError
from acme_platform.model.company import company
from acme_platform.registry import catalog

MODULE = '''"""The $name feed: what each $name is, counted per kind."""

from acme_platform.model.table import Feed, analytics, raw, staging

FEED = Feed(
    name="$name",
    description="Files of $name, delivered as CSV.",
    owner="team:$name",
    tables=(
        raw("$name", delivered="$name"),
        staging("$name"),
        analytics("${name}_per_kind"),
    ),
)
'''
RAW = """-- One row is one row of a delivered $name file, as text, exactly as it came.
create table raw.$name (
    id text,  -- its number
    kind text -- what kind it is
);
"""
STAGING = """-- One row is one version of a row of $name, valid from its day until the next delivery of the same row.
create table staging.$name (
    id bigint not null check (id > 0), -- its number
    day date not null,                 -- day of the delivery that said so
    valid_to date,                     -- day of the next version, empty for the newest
    kind text not null,                -- what kind it is
    primary key (id, day)
);

create index on staging.$name (day);

select
    delivery_id,
    row_number,
    id,
    kind
from raw.$name
where day = %(day)s;
"""
ANALYTICS = """-- One row is one kind as of a day: how many rows of $name it has.
create table analytics.${name}_per_kind (
    day date not null,         -- as of this day
    kind text not null,        -- what kind
    row_count bigint not null, -- rows so far
    primary key (day, kind)
);

select
    %(day)s::date as day,
    kind,
    count(*) as row_count
from staging.$name
where day <= %(day)s and (valid_to is null or valid_to > %(day)s)
group by kind;
"""


class Scaffolder(dg.Scaffolder[Any]):
    """Writes a feed beside the others, and its SQL where theirs is; nothing that stands is overwritten."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        folder = request.target_path
        name = folder.stem
        # Dagster made it for a component's YAML, which there is none of.
        folder.rmdir()
        written = files(name, folder.parent)
        _refuse(name, written)
        for path, text in written.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")


@dg.scaffold_with(Scaffolder)
class FeedComponent:
    """A feed: a module in defs/ and its SQL files for raw, staging and analytics of delivered CSV files."""


def files(name: str, modules: Path) -> dict[Path, str]:
    """Path -> text."""
    sql = company().sql
    texts = {
        modules / f"{name}.py": MODULE,
        sql / "raw" / f"{name}.sql": RAW,
        sql / "staging" / f"{name}.sql": STAGING,
        sql / "analytics" / f"{name}_per_kind.sql": ANALYTICS,
    }
    return {path: Template(text).substitute(name=name) for path, text in texts.items()}


def _refuse(name: str, written: dict[Path, str]) -> None:
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise UsageError(f"{name!r} is no name of a feed", "name it in small letters, digits and _")
    if there := [path for path in written if path.exists()]:
        raise UsageError(f"there is {there[0]}", "take another name, or remove the file")
    if name in catalog.feeds() or name in catalog.broken():
        raise UsageError(f"there is a feed {name}", f"take another name than {', '.join(catalog.feeds())}")
