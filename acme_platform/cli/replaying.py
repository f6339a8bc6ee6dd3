"""What `acme rejects --replay` does: fill the days, and say what came back and what stays.

Belongs here: the order of events and the words. Not here: which days (`replay.py`), filling them (`run.py`).
"""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from acme_platform.cli.run import Range, catch_up, watched
from acme_platform.cli.terminal import console
from acme_platform.config.settings import Settings
from acme_platform.day import Days, spans
from acme_platform.errors import UsageError

if TYPE_CHECKING:
    from acme_platform.ledger.rejected import Places
    from acme_platform.ledger.staleness import TableDays
    from acme_platform.runs import Outcome
    from acme_platform.services import Services


def replayed(named: Sequence[str], what: str, days: Days | None) -> None:
    """Exit code 1 where a run failed, which is told above the counts."""
    from acme_platform.replay import due, with_neighbours  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    services = Services(Settings.from_env())
    tables = with_neighbours(named)
    if not tables:
        raise UsageError(f"{what} rejects nothing: it is computed", "name a feed, or a table of raw or staging")
    work = due(services, tables, days)
    before, files_before = _look(services, tables, days)
    if not work:
        said = f"{console.count(_count(before), 'row')} and {console.count(files_before, 'refused file')}"
        stays = f"{said} would be judged as they were" if before or files_before else "nothing is rejected"
        console.say(f"nothing to replay: {stays}")
        return
    for name, chosen in work.items():
        console.say(f"{name}: {', '.join(map(str, spans(chosen)))}")
    outcomes = _filled(services, work)
    after, files_after = _look(services, tables, days)
    _tell(before, after, files_before, files_after, f"acme rejects {what}".strip())
    if not all(outcome.success for outcome in outcomes):
        raise typer.Exit(1)


def _filled(services: "Services", work: "TableDays") -> "list[Outcome]":
    """The days, in the fewest runs, and then what became stale by them."""
    from acme_platform.deployment.instance import instance  # noqa: PLC0415
    from acme_platform.ledger.staleness import ranged  # noqa: PLC0415
    from acme_platform.runs import Runner  # noqa: PLC0415

    outcomes = list["Outcome"]()
    with instance(services) as opened:
        runner = Runner(services, opened)
        for each in ranged(work):
            keys = " or ".join(f'key:"{name.replace(".", "/")}"' for name in each.tables)
            chosen = f" --select {shlex.quote(keys)}"
            outcomes += watched(runner, services, Range(each.tables, each.days, runner.newest_event(), chosen))
        return outcomes + catch_up(runner, services)


def _look(services: "Services", tables: Sequence[str], days: Days | None) -> "tuple[Places, int]":
    """The rejects, and how many files are refused."""
    from acme_platform.ledger.rejected import places, refused  # noqa: PLC0415

    with services.open_warehouse().transaction("acme rejects --replay") as cursor:
        files = [file for file in refused(cursor, tables) if days is None or file.day in days]
        first, last = (days.first, days.last) if days else (None, None)
        return places(cursor, tables, first, last), len(files)


def _tell(before: "Places", after: "Places", files_before: int, files_after: int, look: str) -> None:
    from acme_platform.replay import became  # noqa: PLC0415

    rows = [(table, counts.back, counts.stay, counts.new) for table, counts in became(before, after).items()]
    console.show(("table", "came back", "stay", "newly rejected"), rows)
    if files_before:
        console.say(f"{files_before - files_after} of {console.count(files_before, 'refused file')} came in")
    if after or files_after:
        console.say(f"next: {look} shows what stays, and why")


def _count(rejects: "Places") -> int:
    return sum(map(len, rejects.values()))
