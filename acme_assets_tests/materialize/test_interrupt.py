"""Interrupts: reacting to Ctrl-C beside its handler, whenever it comes and however often."""

import os
import signal
import threading
import time

import pytest

from acme_assets_tests.embedded.homes import until
from acme_platform.interrupts import on_interrupt


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def listeners() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "interrupts"]


def test_ctrl_c_pressed_twice_ends_the_block_at_once_and_leaves_no_listener() -> None:
    """The first one is still acted on when the second one comes; an error in the listener would fail the test."""
    acting, done = threading.Event(), threading.Event()

    def act() -> None:
        acting.set()
        done.wait(10)

    def press_again() -> None:
        acting.wait(10)
        time.sleep(0.05)  # by then the block waits for its listener
        press()

    second = threading.Thread(target=press_again)
    second.start()
    with pytest.raises(KeyboardInterrupt), on_interrupt(act):
        press()

    assert not done.is_set()
    done.set()
    second.join(10)
    until(lambda: not listeners(), 10)
    assert signal.set_wakeup_fd(-1) == -1
