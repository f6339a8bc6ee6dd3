"""Addresses: where the three services of one command answer.

Belongs here: the value and how a URL is shown. Not here: who chose it (settings, or a server's record).
"""

from dataclasses import dataclass, field

from acme_platform.config.url import endpoints


@dataclass(frozen=True)
class Addresses:
    """URLs with their passwords, which is why none of them is in the repr."""

    #: database of raw, staging and analytics
    warehouse_url: str = field(repr=False)
    #: database of Dagster's own storage
    dagster_url: str = field(repr=False)
    redis_url: str = field(repr=False)


@dataclass(frozen=True)
class StandInAddresses:
    """The embedded database that stands in for a source."""

    #: its owner, as whom its contents are made
    owner_url: str = field(repr=False)
    #: as whom the platform reads
    reader_url: str = field(repr=False)


@dataclass(frozen=True)
class Endpoint:
    """Host and port of a URL, all of it that may be shown."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def endpoint(url: str) -> Endpoint:
    """Where the URL leads first; without a port, the usual one of its scheme."""
    host, port = endpoints(url, 6379 if url.startswith("redis") else 5432)[0]
    return Endpoint("127.0.0.1" if host == "localhost" else host, port)
