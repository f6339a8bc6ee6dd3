"""Settings: what the environment says, read once per command and never at import.

Belongs here: the names of the variables, their defaults and their validation.
Not here: the addresses of the embedded servers, which `servers/` chooses when a URL is unset.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from acme_platform.config.source_setting import SourceSetting, source_settings
from acme_platform.config.url_setting import faults
from acme_platform.day import parse_day
from acme_platform.errors import UsageError

#: the checkout, or where the package is installed
PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """One command's view of the environment. A URL that is None means the embedded server of that kind."""

    #: where the embedded servers, the folder lake and Dagster's files live
    home: Path
    #: PostgreSQL 16+ of the warehouse
    warehouse_url: str | None = field(repr=False)
    #: PostgreSQL of Dagster's own storage
    dagster_url: str | None = field(repr=False)
    #: Redis 6.2+ or Valkey
    redis_url: str | None = field(repr=False)
    #: a folder, or `s3://bucket/prefix`
    lake_url: str
    #: first partition
    first_day: date
    #: name -> the database that feeds read by it
    sources: Mapping[str, SourceSetting] = field(default_factory=dict)
    #: the server that takes our mail; None means that alerts are only logged
    smtp_url: str | None = field(default=None, repr=False)
    #: who is told of failures
    alert_to: tuple[str, ...] = ()
    #: at most so many days a run: so many that starting them (3 s) does not count, so few that each ends in minutes
    run_days: int = 100
    #: names under which the UI is reached from elsewhere, through a reverse proxy
    ui_hosts: tuple[str, ...] = ()
    #: a request to the UI has at most so many thousand bytes
    ui_max_body_kb: int = 1000
    #: runs, with their events and logs, are kept so many days
    keep_runs_days: int = 30
    #: of each feed, at most so many of those that succeeded: a live database starts four a minute, of 1 MB each
    keep_runs: int = 500
    #: deliveries that were replaced or refused, with what was rejected of them, are kept so many days
    keep_rejects_days: int = 90

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        for fault in faults(environ):
            raise UsageError(f"{fault.name} {fault.why}", fault.mend)
        home = _home(environ.get("ACME_HOME") or str(_project() / ".acme"))
        return cls(
            home=home,
            warehouse_url=environ.get("ACME_WAREHOUSE_URL") or None,
            dagster_url=environ.get("ACME_DAGSTER_URL") or None,
            redis_url=environ.get("ACME_REDIS_URL") or None,
            lake_url=environ.get("ACME_LAKE_URL") or str(home / "lake"),
            first_day=_day(environ.get("ACME_FIRST_DAY") or "2022-01-01"),
            sources=source_settings(environ),
            smtp_url=environ.get("ACME_SMTP_URL") or None,
            alert_to=_addresses(environ.get("ACME_ALERT_TO") or ""),
            run_days=_number(environ, "ACME_RUN_DAYS", cls.run_days),
            ui_hosts=_hosts(environ.get("ACME_UI_HOSTS") or ""),
            ui_max_body_kb=_number(environ, "ACME_UI_MAX_BODY_KB", cls.ui_max_body_kb, "kB"),
            keep_runs_days=_number(environ, "ACME_KEEP_RUNS_DAYS", cls.keep_runs_days),
            keep_runs=_number(environ, "ACME_KEEP_RUNS", cls.keep_runs, "runs"),
            keep_rejects_days=_number(environ, "ACME_KEEP_REJECTS_DAYS", cls.keep_rejects_days),
        )

    def source(self, name: str) -> SourceSetting:
        return self.sources.get(name) or SourceSetting(name)


def _project() -> Path:
    """The checkout; where the package was installed from a wheel, the folder in which the command was typed."""
    return PROJECT if (PROJECT / "pyproject.toml").is_file() else Path.cwd()


def _home(text: str) -> Path:
    """An absolute path; `~anna` is the home of a user, who may not be there."""
    path = os.path.expanduser(text)  # noqa: PTH111  # it leaves an unknown user as it is, and Path raises
    if path.startswith("~"):
        raise UsageError(f"ACME_HOME={text} names no folder", "set it to an absolute path")
    return Path(path).resolve()


def _quoted(text: str) -> str:
    """A value that was refused, unless it may be an address with a password: two lines of a file are easily swapped."""
    return "something that may hold a password" if re.search("[@:/]", text) else repr(text)


def _day(text: str) -> date:
    if _quoted(text) != repr(text):
        raise UsageError(f"ACME_FIRST_DAY is {_quoted(text)}, and no day", "set it like 2024-01-02")
    return parse_day(text)


def _number(environ: Mapping[str, str], name: str, default: int, of: str = "days") -> int:
    """A number from 1 up."""
    text = environ.get(name) or str(default)
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise UsageError(
            f"{name} is {_quoted(text)}, which is no number of {of} from 1 to 9999",
            f"set it like {default}, or unset it",
        )
    return int(text)


def _hosts(text: str) -> tuple[str, ...]:
    """Names of hosts, separated by commas, as browsers send them but for the port."""
    found = tuple(one.strip().lower() for one in text.split(",") if one.strip())
    for one in found:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", one):
            raise UsageError(
                f"ACME_UI_HOSTS holds {_quoted(one)}, which is no name of a host", "set it like data.acme.example"
            )
    return found


def _addresses(text: str) -> tuple[str, ...]:
    """Addresses of mail, separated by commas."""
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    for one in found:
        if not re.fullmatch(r"[^@\s<>:/]+@[^@\s<>:/]+", one):
            raise UsageError(
                f"ACME_ALERT_TO holds {_quoted(one)}, which is no address of mail",
                "set it like anna@acme.example,ben@acme.example",
            )
    return found
