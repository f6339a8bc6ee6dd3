"""A program under the account of the servers, begun by a process of one thread, as a keeper begins it.

A test's own process may not begin it: since it spoke to a code server or to Spark, grpc starts its threads in each fork
anew, and Linux refuses a process of several threads a user namespace of its own (EINVAL).

    python -m acme_assets_tests.support.as_account FOLDER PROGRAM [WORD ...]

Belongs here: the change of account. Not here: which programs (`logical.py`, the test of compose).
"""

import os
import sys
from pathlib import Path

from acme_platform.embedded.keeping.account import choose_account


def as_account(folder: Path, *command: str | Path) -> list[str]:
    """The command under the account, whose folder is when the program begins."""
    return [sys.executable, "-m", __name__, *map(str, (folder, *command))]


def main(folder: str, *command: str) -> None:
    account = choose_account()
    account.own(Path(folder))
    account.become()
    os.execvp(command[0], command)  # noqa: S606  # no shell


if __name__ == "__main__":
    main(*sys.argv[1:])
