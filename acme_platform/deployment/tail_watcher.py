"""Dagster's watcher of a step's output, deaf to Ctrl-C.

A terminal sends Ctrl-C to every process of the command. Dagster's watcher, a Python program of its own, told it in two
tracebacks amid what the command says; whoever started it ends it.

Belongs here: that program. Not here: having it started (`runs.py`).
"""

import runpy
import signal
from importlib.util import find_spec
from pathlib import Path

SCRIPT = "_core/execution/scripts/watch_orphans.py"


def main() -> None:
    """With the arguments of Dagster's; Dagster itself takes a second to import, and is not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    found = find_spec("dagster")
    for folder in (found and found.submodule_search_locations) or ():
        runpy.run_path(str(Path(folder, SCRIPT)), run_name="__main__")


if __name__ == "__main__":
    main()
