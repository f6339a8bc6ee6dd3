"""ACME, as the platform sees it: where its feeds, its SQL and its commands are."""

from pathlib import Path

from acme_platform.model.company import Company, DeclaredSource, StandIn

#: plays the order database for who has none
FINANCE = StandIn(
    database="finance_db",
    owner="finance",
    reader="finance_reader",
    prepare="acme_assets.sample.operations:prepare",
    life="acme_assets.sample.trickle",
)

HERE = Path(__file__).resolve().parent
#: inside the package in a wheel, beside it in a checkout, where people look for it
SQL = next(folder for folder in (HERE / "sql", HERE.parent / "sql") if folder.is_dir())

COMPANY = Company(
    feeds="acme_assets.defs",
    definitions="acme_assets.definitions",
    sql=SQL,
    commands=("acme_assets.commands.demo", "acme_assets.commands.sample"),
    gives_way=True,
    sources=(DeclaredSource("finance", older="ACME_OPERATIONS", stand_in=FINANCE),),
)
