"""`acme migrate`: the schemas of the warehouse and of Dagster's storage."""

from typing import TYPE_CHECKING

from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings
from acme_platform.errors import MendInput

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from acme_platform.services import Services
    from acme_platform.warehouse.connection import Warehouse


def migrate() -> None:
    """Bring the warehouse's bookkeeping and Dagster's storage to this version, before anything else runs on it.

    Once more changes nothing, and two at once do it once. On a machine of one's own no command needs it; on servers it
    runs before the new code does.
    """
    # Dagster takes half a second to import
    from acme_platform.schema import migrate as migrations  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415
    from acme_platform.warehouse.connection import Warehouse  # noqa: PLC0415

    services = Services(Settings.from_env())
    # not `services.open_warehouse()`, which is migrated when it comes and does not say what was missing
    warehouse = Warehouse(services.attach().warehouse_url)
    applied = migrations.migrate(warehouse)
    console.say(f"warehouse {warehouse.address}: {', '.join(applied) or 'nothing to apply'}")
    _migrate_dagster(services, warehouse)
    _grant_reader(services, warehouse)


def _migrate_dagster(services: "Services", warehouse: "Warehouse") -> None:
    """Dagster's own migrations know no lock, so the warehouse lends one."""
    from acme_platform.deployment.instance import instance  # noqa: PLC0415
    from acme_platform.warehouse.connection import lock  # noqa: PLC0415

    with warehouse.transaction("acme migrate") as cursor:
        lock(cursor, "migrate dagster")
        with instance(services) as opened:
            before = _revision(opened)
            opened.upgrade()
            after = _revision(opened)
    done = "nothing to apply" if before == after else f"from {before}"
    console.say(f"dagster {services.open_storage().address}: schema {after}, {done}")


def _grant_reader(services: "Services", warehouse: "Warehouse") -> None:
    """Everything else runs without a role that answers, and waits for this command to succeed."""
    from acme_platform.web.reader import grant_reader  # noqa: PLC0415

    if url := services.settings.serve_url:
        try:
            console.say(f"acme serve: {grant_reader(warehouse, url)} may read what questions read")
        except MendInput as error:
            console.warn(str(error), bad=True)


def _revision(opened: "DagsterInstance") -> str:
    there, _newest = opened.run_storage.alembic_version() or ("none", "none")
    return str(there)


COMMAND = Command(migrate, examples=("acme migrate",))
