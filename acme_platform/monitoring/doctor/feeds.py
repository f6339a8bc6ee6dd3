"""The feeds, as declarations.

Belongs here: whether they can be loaded. Not here: their days (`days.py`).
"""

from collections.abc import Iterator

from acme_platform.monitoring.doctor.finding import Finding, bad, ok
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import catalog


def feeds(_: Patient) -> Iterator[Finding]:
    """Each that cannot be loaded; the others go on."""
    for one in catalog.broken().values():
        yield bad(f"{one.kind} {one.name}", f"cannot be loaded: {one.why}", one.next_step)
    if catalog.feeds():
        yield ok("feeds", f"loaded: {', '.join(catalog.feeds())}")
