"""The machine: Python, the installed packages, folders and disk space.

Belongs here: what is asked of this machine, without a server. Not here: the servers (`database.py`, `keys.py`).
"""

import os
import platform
import re
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from acme_platform.monitoring.doctor.finding import Finding, bad, ok, warn
from acme_platform.monitoring.doctor.patient import Patient

GB = 1_000_000_000
LOW, TOO_LOW = 5 * GB, 1 * GB
PINNED = re.compile(r"(?P<name>[\w-]+)==(?P<version>[\w.]+)(?!.*extra ==)")


def packages(_patient: Patient) -> Iterator[Finding]:
    """Dagster and its libraries are a pair: another version of one of them fails in odd places."""
    wrong = [f"{name} {there or 'is missing'} (not {wanted})" for name, wanted, there in _pins() if there != wanted]
    if wrong:
        yield bad("packages", ", ".join(wrong), "make setup")
    else:
        yield ok("packages", f"Python {platform.python_version()}, dagster {version('dagster')}, as pinned")


def _pins() -> Iterator[tuple[str, str, str]]:
    """(name, version that is wanted, version that is there or nothing)"""
    for pin in filter(None, map(PINNED.match, requires("acme-assets") or [])):
        try:
            yield pin["name"], pin["version"], version(pin["name"])
        except PackageNotFoundError:
            yield pin["name"], pin["version"], ""


def home(patient: Patient) -> Iterator[Finding]:
    """It holds the embedded servers, Dagster's files and logs, wherever the data itself is."""
    folder = patient.settings.home
    there = _existing(folder)
    if not there.is_dir():
        yield bad("home", f"{there} is no folder", "export ACME_HOME=…")
    elif not os.access(there, os.W_OK | os.X_OK):
        yield bad("home", f"{there} cannot be written to", f"sudo chown {os.getuid()} {there}, or export ACME_HOME=…")
    else:
        yield ok("home", str(folder) if folder == there else f"{folder}, made when it is needed")


def disk(patient: Patient) -> Iterator[Finding]:
    """A full disk stops PostgreSQL in the middle of a load, and nothing is lost but time."""
    free = shutil.disk_usage(_existing(patient.settings.home)).free
    said, mend = f"{free / GB:.1f} GB free at {patient.settings.home}", f"make room: du -xhd2 {patient.settings.home}"
    if free < TOO_LOW:
        yield bad("disk", said, mend)
    elif free < LOW:
        yield warn("disk", said, mend)
    else:
        yield ok("disk", said)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())
