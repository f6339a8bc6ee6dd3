"""Which checks a table has: the built-in ones that follow from its declaration, and the promises it names.

Belongs here: the SQL of the built-in checks. Not here: the SQL of promises, which a line declares (`declared.py`) or
which are files of `sql/checks/`.
"""

from collections.abc import Iterator

from psycopg2 import sql

from acme_platform.checks import declared
from acme_platform.checks.check import Check
from acme_platform.checks.subject import exists, of_day, some, subject
from acme_platform.ledger import discrepancies
from acme_platform.ledger.check_results import MUST, SHOULD
from acme_platform.model.check_names import SOMETHING_DELIVERED
from acme_platform.model.lineage import upstream
from acme_platform.model.sql_file import sql_file
from acme_platform.model.table import Table
from acme_platform.warehouse import constraints
from acme_platform.warehouse.connection import name, names

#: files of a day that raw holds
DELIVERED = "from ledger.deliveries where table_name = %(table)s and day = %(day)s and state = 'visible'"


def checks(table: Table) -> tuple[Check, ...]:
    """Every check that selects from the warehouse, the built-in ones first."""
    return (*_built_in(table), *_promises(table))


def _promises(table: Table) -> Iterator[Check]:
    for severity, promises in ((MUST, table.must), (SHOULD, table.should)):
        for promise in promises:
            if isinstance(promise, str):
                yield _file(table, severity, promise)
            else:
                yield declared.check(table, severity, promise)


def _file(table: Table, severity: str, promise: str) -> Check:
    file = sql_file("checks", promise)
    others = tuple(other for other in upstream(file) if other != table.full_name)
    return Check(file.name, severity, file.comment, sql.SQL(file.select), others, subject(table, others), file)


def _built_in(table: Table) -> Iterator[Check]:
    yield _schema(table)
    if table.sql.shape.key:
        yield _unique(table)
        yield _not_null(table)
    if table.layer.is_loaded:
        yield from (_files_accounted(table), _undeclared(table), _delivered(table))
        if table.changed_at:
            yield _seen_by_cursor(table)
    if table.layer.keeps_versions:
        yield _rows_accounted(table)


def _schema(table: Table) -> Check:
    wanted = [
        sql.SQL("({}, {})").format(sql.Literal(column), sql.Literal(kind)) for column, kind in table.columns.items()
    ]
    broken = sql.SQL(
        "select coalesce(wanted.name, there.name) as column, wanted.type as declared, there.type as found"
        " from (values {}) as wanted (name, type) full join (select attname::text as name,"
        " format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = to_regclass(%(table)s)"
        " and attnum > 0 and not attisdropped) as there using (name) where wanted.type is distinct from there.type"
    ).format(sql.SQL(", ").join(wanted))
    return Check("schema_as_declared", MUST, f"The columns and types are those of {table.sql.where}.", broken)


def _unique(table: Table) -> Check:
    key = table.sql.shape.key
    broken = sql.SQL(
        "select {key}, count(*) as rows {of_day} and not {sure} group by {key} having count(*) > 1"
    ).format(key=names(key), of_day=of_day(table), sure=constraints.key(key))
    return Check("key_unique", MUST, f"No two rows share {', '.join(key)}.", broken, subject=exists(of_day(table)))


def _not_null(table: Table) -> Check:
    required = [column.name for column in table.sql.shape.columns if column.required]
    missing = [sql.SQL("{} is null").format(sql.Identifier(column)) for column in required]
    broken = sql.SQL("select * {} and not {} and ({})").format(
        of_day(table), constraints.filled(required), sql.SQL(" or ").join(missing)
    )
    return Check("not_null", MUST, f"Never empty: {', '.join(required)}.", broken, subject=exists(of_day(table)))


def _files_accounted(table: Table) -> Check:
    broken = sql.SQL(
        "select files.file, files.rows_in, coalesce(kept.rows, 0) as rows_kept, coalesce(broken.rows, 0) as rows_broken"
        " from ledger.deliveries as files"
        " left join (select delivery_id, count(*) as rows {} group by delivery_id) as kept using (delivery_id)"
        " left join (select delivery_id, count(*) as rows from quarantine.rows"
        "  where table_name = %(table)s and day = %(day)s group by delivery_id) as broken using (delivery_id)"
        " where files.table_name = %(table)s and files.day = %(day)s and files.state = 'visible'"
        " and files.rows_in <> coalesce(kept.rows, 0) + coalesce(broken.rows, 0)"
    ).format(of_day(table))
    meaning = "Each file's rows are all in the table or in the quarantine."
    return Check("rows_accounted_for", MUST, meaning, broken, subject=exists(sql.SQL(DELIVERED)))


def _undeclared(table: Table) -> Check:
    broken = sql.SQL(
        "select file, jsonb_object_keys(extra) as undeclared {} and extra is not null group by 1, 2"
    ).format(of_day(table))
    meaning = f"No file has a column that {table.sql.where} does not declare; such columns are kept in `extra`."
    return Check("columns_as_declared", SHOULD, meaning, broken, subject=exists(of_day(table)))


def _delivered(table: Table) -> Check:
    broken = sql.SQL(
        "select %(day)s::date as day, 'no row was delivered' as missing where not exists (select {} limit 1)"
    ).format(of_day(table))
    return Check(SOMETHING_DELIVERED, SHOULD, "The day has at least one delivered row.", broken)


def _seen_by_cursor(table: Table) -> Check:
    meaning = (
        f"The day's readings found nothing of {table.source} that its {table.changed_at} hides: no other clock or zone,"
        " no change without a new time, no row that is gone."
    )
    return Check("cursor_sees_every_change", SHOULD, meaning, discrepancies.broken(table.full_name))


def _rows_accounted(table: Table) -> Check:
    (source,) = table.upstream
    broken = sql.SQL(
        "select * from (select (select count(*) from {source} where day = %(day)s) as rows_in,"
        " (select count(*) {of_day}) as rows_kept,"
        " (select count(*) from quarantine.rows join ledger.deliveries using (delivery_id)"
        "  where rows.table_name = %(table)s and rows.day = %(day)s and state = 'visible') as rows_quarantined,"
        " (select coalesce(sum(rows_kept), 0)::bigint from ledger.deliveries"
        "  where table_name = {source_name} and day = %(day)s and state = 'visible') as ledger_rows_kept) as counted"
        " where rows_in <> rows_kept + rows_quarantined or ledger_rows_kept <> rows_kept"
    ).format(source=name(source), source_name=sql.Literal(source), of_day=of_day(table))
    meaning = f"Rows of {source} = rows kept + rows quarantined."
    raw = sql.SQL("from {} where day = %(day)s").format(name(source))
    return Check("rows_accounted_for", MUST, meaning, broken, subject=some([exists(of_day(table)), exists(raw)]))
