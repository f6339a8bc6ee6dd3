"""What Dagster loads: ACME's feeds on the platform."""

import dagster as dg

from acme_platform.build import loaded
from acme_platform.config.settings import Settings


@dg.definitions
def defs() -> dg.Definitions:
    """Read from the environment when Dagster loads the code location, not at import."""
    return loaded(Settings.from_env())
