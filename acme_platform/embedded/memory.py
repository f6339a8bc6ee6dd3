"""The memory of this machine, and the share of it that a server may take.

Belongs here: bytes. Not here: which setting takes which share (`postgresql.py`).
"""

import os
import shutil
from pathlib import Path

MB = 1 << 20
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
SHARED = Path("/dev/shm")  # noqa: S108 - looked at, not written to


def available() -> int:
    """Bytes of RAM, or the container's limit when it is smaller."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = CGROUP_LIMIT.read_text().strip() if CGROUP_LIMIT.exists() else "max"
    return machine if limit == "max" else min(machine, int(limit))


def share(part: int, least: int, most: int) -> int:
    """One part in `part` of the memory, between two bounds, in MB."""
    return min(max(available() // part // MB, least), most)


def shared_is_cramped() -> bool:
    """Whether memory shared between processes ends before a big hash table does."""
    return SHARED.exists() and shutil.disk_usage(SHARED).total < 1024 * MB
