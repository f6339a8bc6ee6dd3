"""A judgement: which of a day's rows are good, and what is wrong with the others.

Belongs here: the temporary table `judged`, which of several rows of a key wins, putting the rejected ones into the
quarantine. Not here: what a type accepts (`cast.py`), what becomes of the good rows (`scd2.py`).
"""

from dataclasses import dataclass
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.values.cast import judged
from acme_platform.warehouse.connection import name, names
from acme_platform.warehouse.temp_tables import compute
from acme_platform.warehouse.written_sql import written_in

EVERY_ROW = sql.SQL("true")
#: how the reason begins of a row that could be read, and lost to another one of its key
COMES_AGAIN, DUPLICATE = "comes again later in the day, in row ", "is a duplicate: the latest "
#: no reason of an unreadable row begins like these
REPETITIONS = [f"{COMES_AGAIN}%", f"{DUPLICATE}%"]


@dataclass(frozen=True)
class Judgement:
    """One day of a staging table; `key` tells its good rows apart."""

    table: Table
    day: date
    key: list[str]

    def judge(self, cursor: Cursor, only: sql.Composable = EVERY_ROW) -> int:
        """Type every row, or say what is wrong with it; returns how many there are."""
        with written_in(self.table.sql, f"{self.table.full_name} of {self.day}"):
            rows = compute(cursor, "judged", judged(self.table, only), {"day": self.day})
        # The joins to come want to know how many rows there are, not how their values are spread.
        cursor.execute("set local default_statistics_target = 10")
        cursor.execute("analyze judged")
        if self._find_repeated(cursor):
            self._choose_among_repeated(cursor)
        return rows

    def _find_repeated(self, cursor: Cursor) -> int:
        """Keys that come more than once go to `repeated`; returns how many.

        Equal keys are neighbours once sorted: a million keys in a third of the time that counting each of them took.
        """
        select = sql.SQL(
            "select {key} from (select {key} from judged where reason is null order by {key}) as sorted"
            " group by {key} having count(*) > 1"
        )
        return compute(cursor, "repeated", select.format(key=names(self.key)))

    def _choose_among_repeated(self, cursor: Cursor) -> None:
        """Of a key that comes more than once the last row wins, files in the order of their names.

        Where the table says `latest_by`, the row with the greatest value of that column wins, the last of equal ones.
        The order in which files were read does not count: a part that was corrected would win over those behind it,
        and the same files would give another day.
        """
        # Not knowing how few they are, the planner hashes all rows of the day instead.
        cursor.execute("analyze repeated")
        cursor.execute(
            sql.SQL(
                "with files as (select delivery_id, file as in_file from ledger.deliveries),"
                " placed as (select judged.ctid as place, row_number() over later as rank,"
                " first_value(row_number) over later || ' of ' || first_value(in_file) over later as winner"
                " from judged join repeated using ({key}) join files using (delivery_id) where reason is null"
                ' window later as (partition by {key} order by {latest} in_file collate "C" desc, delivery_id desc,'
                " row_number desc))"
                " update judged set reason = {why} || winner from placed where rank > 1 and judged.ctid = place"
            ).format(key=names(self.key), latest=self._latest, why=sql.Literal(self._why_another_wins))
        )

    @property
    def _latest(self) -> sql.Composable:
        column = self.table.latest_by
        return sql.SQL("{} desc nulls last,").format(sql.Identifier(column)) if column else sql.SQL("")

    @property
    def _why_another_wins(self) -> str:
        column = self.table.latest_by
        return f"{DUPLICATE}{column} is in row " if column else COMES_AGAIN

    def faulty(self, cursor: Cursor) -> dict[int, tuple[int, int]]:
        """Delivery -> how many of its rows cannot be read, and how many can and come again."""
        cursor.execute(
            "select delivery_id, count(*) filter (where not reason like any (%(again)s)),"
            " count(*) filter (where reason like any (%(again)s)) from judged where reason is not null group by 1",
            {"again": REPETITIONS},
        )
        return {number: (unreadable, repeated) for number, unreadable, repeated in cursor}

    def quarantine(self, cursor: Cursor, run_id: str, only: sql.Composable = EVERY_ROW, most: int | None = None) -> int:
        """Keep what was not read, with the row as raw holds it, of rows for which `only` holds; returns how many.

        The first ones, where only so many are to be kept.
        """
        self._find_rejected(cursor, only, most)
        cursor.execute(
            "insert into quarantine.rows (table_name, day, delivery_id, file, row_number, reason, record, run_id)"
            " select %(table)s, %(day)s, delivery_id, file, row_number, reason, record, %(run)s"
            " from faulty join rejected using (delivery_id, row_number)",
            {"table": self.table.full_name, "day": self.day, "run": run_id},
        )
        return int(cursor.rowcount)

    def _find_rejected(self, cursor: Cursor, only: sql.Composable, most: int | None) -> None:
        """The rows of raw go to `rejected`.

        Raw has no index, so all of it is read for the few; by all processes, since these few are handed to them as
        arrays. They would leave a join with a temporary table, or under an insert, to one.
        """
        (source,) = self.table.upstream
        faulty = sql.SQL("select delivery_id, row_number, reason from judged where reason is not null and {}")
        first = sql.SQL(" order by delivery_id, row_number limit {}").format(sql.Literal(most)) if most else sql.SQL("")
        compute(cursor, "faulty", faulty.format(only) + first)
        # Of the row as a whole PostgreSQL would make a copy before it knows whether it is one of the few.
        columns = [*catalog.table(source).sql.shape.names, "extra"]
        select = sql.SQL(
            "select delivery_id, row_number, file,"
            " (select jsonb_strip_nulls(to_jsonb(record))::text from (select {}) as record) as record from {}"
            " join unnest((select array_agg(delivery_id) from faulty), (select array_agg(row_number) from faulty))"
            "  as place (delivery_id, row_number) using (delivery_id, row_number) where day = %(day)s"
        ).format(names(columns), name(source))
        compute(cursor, "rejected", select, {"day": self.day})
