"""Files: the lake, and what stands in it against what was loaded.

Belongs here: deliveries. Not here: tables made of them (`days.py`).
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from acme_platform.day import spans
from acme_platform.ingest.files.inventory import by_table
from acme_platform.lake.folder import FolderLake
from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient
from acme_platform.registry import remedies
from acme_platform.wording import count

#: sensors and a run need less; what waits longer waits for somebody
PATIENCE = timedelta(minutes=15)
SHOWN = 3


def lake(patient: Patient) -> Iterator[Finding]:
    """It can be listed, and a folder can be written to. A bucket is not written to for a look."""
    opened = patient.services.lake
    where, first = opened.uri(""), next(iter(opened.list("")), None)
    if isinstance(opened, FolderLake) and opened.root.exists() and not os.access(opened.root, os.W_OK | os.X_OK):
        yield bad(
            "lake", f"{where} cannot be written to", f"sudo chown {os.getuid()} {where}, or export ACME_LAKE_URL=…"
        )
    else:
        yield ok("lake", where if first else f"{where}, empty: acme sample sales --days yesterday fills it")


def missing_days(patient: Patient) -> Iterator[Finding]:
    """Missing days: delivered, and not loaded."""
    for name, files in by_table(patient.inventory.waiting).items():
        days = spans(file.day for file in files)
        shown = ", ".join(map(str, days[:SHOWN])) + " …" * (len(days) > SHOWN)
        said = f"not loaded: {shown} (files: {len(files)})"
        mend = "; ".join(f"acme run --days {day}" for day in days[:SHOWN])
        late = any(file.since and datetime.now(UTC) - file.since > PATIENCE for file in files)
        yield bad(name, said, mend) if late else warn(name, said, mend)
    if not patient.inventory.waiting:
        yield ok("deliveries", "every day in the lake is loaded")


def refused_files(patient: Patient) -> Iterator[Finding]:
    """Broken files, until one that can be read takes their name."""
    for name, files in by_table(patient.inventory.refused).items():
        newest = files[0]
        said = f"refused files: {len(files)}, the newest: {newest.reason}"
        mend = remedies.mend_refused(name, newest.day, may_be_accepted=newest.may_be_accepted)
        yield bad(name, said, f"mend it, then {mend}")
    if not patient.inventory.refused:
        yield ok("refused files", "none")


def withdrawn_files(patient: Patient) -> Iterator[Finding]:
    """Their rows stay: who wants them gone delivers a corrected file under the same name."""
    for name, files in by_table(patient.inventory.withdrawn).items():
        newest = files[0]
        said = f"gone from the lake since they were loaded: {len(files)}, the newest {newest.key}"
        yield warn(name, said, f"{remedies.deliver(name, newest.day)} puts it back or corrects it")


def misplaced_files(patient: Patient) -> Iterator[Finding]:
    """Names that belong nowhere are left alone for ever, and so is what lies in a folder that cannot be listed."""
    for closed in patient.inventory.closed:
        said, _, mend = closed.partition("; ")
        yield bad("lake", said, mend)
    strange = patient.inventory.strange
    for key in list(strange)[:SHOWN]:
        yield warn(key, strange[key], "acme deliver FEED TABLE FILE --day DAY gives it its right name; remove this one")
    if len(strange) > SHOWN:
        yield warn("lake", f"{count(len(strange) - SHOWN, 'more file')} belong nowhere", "rename or remove them")
