"""Ctrl-C amid a run: the watcher of its output says nothing, and still ends what lost its run."""

import os
import signal
import subprocess
import sys
import time

from acme_platform.deployment import tail_watcher

#: a moment in which it has begun to watch, on a machine with much to do
BEGUN_SECONDS = 1.0


def watching(parent: int, tail: int) -> "subprocess.Popen[str]":
    command = [sys.executable, tail_watcher.__file__, str(parent), str(tail)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_it_is_deaf_to_ctrl_c() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as tail, watching(os.getpid(), tail.pid) as watcher:
        time.sleep(BEGUN_SECONDS)
        watcher.send_signal(signal.SIGINT)
        time.sleep(0.2)
        is_there = watcher.poll() is None
        watcher.kill()
        tail.kill()

        assert is_there
        assert watcher.stderr is not None
        assert watcher.stderr.read() == ""


def test_it_ends_what_lost_its_run() -> None:
    nobody = 1
    with subprocess.Popen(["/bin/sleep", "60"]) as tail, watching(nobody, tail.pid) as watcher:
        assert watcher.wait(10) == 0
        assert tail.wait(10) == -signal.SIGTERM
