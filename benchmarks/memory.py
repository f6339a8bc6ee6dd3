"""Memory of a running `acme up` over time: what each of its processes holds, and by how much it grows an hour.

    ACME_HOME=… acme up &
    ACME_HOME=… python benchmarks/memory.py --minutes 60

The first half-hour is left out of the slope: caches fill, modules are imported when they are first asked for.
Linux only, for it reads /proc.
"""

import argparse
import os
import statistics
import time
from collections import defaultdict
from pathlib import Path

from acme_platform.config.settings import Settings

#: words of a command line -> the name of the process here
PROCESSES = {
    "acme_platform.deployment.webserver_guard": "webserver",
    "dagster-daemon": "daemon",
    "code-server": "code server, its parent",
    "api grpc": "code server",
}
WARM_UP_SECONDS, PAUSE_SECONDS = 1800, 15


def main() -> None:
    """Sample until the time is over, then print a line for each process."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=60)
    minutes = arguments.parse_args().minutes
    home, began = Settings.from_env().home, time.monotonic()
    samples: dict[str, list[tuple[float, float]]] = defaultdict(list)
    while (now := time.monotonic() - began) < minutes * 60:
        for name, megabytes in resident(home).items():
            samples[name].append((now, megabytes))
        time.sleep(PAUSE_SECONDS)
    for name, of_process in sorted(samples.items()):
        print(described(name, of_process))


def resident(home: Path) -> dict[str, float]:
    """Megabytes of each process of this home."""
    megabytes: dict[str, float] = defaultdict(float)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            is_ours = f"ACME_HOME={home}\0" in (folder / "environ").read_text(errors="replace")
            pages = int((folder / "statm").read_text().split()[1])
        except OSError:  # it ended, or is somebody else's
            continue
        name = next((name for part, name in PROCESSES.items() if part in words), None)
        if is_ours and name:
            megabytes[name] += pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return megabytes


def described(name: str, of_process: list[tuple[float, float]]) -> str:
    warm = [sample for sample in of_process if sample[0] >= WARM_UP_SECONDS]
    first, last = of_process[0][1], of_process[-1][1]
    said = f"{name}: {first:.0f} MB at first, {last:.0f} MB after {of_process[-1][0] / 60:.0f} minutes"
    if not warm:
        return said
    slope = statistics.linear_regression([seconds for seconds, _ in warm], [held for _, held in warm]).slope
    return f"{said}; since minute {WARM_UP_SECONDS // 60} {warm[0][1]:.0f} MB and {slope * 3600:+.1f} MB an hour"


if __name__ == "__main__":
    main()
