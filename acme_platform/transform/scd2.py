"""Versions: a table where the newest delivery of a key wins, and every older one stays.

Belongs here: filling one day at a cost that follows the day's rows. Not here: the transaction around it (`staging.py`),
which of the day's rows are good (`judgement.py`).

Days may come in any order, and again. A version that the day no longer holds is removed, and what followed it follows
its predecessor. A version that the day did not hold before takes its place in the chain. The others stay as they are.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.differences.corrections import KEPT
from acme_platform.differences.difference import Compared, Difference
from acme_platform.ledger import quarantine
from acme_platform.model.table import Table
from acme_platform.schema.ddl import indexed_later
from acme_platform.transform.judgement import Judgement
from acme_platform.transform.refusal import refuse_bombs
from acme_platform.values.cast import KEPT_BY_US
from acme_platform.warehouse.connection import name, names


@dataclass(frozen=True)
class Staged:
    """What became of a day's rows: rows of raw = kept + rejected."""

    kept: int
    rejected: int
    #: whether the day says anything else than before; if not, no later answer has to follow
    has_changed: bool
    #: what it says otherwise, where it stood before and that is known
    difference: Difference | None = None


@dataclass(frozen=True)
class Versions:
    """One day of a versions table; the rows to come stand in the temporary table `judged`."""

    table: Table
    day: date
    #: the table was made in this transaction: nobody sees it yet
    is_new: bool = False

    @property
    def key(self) -> list[str]:
        """What tells rows apart within a day."""
        return [column for column in self.table.sql.shape.key if column != "day"]

    @property
    def judgement(self) -> Judgement:
        return Judgement(self.table, self.day, self.key)

    def judgeable(self, cursor: Cursor) -> AbstractContextManager[None]:
        """Raw holds them as it is."""
        del cursor
        return nullcontext()

    @property
    def chain(self) -> list[str]:
        """What the versions of one thing share."""
        return self.key

    @property
    def delivered(self) -> list[str]:
        """The columns that a delivery says; the others are ours."""
        return [column for column in self.table.sql.shape.names if column not in KEPT_BY_US]

    def _sql(self, text: str, **parts: sql.Composable) -> sql.Composed:
        """Filled in: `{table}`, `{key}`, `{same}` (`version` and `other` are of one chain), `{equal}` (of one key)."""
        return sql.SQL(text).format(
            table=name(self.table.full_name),
            key=names(self.key),
            same=_paired(self.chain),
            equal=_paired(self.key),
            **parts,
        )

    def fill(self, cursor: Cursor, run_id: str) -> Staged:
        """Stage the whole day."""
        rows = self.judgement.judge(cursor)
        rows_before = self._rows_before(cursor)
        removed = self.remove(cursor) if rows_before else 0
        new = self.insert(cursor, beside=rows_before - removed)
        if self.is_new:
            # What reads the table next would be planned for a table that nobody knows anything of.
            cursor.execute(self._sql("analyze {table}"))
        else:
            self.close_predecessors(cursor)
        quarantine.forget_day(cursor, self.table.full_name, self.day)
        kept = rows_before - removed + new
        refuse_bombs(cursor, self.judgement, rows - kept)
        # Finding out that there is none would read all rows once more.
        rejected = self.judgement.quarantine(cursor, run_id) if kept < rows else 0
        has_changed = removed + new > 0
        difference = self.difference(cursor) if rows_before and has_changed else None
        return Staged(kept, rejected, has_changed, difference)

    def _rows_before(self, cursor: Cursor) -> int:
        cursor.execute(self._sql("select count(*) from {table} where day = %(day)s"), {"day": self.day})
        return int((cursor.fetchone() or (0,))[0])

    def remove(self, cursor: Cursor) -> int:
        """Versions that the day no longer says leave for `removed`, and hand over what followed them."""
        cursor.execute("drop table if exists pg_temp.removed")
        cursor.execute(self._sql("create temporary table removed on commit drop as select * from {table} limit 0"))
        said = [*self.delivered, "valid_to"]
        with _no_nested_loops(cursor):
            cursor.execute(
                self._sql(
                    "with gone as (delete from {table} as version where day = %(day)s and not exists"
                    "  (select from {incoming} where {equal} and row({before}) is not distinct from row({after}))"
                    " returning *) insert into removed select * from gone",
                    incoming=self._incoming(cursor),
                    before=names(said, of="version"),
                    after=names(said, of="other"),
                ),
                {"day": self.day},
            )
            removed = int(cursor.rowcount)
        if removed:
            cursor.execute("analyze removed")
            self.hand_over(cursor)
        return removed

    def take_out(self, cursor: Cursor) -> None:
        """The whole day leaves, as if it had never come."""
        cursor.execute(self._sql("create temporary table removed on commit drop as select * from {table} limit 0"))
        cursor.execute(
            self._sql(
                "with gone as (delete from {table} where day = %(day)s returning *)"
                " insert into removed select * from gone"
            ),
            {"day": self.day},
        )
        cursor.execute("analyze removed")
        self.hand_over(cursor)
        cursor.execute("drop table removed")

    def hand_over(self, cursor: Cursor) -> None:
        """Predecessors of what was removed end where it ended.

        Those of the day itself stand as the day says, with their ends.
        """
        cursor.execute(
            self._sql(
                "update {table} as version set valid_to = other.valid_to from removed as other"
                " where {same} and version.day < %(day)s"
                " and version.valid_to = %(day)s and other.valid_to is distinct from %(day)s"
            ),
            {"day": self.day},
        )

    def difference(self, cursor: Cursor) -> Difference | None:
        """What the day said, in `removed`, against what it says instead: the rows of it that this transaction wrote."""
        cursor.execute("select pg_current_xact_id()::xid::text")
        ((transaction,),) = cursor.fetchall()
        columns = [column for column in self.delivered if column not in self.key]
        selected = names([*self.key, *columns])
        written = "select {selected} from {table} where day = %(day)s and xmin = %(transaction)s::xid"
        compared = Compared(
            self._sql("select {selected} from removed", selected=selected),
            self._sql(written, selected=selected),
            self.key,
            columns,
            {"day": self.day, "transaction": transaction},
        )
        return compared.difference(cursor, KEPT)

    def insert(self, cursor: Cursor, *, beside: int = 0) -> int:
        """Put in what was judged good and does not stand among the rows `beside` it; returns how many versions."""
        with indexed_later(cursor, self.table) if self.is_new else nullcontext(), _no_nested_loops(cursor):
            return self._insert(cursor, self._lacking if beside else sql.SQL(""))

    def _insert(self, cursor: Cursor, lacking: sql.Composable) -> int:
        """In the order of the key where there are indexes: each page of them is visited once, not for every row."""
        cursor.execute(
            self._sql(
                "insert into {table} (day, valid_to, {columns}) select %(day)s, valid_to, {columns} from {incoming}"
                " {lacking} {order}",
                columns=names(self.delivered),
                incoming=self._incoming(cursor),
                lacking=lacking,
                order=sql.SQL("") if self.is_new else self._sql("order by {key}"),
            ),
            {"day": self.day},
        )
        return int(cursor.rowcount)

    @property
    def _lacking(self) -> sql.Composed:
        return self._sql("where not exists (select from {table} as version where version.day = %(day)s and {equal})")

    def _incoming(self, cursor: Cursor) -> sql.Composed:
        """The day's versions as `other`. One that arrives late ends where the next known one begins."""
        cursor.execute(self._sql("select exists (select from {table} where day > %(day)s)"), {"day": self.day})
        (late,) = cursor.fetchone() or (False,)
        return self._sql(
            "(select {columns}, {valid_to} as valid_to from judged as other where reason is null) as other",
            columns=names(self.delivered),
            valid_to=self.ending(self.following if late else sql.SQL("null::date")),
        )

    def ending(self, following: sql.Composable) -> sql.Composable:
        """When a version of the day ends, given when the last one of its chain does."""
        return following

    @property
    def following(self) -> sql.Composable:
        """The day on which a version of the day ends, where later days are known.

        As a sum, which no index holds: statistics from before the later days came say that there are none, and each
        row was looked for among all of them, 4 ms of a day of 5,000 in a table of 70,000.
        """
        return self._sql(
            "(select min(version.day + 0) from {table} as version where {same} and version.day + 0 > %(day)s)"
        )

    def close_predecessors(self, cursor: Cursor) -> None:
        cursor.execute(
            self._sql(
                "update {table} as version set valid_to = %(day)s from judged as other where {same}"
                " and other.reason is null and version.day < %(day)s"
                " and (version.valid_to is null or version.valid_to > %(day)s)"
            ),
            {"day": self.day},
        )


def _paired(columns: Iterable[str]) -> sql.Composed:
    """`version` and `other` agree in these columns."""
    pairs = [sql.SQL("version.{0} = other.{0}").format(sql.Identifier(column)) for column in columns]
    return sql.SQL(" and ").join(pairs)


@contextmanager
def _no_nested_loops(cursor: Cursor) -> Iterator[None]:
    """For want of statistics the planner takes a day that was just filled for a row or two.

    It would look each of them up in all that was judged: a day of a million would take for ever.
    """
    cursor.execute("set local enable_nestloop = off")
    yield
    cursor.execute("reset enable_nestloop")
