"""Deliveries, and what a fill makes of them."""

import pytest

from acme_assets_tests.resilience.generations import DAYS, Deliveries
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.services import Services


@pytest.fixture
def deliveries(services: Services) -> Deliveries:
    made = Deliveries(services)
    for number in DAYS:
        made.deliver(number, number)
    return made


@pytest.fixture
def filled(deliveries: Deliveries) -> Deliveries:
    """And every table filled, undisturbed."""
    Pipeline(deliveries.services).fill(*(day(number) for number in DAYS))
    assert deliveries.found() == deliveries.truth()
    return deliveries
