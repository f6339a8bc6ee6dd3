"""`acme` typed again and again, by a process that has imported everything: starting Python anew takes seconds.

    python -m acme_assets_tests.support.commands

A line `run --days …` on standard input is carried out by a child. Its number is printed at once, and at its end its
exit code, which is negative for a signal.

Belongs here: what the process does. Not here: who interrupts it and what must hold then (`test_interrupted.py`).
"""

import os
import shlex
import sys

# imported for its own sake: what `acme run` imports when it is typed
import acme_platform.cli.terminal.watch
import acme_platform.deployment.instance
import acme_platform.runs  # noqa: F401
from acme_platform.cli import main


def carry_out(words: list[str]) -> None:
    sys.argv = ["acme", *words]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    main()


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            carry_out(shlex.split(line))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
