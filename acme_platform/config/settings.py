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

from acme_platform.config import first_day
from acme_platform.config.source_setting import SourceSetting, source_settings
from acme_platform.config.url import PORTS
from acme_platform.config.url_setting import faults
from acme_platform.day import parse_day
from acme_platform.errors import UsageError
from acme_platform.model.engine import DELTA, ENGINES, FORMATS, VARIABLE, Format

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
    #: a server of Spark Connect, `sc://host:port`, or a cluster that takes jobs, `spark://host:port`, `yarn`,
    #: `k8s://https://host:port`; None means the embedded one
    engine_url: str | None = field(default=None, repr=False)
    #: of a cluster that takes jobs: the Python with pyspark that runs their drivers
    engine_python: str | None = None
    #: where tables of the lake are: `file://…`, or `s3://bucket/prefix`
    tables_url: str = ""
    #: in which everybody's tools read them
    tables_format: Format = DELTA
    #: name -> the database that feeds read by it
    sources: Mapping[str, SourceSetting] = field(default_factory=dict)
    #: the server that takes our mail; None means that alerts are only logged
    smtp_url: str | None = field(default=None, repr=False)
    #: who is told of failures
    alert_to: tuple[str, ...] = ()
    #: at most so many days a run: so many that starting them (3 s) does not count, so few that each ends in minutes
    run_days: int = 100
    #: a database that changes all the time is read once in so many seconds; one that was quiet for so long, at once
    changes_seconds: int = 60
    #: the warehouse as a role that may only read, which `acme serve` asks
    serve_url: str | None = field(default=None, repr=False)
    #: where `acme serve` answers, also beside `acme up`; 0 leaves it out there
    serve_port: int = 3010
    #: names under which the UI is reached from elsewhere, through a reverse proxy
    ui_hosts: tuple[str, ...] = ()
    #: a request to the UI has at most so many thousand bytes
    ui_max_body_kb: int = 1000
    #: runs, with their events and logs, are kept so many days
    keep_runs_days: int = 30
    #: of each feed, at most so many of those that succeeded: a live database starts one a minute, of 1 MB each
    keep_runs: int = 500
    #: deliveries that were replaced or refused, with what was rejected of them, are kept so many days
    keep_rejects_days: int = 90

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        for fault in faults(environ):
            raise UsageError(f"{fault.name} {fault.why}", fault.mend)
        _check_engine(environ.get(VARIABLE) or "")
        home = _home(environ.get("ACME_HOME") or str(_project() / ".acme"))
        return cls(
            home=home,
            warehouse_url=environ.get("ACME_WAREHOUSE_URL") or None,
            dagster_url=environ.get("ACME_DAGSTER_URL") or None,
            redis_url=environ.get("ACME_REDIS_URL") or None,
            lake_url=environ.get("ACME_LAKE_URL") or str(home / "lake"),
            first_day=_first_day(environ, home),
            engine_url=environ.get("ACME_ENGINE_URL") or None,
            engine_python=environ.get("ACME_ENGINE_PYTHON") or None,
            tables_url=_tables(environ.get("ACME_TABLES_URL") or str(home / "tables")),
            tables_format=_format(environ.get("ACME_TABLES_FORMAT") or DELTA),
            sources=source_settings(environ),
            smtp_url=environ.get("ACME_SMTP_URL") or None,
            alert_to=_addresses(environ.get("ACME_ALERT_TO") or ""),
            run_days=_number(environ, "ACME_RUN_DAYS", cls.run_days),
            changes_seconds=_number(environ, "ACME_CHANGES_SECONDS", cls.changes_seconds, "seconds"),
            serve_url=environ.get("ACME_SERVE_URL") or None,
            serve_port=_port(environ, "ACME_SERVE_PORT", cls.serve_port),
            ui_hosts=_hosts(environ.get("ACME_UI_HOSTS") or ""),
            ui_max_body_kb=_number(environ, "ACME_UI_MAX_BODY_KB", cls.ui_max_body_kb, "kB"),
            keep_runs_days=_number(environ, "ACME_KEEP_RUNS_DAYS", cls.keep_runs_days),
            keep_runs=_number(environ, "ACME_KEEP_RUNS", cls.keep_runs, "runs"),
            keep_rejects_days=_number(environ, "ACME_KEEP_REJECTS_DAYS", cls.keep_rejects_days),
        )

    def source(self, name: str) -> SourceSetting:
        return self.sources.get(name) or SourceSetting(name)


def _check_engine(text: str) -> None:
    if text and text not in ENGINES:
        raise UsageError(f"{VARIABLE} is {_quoted(text)}, and no engine", f"set it to one of {', '.join(ENGINES)}")


def _tables(text: str) -> str:
    """As engines know it: a folder by its URL."""
    return text.rstrip("/") if "://" in text else Path(text).resolve().as_uri()


def _format(text: str) -> Format:
    if text not in FORMATS:
        raise UsageError(
            f"ACME_TABLES_FORMAT is {_quoted(text)}, and no format", f"set it to one of {', '.join(FORMATS)}"
        )
    return FORMATS[text]


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


def _first_day(environ: Mapping[str, str], home: Path) -> date:
    if text := environ.get("ACME_FIRST_DAY"):
        return _day(text)
    return first_day.USUAL if environ.get("ACME_WAREHOUSE_URL") else first_day.first_day(home)


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


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    """0 means none."""
    text = environ.get(name) or str(default)
    if text != "0" and (not re.fullmatch(r"[1-9][0-9]{0,4}", text) or int(text) not in PORTS):
        why = f"{name} is {_quoted(text)}, which is no port from 1 to 65535, and not 0, which means none"
        raise UsageError(why, f"set it like {default}")
    return int(text)


def _hosts(text: str) -> tuple[str, ...]:
    """Names of hosts, separated by commas, as browsers send them but for the port."""
    parts = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for part in parts:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", part):
            raise UsageError(
                f"ACME_UI_HOSTS holds {_quoted(part)}, which is no name of a host", "set it like data.acme.example"
            )
    return parts


def _addresses(text: str) -> tuple[str, ...]:
    """Addresses of mail, separated by commas."""
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    for part in parts:
        if not re.fullmatch(r"[^@\s<>:/]+@[^@\s<>:/]+", part):
            raise UsageError(
                f"ACME_ALERT_TO holds {_quoted(part)}, which is no address of mail",
                "set it like anna@acme.example,ben@acme.example",
            )
    return parts
