"""The archive: our package as one file, which the driver of a job and its workers import.

Belongs here: making it. Not here: where it is used (`job.py`).
"""

import zipfile
from pathlib import Path

import dagster_pipes

PLATFORM = Path(__file__).parents[2]


def pack(archive: Path) -> Path:
    """All modules of the platform, and the one of Dagster's by which a job tells its run what it does."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for folder in (PLATFORM, Path(dagster_pipes.__file__).parent):
            for file in sorted(folder.rglob("*.py")):
                zipped.write(file, file.relative_to(folder.parent))
    return archive
