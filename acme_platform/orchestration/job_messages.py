"""Messages of a job: what the driver on a cluster does is told in the log of the run, by Dagster Pipes.

Belongs here: a step's channel to the driver. Not here: the driver (`engine/session/driver.py`), which outlives a step.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster_pipes import DAGSTER_PIPES_CONTEXT_ENV_VAR, DAGSTER_PIPES_MESSAGES_ENV_VAR, encode_param

from acme_platform.model.engine import SPARK, is_job
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.services import Services


@contextmanager
def job_messages(context: dg.AssetExecutionContext, services: Services, table: Table) -> Iterator[None]:
    """Whatever the driver says of this step stands in its log; nothing is opened where no job is asked."""
    job = services.open_spark().job if _asks_a_job(services, table) else None
    if job is None:
        yield
        return
    with warnings.catch_warnings():
        # the handler asks its reader for something that may change, and says so each time
        warnings.simplefilter("ignore", dg.PreviewWarning)
        handler = dg.PipesMessageHandler(context, dg.PipesTempFileMessageReader())
    with handler.handle_messages() as messages:
        about = {"run_id": context.run.run_id, "job_name": context.job_name, "asset_keys": [table.full_name]}
        job.begin(
            {
                DAGSTER_PIPES_CONTEXT_ENV_VAR: encode_param({"data": {**about, "extras": {}}}),
                DAGSTER_PIPES_MESSAGES_ENV_VAR: encode_param(messages),
            }
        )
        try:
            yield
        finally:
            job.end()


def _asks_a_job(services: Services, table: Table) -> bool:
    return catalog.engine(table.full_name) == SPARK and is_job(services.settings.engine_url or "")
