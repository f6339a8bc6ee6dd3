"""`acme up`: the platform with its UI, until Ctrl-C."""

import signal
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from acme_platform.cli.service.beside import QUESTIONS, programs
from acme_platform.cli.service.serve import LOOPBACK, address
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from acme_platform.cli.service.news import News
    from acme_platform.services import Services


def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the Dagster UI answers, on 127.0.0.1.")] = 3000,
) -> None:
    """Start the servers, the Dagster UI, its daemon with all sensors and `acme serve`, and stay until Ctrl-C.

    A file that arrives in the lake is then materialized down to Redis by itself. Each run that ends is a line, and so
    is a file that is refused, with the command that mends it.
    """
    # Dagster takes half a second to import
    from acme_platform.cli.service.news import News  # noqa: PLC0415
    from acme_platform.deployment.clean_stop import cancel_runs, end_signs  # noqa: PLC0415
    from acme_platform.deployment.instance import environment, instance  # noqa: PLC0415
    from acme_platform.deployment.processes import Processes  # noqa: PLC0415
    from acme_platform.embedded import release  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    # A job that a shell put into the background ignores SIGINT; SIGTERM is what service managers send.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    services = Services(Settings.from_env())
    console.say(f"starting the servers below {services.settings.home}")
    console.say(f"warehouse {services.open_warehouse().address}, lake {services.settings.lake_url}")
    logs = services.settings.home / "logs"
    beside = programs(services.settings)
    processes = Processes(environment(services), port, logs, beside, console.warn)
    try:
        _tidy(services, end_signs)
        processes.start()
        console.say(f"the Dagster UI is at {processes.address}  (Ctrl-C stops everything)")
        if QUESTIONS in beside:
            console.say(f"questions are answered at {address(LOOPBACK, services.settings.serve_port)}")
        with instance(services) as opened:
            news = News(services, opened)
            processes.watch(lambda: _look_after(services, news))
    except KeyboardInterrupt:
        console.say("stopping")
    finally:
        # A second Ctrl-C would leave half of it behind; the first one takes some seconds at most.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        processes.stop(lambda: _tidy(services, cancel_runs))
        _tidy(services, end_signs)
        release(services.settings)
    console.say("stopped; the data stays below " + str(services.settings.home))


def _look_after(services: "Services", news: "News") -> None:
    """Servers that ended come back; a storage that is away for a moment has no news."""
    from acme_platform.embedded import attach  # noqa: PLC0415

    attach(services.settings)
    with suppress(Exception):
        news.tell()


def _tidy(services: "Services", act: "Callable[[DagsterInstance], None]") -> None:
    """As far as Dagster's storage still answers: its processes end in any case."""
    from acme_platform.deployment.instance import instance  # noqa: PLC0415

    with suppress(Exception), instance(services) as opened:
        act(opened)


COMMAND = Command(up, examples=("acme up", "acme up --port 3100"))
