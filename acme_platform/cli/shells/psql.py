"""`acme psql`: PostgreSQL's own shell on the warehouse.

Belongs here: telling psql where the warehouse is. The password travels in the environment of the child,
which only this user can read, never among its arguments, which everybody can.
"""

import os
import shutil
import subprocess
from typing import Annotated

import typer

from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings

#: Where the variable is not PG and the parameter's name in capitals.
VARIABLES = {"dbname": "PGDATABASE", "application_name": "PGAPPNAME"}


def psql(
    args: Annotated[list[str] | None, typer.Argument(metavar="[ARGS...]", show_default=False)] = None,
) -> None:
    """Open psql on the warehouse. Everything after the name is psql's own; statements on standard input work too."""
    # the servers and their clients take a tenth of a second to import
    from acme_platform.embedded import attach, wheel  # noqa: PLC0415

    settings = Settings.from_env()
    address = attach(settings).warehouse_url
    # the embedded one speaks no TLS, which an external warehouse may ask for
    own = shutil.which("psql") if settings.warehouse_url else None
    # not exec: while this process lives, the embedded server knows that somebody uses it
    command = [own or wheel.postgresql("psql"), *(args or [])]
    with subprocess.Popen(command, env=os.environ | _environment(address)) as child:
        raise typer.Exit(_patient_wait(child))


def _patient_wait(child: "subprocess.Popen[bytes]") -> int:
    """Ctrl-C cancels a statement inside psql, and must not end its parent."""
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def _environment(address: str) -> dict[str, str]:
    """The address as the variables that libpq reads."""
    from psycopg2.extensions import parse_dsn  # noqa: PLC0415 (only this command needs it)

    return {VARIABLES.get(name, f"PG{name.upper()}"): value for name, value in parse_dsn(address).items()}


COMMAND = Command(
    psql,
    examples=(
        "acme psql",
        "acme psql -c 'select * from analytics.top_paying_customers'",
        "acme psql < statements.sql",
    ),
    passes_on=True,
)
