"""`acme recapture`: copy what is captured anew, because changes of it may be lacking.

Belongs here: the command. Not here: what is copied and how (`capture.py`, `resync.py`).
"""

import typer

from acme_platform.cli.terminal.command import Command
from acme_platform.config.settings import Settings
from acme_platform.config.source_setting import CAPTURE
from acme_platform.errors import UsageError


def recapture() -> None:
    """Copy captured tables anew from one snapshot, with a new replication slot.

    What raw lacks comes, what the source has no longer ends, and nothing that was captured is lost. A reading that
    refuses asks for it, and so does `acme doctor`.
    """
    # Dagster takes half a second to import
    from acme_platform.cli.run import materialize  # noqa: PLC0415
    from acme_platform.day import Days, today  # noqa: PLC0415
    from acme_platform.deployment.instance import instance  # noqa: PLC0415
    from acme_platform.ingest.cdc import positions  # noqa: PLC0415
    from acme_platform.registry import catalog  # noqa: PLC0415
    from acme_platform.runs import Runner  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    settings = Settings.from_env()
    changing = {feed.name: settings.source(feed.source) for feed in catalog.feeds().values() if feed.changing}
    feeds = [feed for feed, source in changing.items() if source.capture]
    if not feeds:
        unset = sorted({source.variable(CAPTURE) for source in changing.values()})
        raise UsageError(
            f"nothing is captured: {' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} not set",
            "set it to the name of a slot, or acme run --days today to read by the time of change",
        )
    services = Services(settings)
    with services.open_warehouse().transaction("recapture") as cursor:
        positions.forget_places(cursor, feeds)
    chosen = " or ".join(f"group:{feed}" for feed in feeds)
    with instance(services) as opened:
        outcomes = materialize(Runner(services, opened), services, chosen, Days(today(), today()))
    if not all(outcome.success for outcome in outcomes):
        raise typer.Exit(1)


COMMAND = Command(recapture, examples=("acme recapture",))
