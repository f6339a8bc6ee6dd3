"""URL settings: which variable takes which URL, and what else its client asks of it.

Belongs here: faults, in words that hold nothing of the value, because what a client says of a URL that it cannot read
quotes the URL. Not here: the grammar of all URLs (`url.py`), reading the environment (`settings.py`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from acme_platform.config.source_setting import url_variables
from acme_platform.config.url import Url, fault, has_good_port

POSTGRESQL = ("postgresql", "postgres")
#: those of sources come to it, which have names of their own
SCHEMES: dict[str, tuple[str, ...]] = {
    "ACME_WAREHOUSE_URL": POSTGRESQL,
    "ACME_SERVE_URL": POSTGRESQL,
    # SQLAlchemy knows no postgres://, and containers hand the variable to Dagster as it is
    "ACME_DAGSTER_URL": ("postgresql", "postgresql+psycopg2"),
    "ACME_REDIS_URL": ("redis", "rediss"),
    "ACME_SMTP_URL": ("smtp", "smtps"),
}
#: what an address of the engine looks like
ENGINES = ("sc://host:15002", "spark://host:7077", "k8s://https://host:6443", "yarn")
ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
#: what the client of S3 writes into its requests; a letter that cannot stand there it quotes with all of the value
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
UNREADABLE = "cannot be read as a URL: "
ENCODE = "percent-encode its user and password: python3 -c 'import urllib.parse as u; print(u.quote(input(), \"\"))'"


@dataclass(frozen=True)
class Fault:
    """A variable whose value cannot be taken."""

    name: str
    why: str
    mend: str


def faults(environ: Mapping[str, str]) -> Iterator[Fault]:
    """All of them; those of S3 where the lake is a bucket, for they may be meant for another program."""
    for name, schemes in (SCHEMES | dict.fromkeys(url_variables(environ), POSTGRESQL)).items():
        if (url := environ.get(name)) and (why := _of_url(name, url, schemes)):
            yield Fault(name, why, f"set it like {schemes[0]}://user:password@host:port; {ENCODE}")
    if why := _of_engine(environ.get("ACME_ENGINE_URL") or ""):
        yield Fault("ACME_ENGINE_URL", why, f"set it like {', '.join(ENGINES)}")
    places = {name: environ.get(name) or "" for name in ("ACME_LAKE_URL", "ACME_TABLES_URL")}
    wrong = {name: why for name, url in places.items() if (why := _of_lake(url))}
    for name, why in wrong.items():
        yield Fault(name, why, "set it to a folder or s3://bucket/prefix; keys stand in AWS_*")
    if not wrong and any(_scheme(url) == "s3" for url in places.values()):
        yield from (Fault(name, why, f"set {name} anew") for name, why in _of_aws(environ))


def _of_url(name: str, url: str, schemes: tuple[str, ...]) -> str:
    """What is wrong with the value of that variable; empty when nothing is."""
    if url.partition("://")[0] not in schemes:
        return f"is not a URL like {schemes[0]}://user:password@host:port"
    why = fault(url) or DRIVERS[url.partition(":")[0].partition("+")[0]](url)
    if not why and name == "ACME_DAGSTER_URL" and len(Url.of(url).places) > 1:
        why = "it names several hosts, which Dagster does not take"
    return why and UNREADABLE + why


def _of_engine(url: str) -> str:
    """Spark's words for a server and for a cluster; a token follows the server's port, and is told to nobody."""
    if not url or url == "yarn":
        return ""
    scheme, _, rest = url.partition("://")
    place = rest.partition("/")[0] if scheme != "k8s" else rest.removeprefix("https://").removeprefix("http://")
    if scheme not in {"sc", "spark", "k8s"}:
        return "is no address of an engine"
    known = re.fullmatch(r"[A-Za-z0-9._,:\[\]-]+", place) and all(map(has_good_port, place.split(",")))
    return "" if known else f"{UNREADABLE}it is not like {scheme}://host:port"


def _of_lake(url: str) -> str:
    """A path is taken as it is."""
    scheme = _scheme(url)
    if scheme not in LAKES:
        return "" if not scheme else "is neither a folder nor s3://"
    rest = url[len(scheme) + 1 :].removeprefix("//")
    why = fault(f"{scheme}://{rest}") or LAKES[scheme](f"{scheme}://{rest}")
    return why and UNREADABLE + why


def _of_aws(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in (name for name in ENDPOINTS if environ.get(name)):
        if why := fault(environ[name]) or _of_http(environ[name]):
            yield name, UNREADABLE + why
    for name in KEYS:
        if not re.fullmatch("[!-~]*", environ.get(name) or ""):
            yield name, "holds a blank, a line break or a letter that no key has"


def _scheme(url: str) -> str:
    match = re.match("([A-Za-z][A-Za-z0-9+.-]*):", url)
    return match[1].lower() if match else ""


def _of_postgresql(url: str) -> str:
    """libpq itself reads it; what it says of a URL that it cannot read quotes the URL."""
    import psycopg2  # noqa: PLC0415  # where no URL is set nothing of it is needed
    from psycopg2.extensions import parse_dsn  # noqa: PLC0415

    try:
        said = parse_dsn(url.replace("+psycopg2", "", 1))
    except psycopg2.Error:
        return "PostgreSQL's client does not take what follows its ?"
    ports = [port for port in said.get("port", "").split(",") if port]
    return "" if all(has_good_port(f":{port}") for port in ports) else "its port is no number from 1 to 65535"


def _of_redis(url: str) -> str:
    import redis  # noqa: PLC0415  # as above

    if not re.fullmatch("/?[0-9]*", Url.of(url).path):
        return "what follows its port is no number of a database"
    try:
        with redis.Redis.from_url(url) as client:
            client.connection_pool.make_connection()
    except (TypeError, ValueError):
        return "Redis' client does not take what follows its ?"
    return ""


def _of_smtp(url: str) -> str:
    parts = Url.of(url)
    if parts.path not in ("", "/") or parts.query:
        return "something follows its host and port"
    return "" if parts.places[0][0] else "it names no host"


def _of_s3(url: str) -> str:
    """A bucket by its name alone; what would follow a ? is nobody's."""
    parts = Url.of(url)
    if not parts.places[0][0]:
        return "it names no bucket"
    bare = len(parts.places) == 1 and not (parts.user or parts.password or parts.places[0][1] or parts.query)
    return "" if bare else "it holds more than a bucket and a prefix"


def _of_file(url: str) -> str:
    parts = Url.of(url)
    here = parts.places in ((("", ""),), (("localhost", ""),)) and not (parts.user or parts.query)
    return "" if here else "it holds more than a path of this machine, as in file:///srv/lake"


def _of_http(url: str) -> str:
    parts = Url.of(url)
    if parts.user or parts.password:
        return "it holds a user or a password, which stand in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    return "" if parts.scheme in ("http", "https") and parts.places[0][0] else "it is not like https://host:port"


DRIVERS: dict[str, Callable[[str], str]] = {
    "postgresql": _of_postgresql,
    "postgres": _of_postgresql,
    "redis": _of_redis,
    "rediss": _of_redis,
    "smtp": _of_smtp,
    "smtps": _of_smtp,
}
LAKES: dict[str, Callable[[str], str]] = {"s3": _of_s3, "file": _of_file}
