"""`acme serve`: questions and answers in the browser and as JSON, until Ctrl-C."""

import signal
from typing import Annotated

import typer

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings
from acme_platform.errors import UsageError

LOOPBACK = "127.0.0.1"


def serve(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where it answers. Unset: ACME_SERVE_PORT, or 3010.")
    ] = None,
    host: Annotated[str, typer.Option(help="An address of this machine; there is no login.")] = LOOPBACK,
) -> None:
    """Answer the questions in the browser, and as JSON, and stay until Ctrl-C.

    It reads the warehouse as a role that cannot write.
    """
    # the servers and their clients take half a second to import
    from acme_platform.services import Services  # noqa: PLC0415
    from acme_platform.web.answers import Answers  # noqa: PLC0415
    from acme_platform.web.application import application  # noqa: PLC0415
    from acme_platform.web.reader import open_reader  # noqa: PLC0415
    from acme_platform.web.server import listening, server  # noqa: PLC0415

    # A job that a shell put into the background ignores SIGINT; SIGTERM is what service managers send.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    services = Services(Settings.from_env())
    where = port or services.settings.serve_port
    if not where:
        raise UsageError("ACME_SERVE_PORT=0 says that nobody answers questions", "acme serve --port 3010")
    try:
        with listening(host, where) as socket:
            answers = Answers(open_reader(services))
            console.say(f"questions are answered at {address(host, where)}  (Ctrl-C ends it)")
            if host != LOOPBACK:
                console.warn("it has no login: whoever reaches this address reads every answer")
            server(application(answers, {*services.settings.ui_hosts, host.lower()}), answers).run([socket])
    except KeyboardInterrupt:
        console.say("stopped")


def address(host: str, port: int) -> str:
    """As a browser takes it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


COMMAND = Command(serve, examples=("acme serve", "acme serve --port 3020"))
