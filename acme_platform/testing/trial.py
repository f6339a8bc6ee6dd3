"""A trial: one case in one transaction, which nobody commits.

Belongs here: filling the tables that the SQL reads, and asking it. Not here: rows that are given (`given.py`),
comparing (`comparison.py`).

Tables are made as they are declared and filled by the code that fills them in a run, so that types, keys and rules hold
as they will. How much of a delivery may be unreadable is not asked: two rows are no delivery.
"""

from dataclasses import dataclass

import psycopg2
from psycopg2 import sql

from acme_platform.checks.subject import as_of
from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput
from acme_platform.model.lineage import upstream
from acme_platform.model.sql_file import SqlFile
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure
from acme_platform.testing import given
from acme_platform.testing.comparison import compared
from acme_platform.testing.document import Case, Section
from acme_platform.transform.staging import in_warehouse
from acme_platform.warehouse.connection import name, names
from acme_platform.warehouse.written_sql import WrongSql

QUARANTINE = "quarantine.rows"
DELIVERED = "draw rows of raw in the tests of its staging"


@dataclass(frozen=True)
class Trial:
    """Of a case, with the cursor of a database that holds nothing else."""

    cursor: Cursor
    case: Case

    @property
    def file(self) -> SqlFile:
        return self.case.file

    @property
    def subject(self) -> Table | None:
        """The table that the file fills; a check and a question fill none."""
        return catalog.tables().get(f"{self.file.folder}.{self.file.name}")

    def failure(self) -> str:
        """Empty where the case holds. Raises MendInput where what it draws cannot be."""
        self._refuse_strange()
        try:
            for table in upstream(self.file):
                self._give(catalog.table(table))
            return "\n".join(filter(None, map(self._compared, self.case.expected)))
        except WrongSql as error:
            raise MendInput(
                f"{self.case.where}: {error.message}", f"mend the drawn rows, or {self.file.where}"
            ) from error
        except psycopg2.Error as error:
            detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
            said = f"{self.case.where}: PostgreSQL says: {error.diag.message_primary or error}{detail}"
            raise MendInput(said, f"mend the drawn rows, or {self.file.where}") from error

    def _refuse_strange(self) -> None:
        reads = upstream(self.file)
        for section in self.case.given:
            if section.table not in reads:
                said = f"{section.where}: {self.file.where} does not read {section.table}"
                raise MendInput(said, f"it reads {', '.join(reads)}" if reads else DELIVERED)

    def _give(self, table: Table) -> None:
        ensure(self.cursor, table)
        theirs = [section for section in self.case.given if section.table == table.full_name]
        sections = list(given.days(theirs, self.case.day))
        if not table.layer.is_loaded:
            given.insert(self.cursor, table, sections)
            return
        for number, (day, section) in enumerate(sections, 1):
            given.deliver(self.cursor, table, day, section, number)
        if subject := self.subject:
            ensure(self.cursor, subject)
            for day in sorted({day for day, _ in sections}):
                in_warehouse(subject, day, False).fill(self.cursor, given.RUN)  # as `Making` says

    def _compared(self, section: Section) -> str:
        is_ordered = self.file.folder == "queries" and bool(self.file.query and self.file.query.args.get("order"))
        day = {"day": section.day or self.case.day, "table": self._promised}
        return compared(
            self.cursor, section, self._answer(section), day | self._parameters(section), ordered=is_ordered
        )

    def _answer(self, section: Section) -> sql.Composable:
        if section.table == QUARANTINE:
            return sql.SQL("select * from {} order by day, row_number").format(name(QUARANTINE))
        if section.table:
            raise MendInput(
                f"{section.where}: {self.file.where} fills no {section.table}",
                f"leave the name out, or expect {QUARANTINE}",
            )
        if self.subject is None:
            return sql.SQL(self.file.select)
        if self.subject.layer.is_loaded:
            raise MendInput(f"{section.where}: {self.subject.full_name} holds what is delivered", DELIVERED)
        if not self.subject.layer.keeps_versions:
            if not self._says_all(self.subject):
                return sql.SQL(self.file.select)
            self._fill(self.subject, section)
        seen = as_of(self.subject, "filled") if section.day else sql.SQL("true")
        return sql.SQL("select * from {} as filled where {}").format(name(self.subject.full_name), seen)

    def _says_all(self, subject: Table) -> bool:
        """The rest of what an export holds is known when its files are written."""
        return {*subject.sql.shape.key} <= {*(subject.sql.query.named_selects if subject.sql.query else ())}

    def _fill(self, subject: Table, section: Section) -> None:
        """The table holds what its select says, so that its types, its key and its rules are asked."""
        ensure(self.cursor, subject)
        table, columns = name(subject.full_name), names(subject.sql.query.named_selects if subject.sql.query else ())
        self.cursor.execute(sql.SQL("delete from {}").format(table))
        self.cursor.execute(
            sql.SQL("insert into {} ({}) {}").format(table, columns, sql.SQL(subject.sql.select)),
            {"day": section.day or self.case.day},
        )

    @property
    def _promised(self) -> str:
        """The table of which a check is a promise."""
        tables = catalog.tables().values()
        return next((table.full_name for table in tables if self.file in table.promises), "")

    def _parameters(self, section: Section) -> dict[str, str | None]:
        known = [parameter for parameter in self.file.parameters if parameter not in {"day", "table"}]
        if strange := sorted(section.parameters.keys() - set(known)):
            raise MendInput(
                f"{section.where}: {self.file.where} has no parameter {strange[0]}",
                f"its parameters: {', '.join(known) or 'none'}",
            )
        return {parameter: section.parameters.get(parameter) for parameter in known}
