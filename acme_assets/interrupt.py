"""Interrupts: Ctrl-C in code that keeps signals for itself.

Belongs here: hearing of signals beside their handlers. Not here: what an interrupted command says (`cli/run.py`).
"""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt when the block ends and SIGINT or SIGTERM came while it ran. Main thread only.

    Dagster handles both itself while it executes a run: it cancels the run and returns, or, when the signal comes while
    it writes the last events, forgets it. Python writes every signal to the wake-up descriptor, whoever handles it.
    """
    ear, mouth = socket.socketpair()
    with ear, mouth:
        mouth.setblocking(False)
        before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            mouth.shutdown(socket.SHUT_WR)
        if {signal.SIGINT, signal.SIGTERM}.intersection(ear.recv(4096)):
            raise KeyboardInterrupt
