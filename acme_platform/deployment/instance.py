"""Dagster's instance: its home folder, its database, and the environment that its processes are started with.

Belongs here: making `dagster.yaml` find our servers. Not here: definitions, runs.

The file lies here and not beside pyproject.toml, because there `dg check defs` and `dg list defs` would take it
for their own and ask for a database, which a fresh clone has not.
"""

import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import dagster as dg

from acme_platform.errors import AcmeError
from acme_platform.services import Services


def environment(services: Services) -> dict[str, str]:
    """What a Dagster process needs besides the caller's own environment; holds a password, so never to be printed.

    Raises TryAgain or MendInput when Dagster's storage does not answer.
    """
    _reach_storage(services)
    home = services.settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    _place(Path(__file__).parent / "dagster.yaml", home)
    return {
        "DAGSTER_HOME": str(home),
        "ACME_HOME": str(services.settings.home),
        "ACME_DAGSTER_URL": services.attach().dagster_url,
    }


def instance(services: Services) -> dg.DagsterInstance:
    """The instance that the UI shows, for runs inside this process."""
    os.environ.update(environment(services))
    return dg.DagsterInstance.from_config(str(Path(os.environ["DAGSTER_HOME"])))


def _reach_storage(services: Services) -> None:
    """Dagster itself would try for a quarter of a minute, and then show its own calls instead of what is wrong."""
    try:
        with closing(services.open_storage()) as storage, storage.transaction("acme dagster storage"):
            pass
    except AcmeError as error:
        raise type(error)(
            f"Dagster's storage: {error.message}",
            "acme doctor shows the servers; correct ACME_DAGSTER_URL, if it is set, and run the command again",
        ) from error


def _place(file: Path, folder: Path) -> None:
    """Copy by renaming: other processes read the file at any moment, and half of it is another configuration."""
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=folder) as drafts:
        shutil.copyfile(file, Path(drafts, file.name)).replace(folder / file.name)
