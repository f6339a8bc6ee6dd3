"""Throw-away instances: what Dagster's own commands begin where DAGSTER_HOME is not set, and forget when they end.

Belongs here: recognising one, and the command that uses the platform's own. Not here: that one (`instance.py`).

`dg dev`, `dg launch` and `dagster asset materialize` open their instance before they load any code of ours. So it can
only be refused: a day filled in one of them would stand in the warehouse, and in no history that anybody can look at.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg

from acme_platform.errors import MendInput

#: in the working directory; Dagster keeps the name for projects to ignore
PREFIX = ".tmp_dagster_home_"
#: set by `dagster dev` and by every word of `dg`; of them only the `dev` ones start code servers
DEV, CODE_SERVER = "DAGSTER_IS_DEV_CLI", {"code-server", "grpc"}


def refuse_dev(environ: Mapping[str, str] = os.environ, arguments: Sequence[str] = sys.argv) -> None:
    """Raises MendInput where the definitions are loaded for a UI that forgets all of its runs."""
    if environ.get(DEV) and not environ.get("DAGSTER_HOME") and CODE_SERVER & {*arguments}:
        raise MendInput(
            "dg dev and dagster dev would begin a Dagster without any history, and forget it when they end",
            "acme up, which starts the servers and the same UI on the platform's own instance",
        )


def refuse(instance: dg.DagsterInstance | None) -> None:
    """Raises MendInput where a run or a tick would be forgotten."""
    if instance and (instance.is_ephemeral or Path(instance.root_directory).name.startswith(PREFIX)):
        raise MendInput(
            "DAGSTER_HOME is not set, so Dagster would fill tables in an instance that it then throws away",
            "acme run --days DAY --select SELECTION, or acme up and its UI",
        )
