"""Settings: what the environment says, read once per command and never at import.

Belongs here: the names of the variables, their defaults and their validation.
Not here: the addresses of the embedded servers, which `servers/` chooses when a URL is unset.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from acme_assets.day import parse_day
from acme_assets.errors import UsageError

PROJECT = Path(__file__).resolve().parent.parent
SCHEMES = {
    "ACME_WAREHOUSE_URL": ("postgresql", "postgres"),
    # SQLAlchemy knows no postgres://, and containers hand the variable to Dagster as it is
    "ACME_DAGSTER_URL": ("postgresql", "postgresql+psycopg2"),
    "ACME_REDIS_URL": ("redis", "rediss"),
    "ACME_OPERATIONS_URL": ("postgresql", "postgres"),
    "ACME_SMTP_URL": ("smtp", "smtps"),
}


@dataclass(frozen=True)
class Settings:
    """One command's view of the environment. A URL that is None means the embedded server of that kind."""

    #: where the embedded servers, the folder lake and Dagster's files live
    home: Path
    #: PostgreSQL 16+ of the warehouse
    warehouse_url: str | None
    #: PostgreSQL of Dagster's own storage
    dagster_url: str | None
    #: Redis 6.2+ or Valkey
    redis_url: str | None
    #: a folder, or `s3://bucket/prefix`
    lake_url: str
    #: first partition
    first_day: date
    #: PostgreSQL 13+ of the operations feed, a replica if there is one; None means the embedded `finance_db`
    operations_url: str | None = None
    #: the replication slot (and publication) through which the operations feed captures changes; None means that it
    #: reads them by their time
    operations_capture: str | None = None
    #: the server that takes our mail; None means that alerts are only logged
    smtp_url: str | None = None
    #: who is told of failures
    alert_to: tuple[str, ...] = ()
    #: at most so many days a run: so many that starting them (3 s) does not count, so few that each ends in minutes
    run_days: int = 100
    #: names under which the UI is reached from elsewhere, through a reverse proxy
    ui_hosts: tuple[str, ...] = ()
    #: runs, with their events and logs, are kept so many days
    keep_runs_days: int = 30
    #: of each feed, at most so many of those that succeeded: a live database starts four a minute, of 1 MB each
    keep_runs: int = 500
    #: deliveries that were replaced or refused, with what was rejected of them, are kept so many days
    keep_rejects_days: int = 90

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        home = Path(environ.get("ACME_HOME") or PROJECT / ".acme").expanduser().resolve()
        return cls(
            home=home,
            warehouse_url=_url(environ, "ACME_WAREHOUSE_URL"),
            dagster_url=_url(environ, "ACME_DAGSTER_URL"),
            redis_url=_url(environ, "ACME_REDIS_URL"),
            lake_url=_lake_url(environ.get("ACME_LAKE_URL") or str(home / "lake")),
            first_day=parse_day(environ.get("ACME_FIRST_DAY") or "2022-01-01"),
            operations_url=_url(environ, "ACME_OPERATIONS_URL"),
            operations_capture=_slot(environ.get("ACME_OPERATIONS_CAPTURE") or ""),
            smtp_url=_url(environ, "ACME_SMTP_URL"),
            alert_to=_addresses(environ.get("ACME_ALERT_TO") or ""),
            run_days=_number(environ, "ACME_RUN_DAYS", cls.run_days),
            ui_hosts=_hosts(environ.get("ACME_UI_HOSTS") or ""),
            keep_runs_days=_number(environ, "ACME_KEEP_RUNS_DAYS", cls.keep_runs_days),
            keep_runs=_number(environ, "ACME_KEEP_RUNS", cls.keep_runs, "runs"),
            keep_rejects_days=_number(environ, "ACME_KEEP_REJECTS_DAYS", cls.keep_rejects_days),
        )


def _url(environ: Mapping[str, str], name: str) -> str | None:
    """The variable's URL, or None when it is unset; the value itself may hold a password and is never quoted."""
    url = environ.get(name) or None
    if url is not None and urlsplit(url).scheme not in SCHEMES[name]:
        raise UsageError(
            f"{name} is not a URL of the scheme {SCHEMES[name][0]}://",
            f"set it like {SCHEMES[name][0]}://user:password@host:port, or unset it: acme doctor says what holds then",
        )
    return url


def _slot(text: str) -> str | None:
    """A name that PostgreSQL takes for a replication slot."""
    if text and not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", text):
        raise UsageError(
            f"ACME_OPERATIONS_CAPTURE is {text!r}, which is no name of a replication slot",
            "set it like acme_warehouse: small letters, digits and _",
        )
    return text or None


def _number(environ: Mapping[str, str], name: str, default: int, of: str = "days") -> int:
    """A number from 1 up."""
    text = environ.get(name) or str(default)
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise UsageError(f"{name} is {text!r}, which is no number of {of}", f"set it like {default}, or unset it")
    return int(text)


def _hosts(text: str) -> tuple[str, ...]:
    """Names of hosts, separated by commas, as browsers send them but for the port."""
    found = tuple(one.strip().lower() for one in text.split(",") if one.strip())
    for one in found:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", one):
            raise UsageError(
                f"ACME_UI_HOSTS holds {one!r}, which is no name of a host", "set it like data.acme.example"
            )
    return found


def _addresses(text: str) -> tuple[str, ...]:
    """Addresses of mail, separated by commas."""
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    for one in found:
        if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", one):
            raise UsageError(
                f"ACME_ALERT_TO holds {one!r}, which is no address", "set it like anna@acme.example,ben@acme.example"
            )
    return found


def _lake_url(url: str) -> str:
    """The lake's URL; what is refused is not quoted either."""
    parts = urlsplit(url)
    if parts.scheme == "s3" and not parts.netloc:
        raise UsageError("ACME_LAKE_URL names no bucket", "set it like s3://bucket/prefix")
    if parts.scheme not in ("", "s3", "file"):
        raise UsageError("ACME_LAKE_URL is neither a folder nor s3://", "set it to a folder or s3://bucket/prefix")
    return url
