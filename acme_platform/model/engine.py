"""Engines: where the raw rows and versions of a feed stand, and what computes its answers.

Belongs here: the words, and which one holds for a feed. Not here: what an engine does.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

#: PostgreSQL holds and computes all; Spark reads tables of the lake, and PostgreSQL holds the answers
Engine = Literal["postgresql", "spark"]
POSTGRESQL: Engine = "postgresql"
SPARK: Engine = "spark"
ENGINES: Mapping[str, Engine] = {POSTGRESQL: POSTGRESQL, SPARK: SPARK}
#: the engine of feeds that name none
VARIABLE = "ACME_ENGINE"

_chosen: ContextVar[Engine | None] = ContextVar("_chosen", default=None)


def chosen() -> Engine | None:
    """The engine of all feeds for a while, whatever they say; None outside of `all_on`."""
    return _chosen.get()


@contextmanager
def all_on(engine: Engine) -> Iterator[None]:
    """Within the block every feed is on this engine: for whoever compares the two."""
    token = _chosen.set(engine)
    try:
        yield
    finally:
        _chosen.reset(token)


def usual(environ: Mapping[str, str] = os.environ) -> Engine:
    """The engine of feeds that name none; the settings have refused another word."""
    return ENGINES.get(environ.get(VARIABLE) or "", POSTGRESQL)


#: what a cluster is called that takes a job: Spark's own words for a master
JOBS = ("spark://", "k8s://", "yarn")


def is_job(url: str) -> bool:
    """Whether the engine at that address takes a job; another one is a server of Spark Connect."""
    return url.startswith(JOBS)


#: in which anybody's tools read tables of the lake
Format = Literal["delta", "iceberg"]
DELTA: Format = "delta"
ICEBERG: Format = "iceberg"
FORMATS: Mapping[str, Format] = {DELTA: DELTA, ICEBERG: ICEBERG}
