"""`acme down`: the embedded servers stop."""

from acme_assets.cli import console
from acme_assets.cli.command import Command
from acme_assets.settings import Settings


def down() -> None:
    """Stop the embedded servers, whoever uses them. Data stays; the next command starts them again."""
    # psycopg2 stands behind it
    from acme_assets.servers import stop  # noqa: PLC0415

    stopped = stop(Settings.from_env())
    console.say("the embedded servers are stopped" if stopped else "no embedded server was running")


COMMAND = Command(down, examples=("acme down",))
