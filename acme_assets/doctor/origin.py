"""The operational database, which other people run.

Belongs here: whether it can be read. Not here: what has been read from it (`days.py`).
"""

from collections.abc import Iterator

from acme_assets import catalog
from acme_assets.doctor.finding import Finding, ok
from acme_assets.doctor.patient import Patient
from acme_assets.errors import AcmeError, MendInput
from acme_assets.servers.postgresql import POSTGRESQL
from acme_assets.servers.user import needed


def operational_database(patient: Patient) -> Iterator[Finding]:
    """It has the tables that are read. The embedded one is looked at where its server runs anyway."""
    url = patient.settings.operations_url
    if url is None and POSTGRESQL not in needed(patient.settings):
        return
    source = patient.services.source
    tables = [table.source for feed in catalog.feeds().values() for table in feed.extracted]
    try:
        for table in tables:
            source.columns(table)
    except AcmeError as error:
        raise MendInput(error.message, "start it, grant what it lacks, or correct ACME_OPERATIONS_URL") from error
    yield ok("operational database", f"{', '.join(tables)} at {source.address}, {'external' if url else 'embedded'}")
