"""Rules of capture: what the source must have, and what may not have happened to it between two readings.

Belongs here: judging facts, for readings and for the doctor alike. Not here: asking for facts (`facts.py`),
what the log itself tells (`change_buffer.py`).

Whatever was otherwise for a while may have hidden changes for that while, and nobody can tell which. So a difference is
refused unless it cannot hide any: a further column, a further table of the publication, a partition made as one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acme_platform.errors import MendInput
from acme_platform.ingest.cdc.facts import Facts, TableFacts
from acme_platform.ingest.cdc.pgoutput import lsn, lsn_text
from acme_platform.ingest.database.extract import DELETED_AT
from acme_platform.model.table import Table

RECAPTURE = "acme recapture"
#: types whose values are written in the same way: text, varchar
TEXTS = {25, 1043}
#: since then a publication may send stored generated columns
SENDS_GENERATED = 180000


@dataclass(frozen=True)
class Fault:
    """What is wrong, and what mends it: a statement for the source's administrator, or something for us to do."""

    said: str
    statement: str = ""
    action: str = ""


def refusal(said: str, faults: Sequence[Fault], then: str) -> MendInput:
    """All of it in one sentence, and everything that mends it, in its order."""
    statements = [fault.statement for fault in faults if fault.statement]
    there = f"on that server, as its administrator: {'; '.join(dict.fromkeys(statements))}" if statements else ""
    steps = [there, *dict.fromkeys(fault.action for fault in faults), then]
    return MendInput(f"{said}: {', '.join(fault.said for fault in faults)}", "; ".join(step for step in steps if step))


def creation(name: str, tables: Iterable[str]) -> str:
    # of a partitioned table the changes come under its own name
    return f'create publication "{name}" for table {", ".join(tables)} with (publish_via_partition_root = true)'


def lacking(facts: Facts, name: str, tables: Mapping[str, Table], variable: str) -> list[Fault]:
    """What the source lacks for capture as it is now; `variable` is the one by which capture was chosen."""
    return [
        *_of_the_server(facts),
        *(Fault(f"it has no table {table}", action="create it") for table in tables if not facts.table(table)),
        *(
            fault
            for table_facts in _wanted(facts, tables)
            for fault in _of_identity(table_facts, tables[table_facts.name])
        ),
        *(fault for table_facts in _wanted(facts, tables) for fault in _of_parts(table_facts, variable)),
        *_undeclared(tables.values()),
        *_of_publication(facts, name, tables),
    ]


def _undeclared(tables: Iterable[Table]) -> Iterator[Fault]:
    """A delete is told by this column."""
    for table in tables:
        if DELETED_AT not in table.sql.shape.names:
            yield Fault(f"{table.sql.where} declares no {DELETED_AT}", action=f"add the line: {DELETED_AT} text")


def _wanted(facts: Facts, tables: Mapping[str, Table]) -> Iterator[TableFacts]:
    return (table_facts for table in tables if (table_facts := facts.table(table)))


def _of_the_server(facts: Facts) -> Iterator[Fault]:
    told = facts.told
    if told["wal_level"] != "logical":
        yield Fault(f"its wal_level is {told['wal_level']}", "alter system set wal_level = logical, and a restart")
    if not told["may_replicate"]:
        yield Fault(f"the role {told['role']} may not replicate", f'alter role "{told["role"]}" replication')


def _of_identity(facts: TableFacts, table: Table) -> Iterator[Fault]:
    """An update or a delete has to say which row it was."""
    lacks = [column for column in table.key if column not in facts.identity]
    if not lacks:
        return
    fits = set(table.key) <= set(facts.told["primary_columns"] or ())
    statement = f"alter table {facts.name} replica identity {'default' if fits else 'full'}"
    if facts.identity:
        yield Fault(f"the replica identity of {facts.name} does not contain {', '.join(lacks)}", statement)
    else:
        yield Fault(f"{facts.name} has no replica identity", statement)


def _of_parts(facts: TableFacts, variable: str) -> Iterator[Fault]:
    if facts.parts and facts.told["kind"] != "p":
        children = ", ".join(part["name"] for part in facts.parts.values())
        yield Fault(
            f"{facts.name} has tables that inherit from it ({children}), whose changes do not come under its name",
            action=f"unset {variable} to read by the time of change",
        )
    for part in facts.parts.values():
        if part["persistence"] != "p":
            yield Fault(f"{part['name']} is not logged", f"alter table {part['name']} set logged")
        # rows are named as the partition that holds them says, and read as the whole table says
        if part["kind"] != "p" and _identity(part) != _identity(facts.told):
            whole = "default" if facts.told["identity"] == "d" else "full"
            tables = (part["name"],) if whole == "default" else (facts.name, part["name"])
            statement = "; ".join(f"alter table {table} replica identity {whole}" for table in tables)
            yield Fault(f"the partition {part['name']} has another replica identity than {facts.name}", statement)


def _identity(told: Mapping[str, Any]) -> tuple[bool, Any]:
    return told["identity"] == "f", None if told["identity"] == "f" else told["identity_columns"]


def _of_publication(facts: Facts, name: str, tables: Mapping[str, Table]) -> Iterator[Fault]:
    published = facts.publication
    if not published:
        yield Fault(f"it has no publication {name}", creation(name, tables))
        return
    again = f'drop publication "{name}"; {creation(name, tables)}'
    whole = all(published[f"pub{what}"] for what in ("insert", "update", "delete", "truncate"))
    if not whole or not all(_is_whole(table_facts) for table_facts in _wanted(facts, tables)):
        yield Fault(f"its publication {name} does not tell all changes of {', '.join(tables)}", again)
        return
    for table_facts in _wanted(facts, tables):
        yield from _of_columns(facts, table_facts, tables[table_facts.name], name, again)


def _is_whole(facts: TableFacts) -> bool:
    return facts.is_published and not facts.told["published"].get("rowfilter")


def _of_columns(facts: Facts, table_facts: TableFacts, table: Table, name: str, again: str) -> Iterator[Fault]:
    """Declared columns that no change brings, each with its reason."""
    for column in table.sql.shape.names:
        if column in table_facts.sent or column == DELETED_AT:
            continue
        if column not in table_facts.columns:
            out = f"bring it back, or take it out of {table.sql.where} and of what reads it"
            yield Fault(f"it has no {column} in {table_facts.name} any more", action=out)
        elif table_facts.columns[column]["generated"]:
            yield _generated(facts, table_facts, column, table, name)
        else:
            yield Fault(f"its publication {name} leaves out {column} of {table_facts.name}", again)


def _generated(facts: Facts, table_facts: TableFacts, column: str, table: Table, name: str) -> Fault:
    """Only a stored one can be sent, and only by a newer server."""
    is_stored = table_facts.columns[column]["generated"] == "s"
    said = (
        f"{table_facts.name}.{column} is a generated column ({'stored' if is_stored else 'virtual'}), which is not sent"
    )
    if is_stored and facts.told["version"] >= SENDS_GENERATED:
        return Fault(said, f'alter publication "{name}" set (publish_generated_columns = stored)')
    return Fault(said, action=f"take {column} out of {table.sql.where} and compute it in staging")


# between two readings


def altered(before: Facts, now: Facts) -> list[Fault]:
    """What was touched since, and may have hidden changes."""
    if before.told["system"] != now.told["system"]:
        return [Fault(f"it is another server (system {now.told['system']}, not {before.told['system']})")]
    if before.told["database"] != now.told["database"]:
        return [Fault("it is another database of that server")]
    return [*_publication_altered(before, now), *_tables_altered(before, now)]


def _publication_altered(before: Facts, now: Facts) -> Iterator[Fault]:
    was, is_now = before.publication, now.publication
    if was and is_now and (was["oid"], was["xmin"]) != (is_now["oid"], is_now["xmin"]):
        yield Fault(f"its publication {is_now['pubname']} was altered or made again")


def _tables_altered(before: Facts, now: Facts) -> Iterator[Fault]:
    for was in before.tables:
        if not (facts := now.table(was.name)):
            continue
        if was.oid != facts.oid:
            yield Fault(f"{facts.name} was replaced by another table of its name")
            continue
        if (was.told["members"], was.told["schemas"]) != (facts.told["members"], facts.told["schemas"]):
            yield Fault(f"{facts.name} left its publication for a while, or was published otherwise")
        elif not facts.is_named and was.told["xmin"] != facts.told["xmin"]:
            yield Fault(f"{facts.name} was altered, and may have been out of what is published with it")
        yield from _columns_altered(was, facts)
        yield from _parts_altered(was, facts)


def _columns_altered(was: TableFacts, facts: TableFacts) -> Iterator[Fault]:
    """A column that came, or one that we do not declare and that went, hides nothing."""
    was_rewritten = was.told["file"] != facts.told["file"] or _files(was) != _files(facts)
    for column in was.columns.keys() & facts.columns.keys():
        old, new = was.columns[column], facts.columns[column]
        if old["number"] != new["number"]:
            yield Fault(f"{facts.name}.{column} is another column than the one of that name before")
        elif old["type"] != new["type"] and not {old["type"], new["type"]} <= TEXTS:
            yield Fault(f"{facts.name}.{column} is of another type")
        elif was_rewritten and old["xmin"] != new["xmin"]:
            yield Fault(f"{facts.name} was rewritten, and {column} altered")


def _files(facts: TableFacts) -> dict[str, int]:
    return {oid: part["file"] for oid, part in facts.parts.items()}


def _parts_altered(was: TableFacts, facts: TableFacts) -> Iterator[Fault]:
    """Rows come and go with a partition, and no change tells of them."""
    for oid, old in was.parts.items():
        new = facts.parts.get(oid)
        if new is None:
            yield Fault(f"{facts.name} lost the partition {old['name']}, and its rows with it")
        elif new["attached"] != old["attached"]:
            yield Fault(f"{new['name']} was no partition of {facts.name} for a while")
        elif new["file"] != old["file"]:
            yield Fault(f"the partition {new['name']} of {facts.name} was truncated or rewritten")
    for oid in facts.parts.keys() - was.parts.keys():
        if not facts.parts[oid]["made_so"]:
            yield Fault(f"{facts.name} got the partition {facts.parts[oid]['name']}, and its rows with it")


# the slot


def slot_faults(facts: Facts, name: str, place: int) -> Iterator[Fault]:
    """Why the slot does not have everything behind the place."""
    slot, since = facts.slot, f"the changes since {lsn_text(place)}"
    if slot is None:
        yield Fault(f"the slot {name} is gone, and with it {since}")
    elif (slot["database"], slot["plugin"]) != (facts.told["here"], "pgoutput"):
        yield Fault(f"the slot {name} is another one ({slot['plugin']}, database {slot['database']})")
    elif reason := lost(facts):
        yield Fault(f"the slot {name} lost its log ({reason}), and {since}")
    elif lsn(slot["confirmed_flush_lsn"] or "0/0") > place:
        stands = slot["confirmed_flush_lsn"]
        yield Fault(f"the slot {name} stands at {stands}: somebody else read what came after {lsn_text(place)}")
    elif facts.written < place:
        yield Fault(f"its log ends before {lsn_text(place)}: it is another server, or an older state of it")


def lost(facts: Facts) -> str:
    """Why the server keeps no log for the slot any more; empty while it does."""
    slot = facts.slot or {}
    if reason := slot.get("invalidation_reason"):
        return str(reason)
    if slot.get("conflicting"):
        return "conflict with recovery"
    return "max_slot_wal_keep_size" if slot.get("wal_status") == "lost" else ""
