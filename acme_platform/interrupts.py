"""Interrupts: Ctrl-C and the UI's Terminate in code that handles signals itself, or waits where Python sees none.

Belongs here: reacting to signals beside their handlers. Not here: what an interrupted command says (`cli/run.py`).

Python writes every signal to the wake-up descriptor at once, whoever handles it and whatever the main thread waits for.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt when the block ends and SIGINT or SIGTERM came while it ran. Main thread only.

    Dagster handles both itself while it executes a run: it ends the run and returns, or, when the signal comes while
    it writes the last events, forgets it.
    """
    interrupted = threading.Event()
    with on_interrupt(interrupted.set):
        yield
    if interrupted.is_set():
        raise KeyboardInterrupt


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """Call `act` in another thread when SIGINT or SIGTERM comes while the block runs in the main thread.

    Their handlers run as ever, which in the middle of a statement sent to a server is when it answers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    receiver, sender = socket.socketpair()
    with sender:
        sender.setblocking(False)
        before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        listener = threading.Thread(target=_listen, args=(receiver, before, act), name="interrupts", daemon=True)
        try:
            listener.start()
            yield
        finally:
            signal.set_wakeup_fd(before)
            sender.shutdown(socket.SHUT_WR)
            # One that was interrupted while it started ends by itself.
            with suppress(RuntimeError):
                listener.join()


def _listen(receiver: socket.socket, before: int, act: Callable[[], None]) -> None:
    """Until the block ends; whoever listened before is told, too.

    The receiver is closed here: whoever presses Ctrl-C twice ends the block while the first one is still acted on.
    """
    with receiver:
        while signals := receiver.recv(4096):
            if before >= 0:
                with suppress(BlockingIOError):
                    os.write(before, signals)
            if {signal.SIGINT, signal.SIGTERM}.intersection(signals):
                act()
