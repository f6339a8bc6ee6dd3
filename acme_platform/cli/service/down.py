"""`acme down`: the embedded servers stop."""

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings


def down() -> None:
    """Stop the embedded servers, whoever uses them. Data stays; the next command starts them again."""
    # psycopg2 stands behind it
    from acme_platform.embedded import stop  # noqa: PLC0415

    stopped = stop(Settings.from_env())
    console.say("the embedded servers are stopped" if stopped else "no embedded server was running")


COMMAND = Command(down, examples=("acme down",))
