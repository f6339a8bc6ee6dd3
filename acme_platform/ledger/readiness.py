"""Readiness: whether a day of a table may be filled, and what it lacks. There is one rule, and whoever fills asks it.

    a day of ours     not before the first day, nor after today (UTC), however the clock or the asker came by it
    nothing lacking   everything that the table reads was filled on that day, and its table is there
    nothing late      of what it reads every version of, staging holds each earlier day that raw holds

A day that lacks something is refused by name: filled, it would be green and say that there is nothing. What is late is
staged first (`fill.py`), for it is there to be staged. An earlier day that raw does not hold lacks nothing: nobody
delivered it, or its file was refused. Neither does one that a red check or a failure holds back: it stops itself only,
and is told as what it is. Nor one that staging holds in an older version: it is stale, and what read it will be.

Belongs here: the rule. Not here: red checks (`check_results.py`), what is due (`staleness.py`), which leaves out what
is refused.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.day import Days, others, outside
from acme_platform.errors import NotReady
from acme_platform.ledger import check_results
from acme_platform.ledger.filled_days import filled_days
from acme_platform.ledger.rejected import RefusedDay, refused_days
from acme_platform.model.table import Table
from acme_platform.registry import catalog, remedies

LATE = """
select staging, day from ledger.builds as held
join unnest(%(sources)s::text[], %(stagings)s::text[]) as pair (source, staging) on source = table_name
where day < %(day)s
and not exists (select from ledger.builds where table_name = staging and builds.day = held.day)
and not exists (select from ledger.failures where table_name = staging and failures.day = held.day and not passes)
order by day, staging
"""


def refuse_outside(table: Table, days: Days, first_day: date) -> None:
    """Raise NotReady where any of the days is none of ours."""
    if why := outside(days, first_day):
        raise NotReady(
            f"{table.full_name} of {days} is not filled: it {why}",
            f"choose days from {first_day} to today; if there are rows of the other days,"
            f" take them back: {remedies.wipe(others(days, first_day))}",
        )


def refuse_unready(cursor: Cursor, table: Table, day: date) -> None:
    """Raise NotReady, or what keeps it from being filled, when something that the day reads is not there."""
    lacks = dict(_lacking(cursor, table, day))
    if not lacks:
        return
    for ancestor in _ancestors(table):
        check_results.refuse_red(cursor, ancestor, day)
    names = " and ".join(f"{name} {why}" for name, why in lacks.items())
    refused = _refused(cursor, _ancestors(table), day)
    said = "; ".join([f"{table.full_name} of {day} waits: {names}", *(refused_day.why for refused_day in refused)])
    raise NotReady(
        said,
        remedies.deliver(refused[0].table_name, day) if refused else remedies.fill_from_the_start(table.full_name, day),
    )


def delivery(cursor: Cursor, tables: Iterable[Table], day: date) -> str:
    """The command that delivers the file without which the day of the tables cannot be: it was refused, or nobody has
    loaded one. Empty where all that is delivered was loaded.
    """
    made_of = {ancestor.full_name: ancestor for table in tables for ancestor in _ancestors(table)}
    refused = [refused_day.table_name for refused_day in _refused(cursor, made_of.values(), day)]
    awaited = [name for name, ancestor in made_of.items() if ancestor.delivered]
    cursor.execute(
        "select name from unnest(%s::text[]) with ordinality as awaited (name, n)"
        " where not exists (select from ledger.builds where table_name = name and builds.day = %s)"
        " and not exists (select from ledger.deliveries where table_name = name and deliveries.day = %s) order by n",
        (awaited, day, day),
    )
    lacking = [*refused, *(name for (name,) in cursor)]
    return remedies.deliver(lacking[0], day) if lacking else ""


def late(cursor: Cursor, table: Table, day: date) -> list[tuple[Table, date]]:
    """(staging table, day) of what this day reads, raw holds, and staging lacks though nothing holds it back."""
    if not table.history:
        return []
    sources = [catalog.table(name).upstream[0] for name in table.history]
    cursor.execute(LATE, {"sources": sources, "stagings": list(table.history), "day": day})
    unstaged = [(catalog.table(name), earlier) for name, earlier in cursor.fetchall()]
    return [
        (staging, earlier) for staging, earlier in unstaged if not check_results.blocked(cursor, staging, [earlier])
    ]


def _lacking(cursor: Cursor, table: Table, day: date) -> Iterator[tuple[str, str]]:
    """(table, what is wrong with it) of everything that the day would read and that is not there."""
    cursor.execute(
        "select name, to_regclass(name) is not null"
        " from unnest(%(upstream)s::text[]) with ordinality as reads (name, n)"
        " where to_regclass(name) is null"
        " or not exists (select from ledger.builds where table_name = name and day = %(day)s) order by n",
        {"upstream": list(table.upstream), "day": day},
    )
    for name, is_there in cursor.fetchall():
        cursor.execute("select exists (select from ledger.builds where table_name = %s)", (name,))
        ((was_filled,),) = cursor.fetchall()
        yield name, "is gone: somebody dropped it" if was_filled and not is_there else f"of {day} was never filled"


def _ancestors(table: Table) -> list[Table]:
    """Everything that the table is made of, itself first."""
    ancestors = {table.full_name: table}
    for known in ancestors.copy().values():
        for name in known.upstream:
            ancestors |= {ancestor.full_name: ancestor for ancestor in _ancestors(catalog.table(name))}
    return list(ancestors.values())


def _refused(cursor: Cursor, tables: Iterable[Table], day: date) -> list[RefusedDay]:
    """Where files of the day were refused, and nothing was loaded instead."""
    refusals = refused_days(cursor, [table.full_name for table in tables], day)
    return [refused_day for refused_day in refusals if not filled_days(cursor, [refused_day.table_name], [day])]
