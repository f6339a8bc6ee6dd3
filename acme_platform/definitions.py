"""What Dagster loads of a company that has no module of its own for it."""

import dagster as dg

from acme_platform.build import loaded
from acme_platform.config.settings import Settings


@dg.definitions
def defs() -> dg.Definitions:
    """Read from the environment when Dagster loads the code location, not at import."""
    return loaded(Settings.from_env())
