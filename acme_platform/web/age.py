"""The age of an answer: of which days it is, when these were filled, and what checks said of them.

Belongs here: asking the ledger, and saying it in a sentence. Not here: which days are filled (`ledger/filled_days.py`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from acme_platform.checks.builtin import checks
from acme_platform.cursor import Cursor
from acme_platform.ledger.check_results import MUST
from acme_platform.registry import catalog
from acme_platform.serving.live_question import LiveQuestion, MadeOf
from acme_platform.serving.question import Question
from acme_platform.wording import count

#: of each check on what was read: how severe it is where it found broken rows, and on how many days it has looked
VERDICTS = (
    "select table_name, check_name, min(severity) filter (where broken_rows > 0),"
    " count(*) filter (where broken_rows > 0 or compared)"
    " from ledger.verdicts join unnest(%s::text[], %s::date[]) as read (table_name, day) using (table_name, day)"
    " group by table_name, check_name"
)
FILLED = (
    "select max(built_at) from ledger.builds join unnest(%s::text[], %s::date[]) as read (table_name, day)"
    " using (table_name, day)"
)
#: (full name of a table, check)
Named = tuple[str, str]


@dataclass(frozen=True)
class Age:
    """Of what an answer is made of."""

    made_of: MadeOf
    filled_at: datetime
    #: `check on table`: those that found broken rows, and those that had to pass and did not look, or had nothing
    red: list[str]
    warned: list[str]
    unjudged: list[str]

    @property
    def day(self) -> date | None:
        """None where it is of several days."""
        return self.made_of.day

    @property
    def newest(self) -> date:
        return self.made_of.newest

    @property
    def filled(self) -> str:
        """Of what it is, and when that was filled, to the minute."""
        ago = _ago(datetime.now(UTC) - self.filled_at)
        return f"{self.made_of.words} {self.filled_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({ago})."

    @property
    def verdict(self) -> str:
        """What the checks said, as one sentence."""
        if self.red:
            return f"red: {', '.join(self.red)}"
        if self.unjudged:
            return f"no verdict yet of {', '.join(self.unjudged)}"
        return f"passed, with a warning: {', '.join(self.warned)}" if self.warned else "all passed"

    @property
    def is_trusted(self) -> bool:
        return not self.red and not self.unjudged


def age(cursor: Cursor, question: Question | LiveQuestion, day: date | None) -> Age:
    """Of an answer that there is; without a day the newest is meant, and of a live view all that it holds."""
    made_of = question.made_of(cursor, day)
    read = tuple(map(list, zip(*made_of.parts, strict=True)))
    cursor.execute(FILLED, read)
    ((filled_at,),) = cursor.fetchall()
    cursor.execute(VERDICTS, read)
    verdicts = {(table, check): (severity, days) for table, check, severity, days in cursor}
    broken = {named: severity for named, (severity, _) in verdicts.items() if severity}
    expected = _musts(Counter(table for table, _ in made_of.parts))
    return Age(
        made_of=made_of,
        filled_at=filled_at,
        red=_named(named for named, severity in broken.items() if severity == MUST),
        warned=_named(named for named, severity in broken.items() if severity != MUST),
        unjudged=_named(named for named, days in expected.items() if verdicts.get(named, ("", 0))[1] < days),
    )


def _musts(days: Mapping[str, int]) -> dict[Named, int]:
    """What has to pass, on so many days; nobody judges a table whose feed cannot be loaded."""
    known = catalog.tables()
    unknown = {(name, "every check"): number for name, number in days.items() if name not in known}
    return unknown | {
        (name, check.name): number
        for name, number in days.items()
        for check in (checks(known[name]) if name in known else ())
        if check.severity == MUST
    }


def _named(pairs: Iterable[Named]) -> list[str]:
    return [f"{check} on {table}" for table, check in sorted(pairs)]


def _ago(passed: timedelta) -> str:
    """In the largest unit that fits."""
    minutes = max(0, int(passed.total_seconds() // 60))
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if passed_units := minutes // size:
            return f"{count(passed_units, unit)} ago"
    return "just now"
