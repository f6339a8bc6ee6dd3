"""Processes of a home: the processor time that its servers and this process used, and the memory that an engine held.

Belongs here: numbers of /proc, so Linux alone. Not here: what is measured with them.
"""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

from acme_platform.config.settings import Settings
from acme_platform.embedded import states

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(settings: Settings) -> float:
    """Of this process and what it started, and of the embedded servers with their children, those that ended, too."""
    own = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    servers = (_ticks(pid, ended=True) for pid in servers_of(settings))
    children = (_ticks(child) for pid in servers_of(settings) for child in _children(pid))
    return sum(usage.ru_utime + usage.ru_stime for usage in own) + (sum(servers) + sum(children)) / TICK


def servers_of(settings: Settings, name: str = "") -> list[int]:
    """Process ids of the embedded servers that run; of the one of that name."""
    return [server.pid for server in states(settings) if server.pid and name in ("", server.name)]


def _ticks(pid: int, *, ended: bool = False) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    user, system, ended_user, ended_system = map(int, fields[11:15])
    return user + system + (ended_user + ended_system if ended else 0)


def _children(pid: int) -> Iterator[int]:
    try:
        yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    except OSError:
        return


def megabytes_of(pid: int) -> float:
    """What the process holds in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6
