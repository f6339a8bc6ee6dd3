"""ACME, as the platform sees it: where its feeds, its SQL and its commands are."""

from pathlib import Path

from acme_platform.model.company import Company, StandIn

COMPANY = Company(
    feeds="acme_assets.defs",
    definitions="acme_assets.definitions",
    sql=Path(__file__).resolve().parents[1] / "sql",
    commands=("acme_assets.commands.demo", "acme_assets.commands.sample"),
    stand_in=StandIn(prepare="acme_assets.sample.operations:prepare", life="acme_assets.sample.trickle"),
)
