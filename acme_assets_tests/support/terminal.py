"""A terminal of a given width, and what a person sees there.

Belongs here: running a program on it. Not here: what is expected to be seen.
"""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from threading import Thread

#: what colours and moves, and shows nothing
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_a_terminal(program: str, width: int = 80, environment: Mapping[str, str] | None = None) -> str:
    """What Python prints there when it runs the program."""
    ours, theirs = pty.openpty()
    given = {**os.environ, **(environment or {}), "TERM": "xterm-256color", "COLUMNS": str(width)}
    given.pop("NO_COLOR", None)
    seen = bytearray()
    reader = Thread(target=_read, args=(ours, seen))
    reader.start()
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=given,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        check=False,
    )
    os.close(theirs)
    reader.join()
    os.close(ours)
    assert done.returncode in {0, 2}, seen.decode()
    return seen.decode()


def plain(seen: str) -> str:
    """A line that is drawn again, as a progress bar is, is another line."""
    return CONTROL.sub("", seen).replace("\r\n", "\n").replace("\r", "\n")


def _read(terminal: int, seen: bytearray) -> None:
    try:
        while piece := os.read(terminal, 65_536):
            seen += piece
    except OSError:
        pass  # Linux says so when the other end is closed and everything is read
