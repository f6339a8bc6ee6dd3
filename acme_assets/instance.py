"""Dagster's instance: its home folder, its database, and the environment that its processes are started with.

Belongs here: making `dagster.yaml` find our servers. Not here: definitions, runs.
"""

import os
import shutil
from pathlib import Path

import dagster as dg

from acme_assets.services import Services
from acme_assets.settings import PROJECT


def environment(services: Services) -> dict[str, str]:
    """What a Dagster process needs besides the caller's own environment; holds a password, so never to be printed."""
    home = services.settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT / "dagster.yaml", home / "dagster.yaml")
    return {
        "DAGSTER_HOME": str(home),
        "ACME_HOME": str(services.settings.home),
        "ACME_DAGSTER_URL": services.addresses.dagster_url,
    }


def instance(services: Services) -> dg.DagsterInstance:
    """The instance that the UI shows, for runs inside this process."""
    os.environ.update(environment(services))
    return dg.DagsterInstance.from_config(str(Path(os.environ["DAGSTER_HOME"])))
