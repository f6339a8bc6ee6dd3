"""The environment of a platform that the doctor examines."""

import pytest

from acme_assets_tests.monitoring.examined import Environ
from acme_platform.config.settings import Settings


@pytest.fixture
def environ(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Environ:
    """The settings as the environment that makes them; Dagster takes some of it from the process."""
    found = {
        "ACME_HOME": str(settings.home),
        "ACME_WAREHOUSE_URL": settings.warehouse_url or "",
        "ACME_DAGSTER_URL": settings.dagster_url or "",
        "ACME_REDIS_URL": settings.redis_url or "",
        "ACME_LAKE_URL": settings.lake_url,
        "ACME_FIRST_DAY": str(settings.first_day),
    }
    for name, value in {**found, "DAGSTER_HOME": str(settings.home / "dagster")}.items():
        monkeypatch.setenv(name, value)
    return found
