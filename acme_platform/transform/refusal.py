"""Refusals by staging: a delivery of which too much cannot be read is refused as a whole.

Belongs here: counting what could not be read of each delivery, broken lines and unreadable values together, and putting
things back as they were. Not here: how much is too much (`tolerance.py`), files that are refused while they are read
(`load.py`), judging rows (`judgement.py`).

Whether a value can be read is known when staging has judged it, and by then its file is in raw. Judging every row
before it is shown would be judging it twice, a minute of 100 million rows. So raw keeps what a new file replaces:

    load    what staging has read of the day and a new file replaces ──► standby, beside the table
    stage   all in one transaction: staged, and what stood by is dropped;
            or too much cannot be read: rolled back, staging stands as it was, and then in another transaction:
            the delivery is refused and its rejects are kept; what stood by is in raw again; good files that came
            with it wait for it as they do for any refused file. The day of raw is as old as it was.

A kill between the two leaves a day that is not staged, which the next run stages, and so refuses, anew.

Each file is judged by itself: one bad part among a hundred good ones would vanish in their average. A database delivers
nothing that could be refused: of a table that is read from one, the day is judged as a whole, staging keeps what stood
and the day fails. So does one that was staged before and is too much for a later version of its SQL.

A row that comes again is no unreadable one: the same user three or four times is normal in some feeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.errors import MendInput, RefusedFile, TooManyRejects, TryAgain
from acme_platform.ledger import deliveries, quarantine
from acme_platform.ledger.parts.raw_parts import raw_parts
from acme_platform.model.table import Table
from acme_platform.model.tolerance import ANYTHING, MOST_REJECTS, Tolerance, is_bomb, rule, too_many
from acme_platform.registry import catalog, remedies
from acme_platform.transform.judgement import REPETITIONS, Judgement
from acme_platform.warehouse.connection import lock, lock_day

#: rejects of a refused delivery that are kept to be looked at; the ledger knows how many there were
MOST_KEPT = 100_000
#: rows that come again for each that does not
MOST_AGAIN = 100


@dataclass(frozen=True)
class Unreadable:
    """What could not be read of a file, or of a day of another database's table."""

    delivery_ids: tuple[int, ...]
    file: str
    rejected: int
    rows: int
    #: it stood in staging before, or it is no file: it cannot be sent back
    is_to_stay: bool
    #: rows that can be read and come again, where they were counted
    repeated: int = 0

    @property
    def is_bomb(self) -> bool:
        """Nobody may accept it."""
        return is_bomb(self.rejected, self.rows) or self._is_bomb_of_one

    @property
    def _is_bomb_of_one(self) -> bool:
        """The same rows over and over: some feeds say a row three or four times, and none a hundred times."""
        once = self.rows - self.rejected - self.repeated
        return self.repeated > max(MOST_REJECTS, MOST_AGAIN * once)

    @property
    def said(self) -> str:
        if self._is_bomb_of_one:
            return f"{self.repeated:,} of its {self.rows:,} rows come again, more than anybody may accept"
        return too_many(self.rejected, self.rows)


class Excess(Exception):
    """Too much of these cannot be read: it ends the transaction, and never leaves `staging.py`."""

    def __init__(self, excess: Sequence[Unreadable]) -> None:
        super().__init__(f"{len(excess)} deliveries")
        self.unreadable = excess


def settle(cursor: Cursor, table: Table, day: date, tolerance: Tolerance, run_id: str) -> None:
    """At the end of staging a day: raise Excess, or let go of what its deliveries replaced.

    Where a person accepts anything, that is remembered of every delivery that has rejects.
    """
    source = catalog.table(table.upstream[0])
    counted = _counted(cursor, table, source, day)
    if over := [unreadable for unreadable in counted if tolerance.exceeded(unreadable.rejected, unreadable.rows)]:
        raise Excess(over)
    if tolerance == ANYTHING:
        _accept(
            cursor,
            [number for unreadable in counted if unreadable.rejected for number in unreadable.delivery_ids],
            run_id,
        )
    cursor.execute(
        "update ledger.deliveries set is_staged = true"
        " where table_name = %s and day = %s and state = 'visible' and not is_staged",
        (source.full_name, day),
    )
    _let_go(cursor, source, day)


def refuse_bombs(cursor: Cursor, judgement: Judgement, faulty: int) -> None:
    """Before rejects are kept: raise Excess where a delivery has so many that they would fill the disk."""
    if faulty <= MOST_REJECTS:
        return
    table = judgement.table
    source = catalog.table(table.upstream[0])
    counted = judgement.faulty(cursor)
    recounted = []
    for counts in _counted(cursor, table, source, judgement.day):
        theirs = [counted.get(number, (0, 0)) for number in counts.delivery_ids]
        unreadable, repeated = (sum(column) for column in zip(*theirs, strict=True))
        recounted.append(replace(counts, rejected=unreadable, repeated=repeated))
    if bombs := [delivery for delivery in recounted if delivery.is_bomb]:
        raise Excess(bombs)


def _counted(cursor: Cursor, table: Table, source: Table, day: date) -> list[Unreadable]:
    """By file, or of the whole day, what nobody has accepted yet."""
    cursor.execute(
        "select array_agg(delivery_id), min(file), sum(rejected) filter (where accepted_by is null)::bigint,"
        " sum(rows_in)::bigint, bool_or(is_staged) or %(whole)s from (select delivery.*,"
        "  (select count(*) from quarantine.rows as reject where reject.delivery_id = delivery.delivery_id"
        "   and table_name in (%(source)s, %(table)s) and not reason like any (%(repetitions)s)) as rejected"
        "  from ledger.deliveries as delivery"
        "  where delivery.table_name = %(source)s and delivery.day = %(day)s and state = 'visible') as counted"
        " group by case when %(whole)s then '' else delivery_id::text end order by 2",
        {
            "source": source.full_name,
            "table": table.full_name,
            "day": day,
            "whole": bool(source.source),
            "repetitions": REPETITIONS,
        },
    )
    return [
        Unreadable(tuple(numbers), file, rejected or 0, rows, stays)
        for numbers, file, rejected, rows, stays in cursor.fetchall()
    ]


def _accept(cursor: Cursor, delivery_ids: Sequence[int], run_id: str) -> None:
    cursor.execute(
        "update ledger.deliveries set accepted_by = %s where delivery_id = any(%s)", (run_id, list(delivery_ids))
    )


def _let_go(cursor: Cursor, source: Table, day: date) -> None:
    """Staging has taken the day, so nothing comes back."""
    standby = [
        delivery.delivery_id
        for delivery in deliveries.deliveries(cursor, source.full_name, day)
        if delivery.state == "standby"
    ]
    for old in standby:
        raw_parts(source).drop(cursor, old)
    deliveries.retire(cursor, standby)
    quarantine.forget_files(cursor, standby)


@dataclass(frozen=True)
class Refusal:
    """Of a day of a staging table, in a transaction of its own."""

    table: Table
    day: date
    run_id: str
    tolerance: Tolerance

    @property
    def source(self) -> Table:
        return catalog.table(self.table.upstream[0])

    def refuse(self, cursor: Cursor, judgement: Judgement, excess: Sequence[Unreadable]) -> MendInput:
        """Keep the rejects, send back what can be sent back; returns the error that says so."""
        self._lock(cursor)
        known = deliveries.deliveries(cursor, self.source.full_name, self.day)
        over = [unreadable for unreadable in excess if not unreadable.is_to_stay] or list(excess)
        numbers = {number for unreadable in over for number in unreadable.delivery_ids}
        if not numbers <= {delivery.delivery_id for delivery in known if delivery.state == "visible"}:
            raise TryAgain(f"{self.source.full_name} of {self.day} changed meanwhile")
        new = [delivery.delivery_id for delivery in known if delivery.delivery_id in numbers and not delivery.is_staged]
        self._keep_rejects(cursor, judgement, new)
        is_bomb = any(unreadable.is_bomb for unreadable in over)
        said = {unreadable: self._said(cursor, unreadable) for unreadable in over}
        if over[0].is_to_stay:
            return self._failed("; ".join(said.values()), may_be_accepted=not is_bomb)
        for unreadable, reason in said.items():
            self._send_back(cursor, unreadable, reason)
        self._restore(cursor, [delivery for delivery in known if delivery.delivery_id not in numbers])
        mend = remedies.mend_refused(self.source.full_name, self.day, may_be_accepted=not is_bomb)
        return (RefusedFile if is_bomb else TooManyRejects)("; ".join(said.values()), f"mend the file, then {mend}")

    def _lock(self, cursor: Cursor) -> None:
        """In the order in which `gate.py` locks the two tables, and before anything of raw is read."""
        lock(cursor, self.source.full_name)
        lock(cursor, self.table.full_name)
        lock_day(cursor, self.source.full_name, self.day)

    def _keep_rejects(self, cursor: Cursor, judgement: Judgement, delivery_ids: list[int]) -> None:
        cursor.execute(
            "delete from quarantine.rows where table_name = %s and delivery_id = any(%s)",
            (self.table.full_name, delivery_ids),
        )
        judgement.judge(cursor)
        theirs = sql.SQL("delivery_id = any({})").format(sql.Literal(delivery_ids))
        judgement.quarantine(cursor, self.run_id, theirs, MOST_KEPT)

    def _said(self, cursor: Cursor, unreadable: Unreadable) -> str:
        cursor.execute(
            "select row_number, reason from quarantine.rows where delivery_id = any(%s)"
            " and not reason like any (%s) order by row_number limit 1",
            (list(unreadable.delivery_ids), REPETITIONS),
        )
        first = next((f"; the first is row {number:,}: {reason}" for number, reason in cursor), "")
        return f"{unreadable.file}: {unreadable.said}{first}"

    def _failed(self, said: str, *, may_be_accepted: bool) -> MendInput:
        name = self.table.full_name
        accept = f"; or take it as it is: {remedies.fill(name, self.day)} --accept-rejects" if may_be_accepted else ""
        return MendInput(
            f"{name} of {self.day} stays as it was: {said}",
            f"{remedies.rejects(name, self.day)} shows them; mend the source or {self.table.sql.where}{accept}",
        )

    def _send_back(self, cursor: Cursor, unreadable: Unreadable, reason: str) -> None:
        for number in unreadable.delivery_ids:
            raw_parts(self.source).drop(cursor, number)
        cursor.execute(
            "update ledger.deliveries set state = 'refused', has_too_many_rejects = %s, reason = %s, run_id = %s,"
            " refused_under = %s, rows_kept = 0, rows_rejected = %s where delivery_id = any(%s)",
            (
                not unreadable.is_bomb,
                reason,
                self.run_id,
                rule(self.table, self.tolerance),
                unreadable.rejected + unreadable.repeated,
                list(unreadable.delivery_ids),
            ),
        )

    def _restore(self, cursor: Cursor, others: Sequence[deliveries.Delivery]) -> None:
        """The day of raw is what staging stands on, and as old as it was when staging read it."""
        for delivery in others:
            if delivery.state == "visible" and not delivery.is_staged:
                raw_parts(self.source).detach(cursor, delivery.delivery_id)
                deliveries.put(cursor, delivery.delivery_id, "landed")
            elif delivery.state == "standby":
                raw_parts(self.source).attach(cursor, delivery.delivery_id, self.day)
                deliveries.put(cursor, delivery.delivery_id, "visible")
        deliveries.restore(cursor, self.source.full_name, self.table.full_name, self.day)
