"""The age of an answer: its day, the newest there is, when it was filled, and what checks said of it.

Belongs here: asking the ledger, and saying it in a sentence. Not here: which days are filled (`ledger/filled_days.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from acme_platform.checks.builtin import checks
from acme_platform.cursor import Cursor
from acme_platform.ledger.check_results import MUST
from acme_platform.registry import catalog
from acme_platform.serving.question import Question
from acme_platform.wording import count


@dataclass(frozen=True)
class Age:
    """Of one day of all that a question reads."""

    day: date
    newest: date
    filled_at: datetime
    #: `check on table`: those that found broken rows, and those that had to pass and did not look, or had nothing
    red: list[str]
    warned: list[str]
    unjudged: list[str]

    @property
    def filled(self) -> str:
        """When it was filled, to the minute."""
        return f"{self.filled_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({_ago(datetime.now(UTC) - self.filled_at)})"

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


def age(cursor: Cursor, question: Question, day: date) -> Age:
    """Of an answer that there is."""
    cursor.execute(
        "select max(built_at) from ledger.builds where table_name = any(%s) and day = %s", (list(question.tables), day)
    )
    ((filled_at,),) = cursor.fetchall()
    cursor.execute(
        "select table_name, check_name, severity, broken_rows > 0, compared from ledger.verdicts"
        " where table_name = any(%s) and day = %s order by table_name, check_name",
        (list(question.tables), day),
    )
    verdicts = {(table, check): rest for table, check, *rest in cursor}
    broken = {named: severity for named, (severity, is_broken, _) in verdicts.items() if is_broken}
    judged = {named for named, (_, is_broken, compared) in verdicts.items() if is_broken or compared}
    return Age(
        day=day,
        newest=question.newest_day_of(cursor),
        filled_at=filled_at,
        red=_named(named for named, severity in broken.items() if severity == MUST),
        warned=_named(named for named, severity in broken.items() if severity != MUST),
        unjudged=_named(_musts(question) - judged),
    )


def _musts(question: Question) -> set[tuple[str, str]]:
    """(table, check) that have to pass; nobody judges a table whose feed cannot be loaded."""
    known = catalog.tables()
    unknown = {(name, "every check") for name in question.tables if name not in known}
    tables = [known[name] for name in question.tables if name in known]
    return unknown | {(one.full_name, check.name) for one in tables for check in checks(one) if check.severity == MUST}


def _named(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{check} on {table}" for table, check in sorted(pairs)]


def _ago(passed: timedelta) -> str:
    """In the largest unit that fits."""
    minutes = max(0, int(passed.total_seconds() // 60))
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if passed_units := minutes // size:
            return f"{count(passed_units, unit)} ago"
    return "just now"
