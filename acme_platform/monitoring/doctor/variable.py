"""Variables of the environment: every setting as it is seen, and those that nobody reads.

Belongs here: names and values. Not here: whether what they name answers.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from acme_platform.config.first_day import USUAL
from acme_platform.config.secret import value
from acme_platform.config.settings import Settings
from acme_platform.config.source_setting import CAPTURE, URL, older_variables, variable
from acme_platform.config.url_setting import faults
from acme_platform.model.company import company
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import catalog

#: name -> what holds when it is unset
SETTINGS = {
    "ACME_HOME": "the folder .acme beside the project",
    "ACME_WAREHOUSE_URL": "the embedded PostgreSQL",
    "ACME_DAGSTER_URL": "the embedded PostgreSQL",
    "ACME_REDIS_URL": "the embedded Valkey",
    "ACME_LAKE_URL": "the folder `lake` in ACME_HOME",
    "ACME_FIRST_DAY": f"{USUAL}; where the demo began the home, its first day",
    "ACME_ENGINE": "feeds that name no engine are on PostgreSQL",
    "ACME_ENGINE_URL": "the embedded Sail, where a feed is on Spark",
    "ACME_ENGINE_PYTHON": "no Python with pyspark, which a cluster that takes jobs needs",
    "ACME_TABLES_URL": "the folder `tables` in ACME_HOME",
    "ACME_TABLES_FORMAT": "tables of the lake are shown to others as Delta",
    "ACME_RUN_DAYS": f"at most {Settings.run_days} days a run",
    "ACME_CHANGES_SECONDS": f"a database that changes is read once in {Settings.changes_seconds} seconds",
    "ACME_KEEP_RUNS_DAYS": f"runs are kept {Settings.keep_runs_days} days",
    "ACME_KEEP_RUNS": f"of each feed, the newest {Settings.keep_runs} runs that succeeded are kept",
    "ACME_KEEP_REJECTS_DAYS": f"what was replaced or refused is kept {Settings.keep_rejects_days} days",
    "ACME_UI_HOSTS": "the UI answers to the names of this machine's loopback only",
    "ACME_UI_MAX_BODY_KB": f"a request to the UI has at most {Settings.ui_max_body_kb} kB",
    "ACME_SERVE_URL": "acme serve reads the embedded PostgreSQL as acme_reader",
    "ACME_SERVE_PORT": f"acme serve answers on port {Settings.serve_port}, beside acme up, too",
    "ACME_SMTP_URL": "nothing is mailed, failures are only logged",
    "ACME_ALERT_TO": "nobody is told of failures, they are only logged",
}


def known() -> dict[str, str]:
    """Name -> what holds when it is unset: also of the sources that a feed reads or the company declares."""
    read = [feed.source for feed in catalog.feeds().values() if feed.extracted]
    names = dict.fromkeys([*(source.name for source in company().sources), *read])
    older = {name: f"an older name of {meant}" for name, meant in older_variables().items()}
    return SETTINGS | {variable: said for name in names for variable, said in _of_source(name).items()} | older


def _of_source(name: str) -> dict[str, str]:
    stand_in = company().source(name).stand_in
    url = f"the embedded database {stand_in.database}" if stand_in else "the source cannot be read"
    return {variable(name, URL): url, variable(name, CAPTURE): "changes are read by their time"}


def variables(patient: Patient) -> Iterator[Finding]:
    """Every setting of ours, set or not."""
    wrong = {fault.name: fault for fault in faults(patient.environ)}
    for name, default in known().items():
        text = patient.environ.get(name)
        if name not in wrong:
            yield ok(name, value(name, text) if text else f"unset: {default}")
    for name, fault in wrong.items():
        yield bad(name, f"{fault.why} (it is not shown, for it may hold a password)", fault.mend)


def settings(patient: Patient) -> Iterator[Finding]:
    """Whether they can be understood; raises what every other command would raise."""
    yield ok("settings", f"home {patient.settings.home}, days from {patient.settings.first_day}")


def strangers(patient: Patient) -> Iterator[Finding]:
    """A misspelt setting is not seen by anything else."""
    names = known()
    for name in sorted(name for name in patient.environ if name.startswith("ACME_") and name not in names):
        meant = get_close_matches(name, names, n=1)
        yield warn(name, "is set, and no setting of the platform", f"export {meant[0]}=…" if meant else f"unset {name}")


def aws(patient: Patient) -> Iterator[Finding]:
    """What the AWS client takes from the environment."""
    for name in sorted(name for name in patient.environ if name.startswith("AWS_")):
        yield ok(name, value(name, patient.environ[name]))
