"""The examination: every check in its order, each guarded from the failures of the others.

Belongs here: the list of checks. To add one: a function in the module of its subject, and its line here.

A check that fails is a bad finding. What could only fail for the same reason is left out: twenty times "connection
refused" hides the one line that matters.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from acme_platform.config.secret import scrub
from acme_platform.errors import AcmeError
from acme_platform.monitoring.doctor import (
    capture,
    clocks,
    database,
    days,
    feeds,
    files,
    keys,
    machine,
    origin,
    process,
    variable,
)
from acme_platform.monitoring.doctor.finding import Finding, Level, bad, warn
from acme_platform.monitoring.doctor.patient import Patient

#: what checks stand on
SETTINGS, SERVERS, WAREHOUSE, STORAGE = "settings", "servers", "warehouse", "storage"
LEDGER, REDIS, LAKE, DAGSTER = "ledger", "redis", "lake", "dagster"


@dataclass(frozen=True)
class Check:
    """One check. It needs grounds that checks before it gave, which they do when all that they find is well."""

    look: Callable[[Patient], Iterable[Finding]]
    needs: tuple[str, ...] = ()
    gives: str = ""

    @property
    def name(self) -> str:
        return self.look.__name__.replace("_", " ")


CHECKS = (
    Check(variable.variables, gives="readable"),
    Check(variable.strangers),
    Check(variable.aws),
    Check(variable.settings, needs=("readable",), gives=SETTINGS),
    Check(machine.packages),
    Check(feeds.feeds),
    Check(machine.home, needs=(SETTINGS,)),
    Check(machine.disk, needs=(SETTINGS,)),
    Check(process.embedded_servers, needs=(SETTINGS,), gives=SERVERS),
    Check(database.warehouse, needs=(SERVERS,), gives=WAREHOUSE),
    Check(database.dagster, needs=(SERVERS,), gives=STORAGE),
    Check(database.safety, needs=(WAREHOUSE, STORAGE)),
    Check(database.warehouse_rights, needs=(WAREHOUSE,)),
    Check(database.warehouse_speed, needs=(WAREHOUSE,)),
    Check(database.clock, needs=(WAREHOUSE,)),
    Check(database.migrations, needs=(WAREHOUSE,), gives=LEDGER),
    Check(keys.redis, needs=(SERVERS,), gives=REDIS),
    Check(keys.redis_writes, needs=(REDIS,)),
    Check(keys.caches, needs=(REDIS, LEDGER)),
    # each looks at those sources that can be read
    Check(origin.sources, needs=(SERVERS,)),
    Check(origin.reading_rights, needs=(SERVERS,)),
    Check(clocks.clocks, needs=(SERVERS,)),
    Check(clocks.comparison, needs=(SERVERS, LEDGER)),
    Check(clocks.deletes, needs=(SERVERS,)),
    Check(capture.change_capture, needs=(SERVERS, LEDGER)),
    Check(feeds.engine, needs=(LEDGER,)),
    Check(feeds.engine_of_feeds, needs=(LEDGER,)),
    Check(files.lake, needs=(SETTINGS,), gives=LAKE),
    Check(process.dagster_schema, needs=(STORAGE,), gives=DAGSTER),
    Check(process.daemon, needs=(DAGSTER,)),
    Check(process.sensors, needs=(DAGSTER,)),
    Check(process.failed_runs, needs=(DAGSTER,)),
    Check(files.missing_days, needs=(LAKE, LEDGER)),
    Check(files.refused_files, needs=(LAKE, LEDGER)),
    Check(files.withdrawn_files, needs=(LAKE, LEDGER)),
    Check(files.misplaced_files, needs=(LAKE, LEDGER)),
    Check(days.stray_days, needs=(LEDGER,)),
    Check(days.stale_days, needs=(LEDGER,)),
    Check(days.days_of_older_sql, needs=(LEDGER,)),
    Check(days.failed_days, needs=(LEDGER,)),
    Check(days.red_checks, needs=(LEDGER,)),
)


def examine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Every finding, in the order in which a person would look. Holds no password, whoever wrote the message."""
    grounds, left_out = {""}, []
    with closing(Patient(environ)) as patient:
        for check in CHECKS:
            if not grounds.issuperset(check.needs):
                left_out.append(check.name)
                continue
            findings = list(_guarded(check, patient))
            if all(finding.level is Level.OK for finding in findings):
                grounds.add(check.gives)
            yield from findings
    if left_out:
        yield warn("not looked at", ", ".join(left_out), "mend the lines above, then acme doctor")


def _guarded(check: Check, patient: Patient) -> Iterator[Finding]:
    try:
        yield from check.look(patient)
    except AcmeError as error:
        yield bad(check.name, scrub(error.message, patient.environ), error.next_step)
    except Exception as error:  # noqa: BLE001  # whatever it is, the other checks are still wanted
        said = scrub(f"{type(error).__name__}: {error}", patient.environ)
        yield bad(check.name, said, "please report it: a failure that the platform does not know")
