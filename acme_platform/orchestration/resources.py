"""Resources: the clients of the platform under the names by which assets ask for them.

Belongs here: names, types and what the Resources page says of them. Not here: making clients (`services.py`).

They have no configuration of their own: a run whose launch names another warehouse would fill it, and ask the ledger of
this one whether it may. What a person configures is the environment, which each of them names.

    @dg.asset
    def report(warehouse: dg.ResourceParam[Warehouse]) -> None: ...
"""

from collections.abc import Callable

import dagster as dg

from acme_platform.orchestration import throw_away
from acme_platform.services import Services

Made = Callable[[Services], object]
ALL = "services"
#: name -> what it is, what configures it, and how it is had
CLIENTS: dict[str, tuple[str, Made]] = {
    "warehouse": (
        "Warehouse: PostgreSQL with raw, staging and analytics. ACME_WAREHOUSE_URL; unset, the embedded server.",
        lambda services: services.open_warehouse(),
    ),
    "redis": (
        "redis.Redis: hot answers. ACME_REDIS_URL; unset, the embedded Valkey.",
        lambda services: services.open_redis(),
    ),
    "lake": (
        "Lake: deliveries and exports. ACME_LAKE_URL, a folder or s3://bucket/prefix; unset, a folder of ACME_HOME.",
        lambda services: services.lake,
    ),
    "mailer": (
        "Mailer, or None: who takes our mail. ACME_SMTP_URL; unset, alerts are only logged.",
        lambda services: services.mailer,
    ),
}


def resources(services: Services, *, guarded: bool) -> dict[str, dg.ResourceDefinition]:
    """All of them; guarded ones refuse an instance that is thrown away."""
    return {ALL: _services(services, guarded)} | {name: _client(*arguments) for name, arguments in CLIENTS.items()}


def _services(services: Services, guarded: bool) -> dg.ResourceDefinition:
    def given(context: dg.InitResourceContext) -> Services:
        if guarded:
            throw_away.refuse(context.instance)
        return services

    return dg.ResourceDefinition(given, description="Services: all clients of one process; acme doctor tells them.")


def _client(description: str, made: Made) -> dg.ResourceDefinition:
    def client(context: dg.InitResourceContext) -> object:
        return made(context.resources.services)

    return dg.ResourceDefinition(client, description=description, required_resource_keys={ALL})
