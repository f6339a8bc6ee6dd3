"""The feeds, as declarations, and the engine that some of them are on.

Belongs here: whether they can be loaded, and computed where they stand. Not here: their days (`days.py`).
"""

from collections.abc import Iterator

from acme_platform.config.secret import shown
from acme_platform.errors import AcmeError
from acme_platform.materialize.moving import elsewhere
from acme_platform.model.engine import SPARK
from acme_platform.monitoring.doctor.finding import Finding, bad, ok
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import catalog


def feeds(_: Patient) -> Iterator[Finding]:
    """Each that cannot be loaded; the others go on."""
    for broken in catalog.broken().values():
        yield bad(f"{broken.kind} {broken.name}", f"cannot be loaded: {broken.why}", broken.next_step)
    if catalog.feeds():
        yield ok("feeds", f"loaded: {', '.join(catalog.feeds())}")


def engine(patient: Patient) -> Iterator[Finding]:
    """Where a feed is on Spark: it answers, and its tables are ours."""
    on_spark = [feed.name for feed in catalog.feeds().values() if catalog.engine(feed.tables[0].full_name) == SPARK]
    if not on_spark:
        return
    try:
        spark = patient.services.open_spark()
        said = f"Spark {spark.version()} at {shown(spark.url)}, tables at {spark.files.url}, for {', '.join(on_spark)}"
    except AcmeError as error:
        yield bad("engine", error.message, error.next_step)
        return
    yield ok("engine", said)
    if not patient.settings.engine_url:
        yield ok("engine access", "it asks for no password: whoever has an account on this machine may use it")


def engine_of_feeds(patient: Patient) -> Iterator[Finding]:
    """What stands elsewhere than its feed declares is not filled."""
    with patient.ledger() as cursor:
        feeds = elsewhere(cursor)
    for feed in feeds:
        yield bad(f"feed {feed.name}", "stands elsewhere than it is declared to", f"acme engine move {feed.name}")
