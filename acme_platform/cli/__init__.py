"""The command line `acme`: one module a noun, and what they have in common.

Belongs here: the list of commands and what becomes of an error. Not here: what a command does (its module), how
results and errors look (`console.py`), what a command is and the arguments that several share (`command.py`).

To add a command: a module with a function (its docstring is the help), and its line in COMMANDS, or in the commands of
a `Company`. A command imports what
is heavy (Dagster, pandas, psycopg2, boto3) inside its function, so that `acme --help` answers at once.
"""

import importlib
import os
import sys
import traceback
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from acme_platform import full_disk
from acme_platform.cli import (
    deliver,
    doctor,
    engine,
    export,
    migrate,
    query,
    recapture,
    rejects,
    run,
    status,
    wipe,
)
from acme_platform.cli.changes import diff, plan, preview
from acme_platform.cli.making import new, profile, test
from acme_platform.cli.seeing import docs
from acme_platform.cli.service import down, serve, up
from acme_platform.cli.shells import connect, psql, redis_shell
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, Group
from acme_platform.cli.terminal.typed_path import of_typed
from acme_platform.config.secret import without_secrets
from acme_platform.errors import AcmeError, MendInput
from acme_platform.model.company import company

#: In the order of `acme --help`, behind the company's own.
COMMANDS: tuple[Command | Group, ...] = (
    up.COMMAND,
    deliver.COMMAND,
    run.COMMAND,
    plan.COMMAND,
    preview.COMMAND,
    wipe.COMMAND,
    query.COMMAND,
    serve.COMMAND,
    diff.COMMAND,
    export.COMMAND,
    docs.COMMAND,
    rejects.COMMAND,
    profile.COMMAND,
    new.COMMAND,
    test.COMMAND,
    status.COMMAND,
    doctor.COMMAND,
    psql.COMMAND,
    redis_shell.COMMAND,
    connect.COMMAND,
    recapture.COMMAND,
    engine.COMMAND,
    migrate.COMMAND,
    down.COMMAND,
)


def _of_company() -> list[Command]:
    """Nothing where no company can be found: every command that needs one says why."""
    with suppress(MendInput):
        return [importlib.import_module(module).COMMAND for module in company().commands]
    return []


app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
for entry in (*_of_company(), *COMMANDS):
    entry.add_to(app)


def main() -> None:
    """Exit code 0: done; 1: failed; 2: wrong usage or input; 130: interrupted (the last two are typer's as well)."""
    try:
        app()
    except AcmeError as error:
        _end(full_disk.full(error) or error)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told
        if why := full_disk.full(error) or of_typed(error, sys.argv[1:]):
            _end(why)
        print("this is a bug of the platform; please report it with what follows", file=sys.stderr)
        print(without_secrets(traceback.format_exc(), os.environ), file=sys.stderr)
        sys.exit(1)


def _end(error: AcmeError) -> NoReturn:
    console.complain(error)
    sys.exit(error.exit_code)


def _print_version(wanted: bool) -> None:
    if wanted:
        console.say(f"acme {version('acme-assets')}")
        raise typer.Exit


@app.callback()
def _acme(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """ACME's data platform: files to raw, staging, analytics and Redis."""
