"""The machine that figures were measured on, and how busy it was with other things.

Belongs here: what tells one machine from another. Not here: its name, its addresses, its paths.
"""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import dagster
import numpy as np

CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """As a reader of figures needs it."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    numpy: str
    dagster: str
    #: processes that wanted to run, averaged over a minute, just before the first scenario
    load: float


def this_machine() -> Machine:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gb=round(memory, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        numpy=np.__version__,
        dagster=dagster.__version__,
        load=round(os.getloadavg()[0], 2),
    )


def _processor() -> str:
    lines = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
