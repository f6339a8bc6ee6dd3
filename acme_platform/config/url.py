"""URLs of settings: what is wrong with one, and where one leads.

Belongs here: one grammar, so narrow that our code, libpq, SQLAlchemy, redis-py, smtplib and botocore read the same host
and the same password out of whatever passes it. Not here: which setting takes what (`url_setting.py`), what of
one may be shown (`secret.py`).

An `@`, `/`, `#` or `?` of a password that is not percent-encoded ends the password early. Its rest is then taken for a
host or a port, and every library quotes those in its errors. So a fault is told in words that hold nothing of the URL.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

FORM = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:\?([^#]*))?")
BAD_ESCAPE = re.compile(r"%(?![0-9a-f]{2})|%00", re.IGNORECASE)
PLACE = re.compile(r"(?P<host>\[[0-9a-f:.%]+\]|[^:\[\]]*)(?::(?P<port>[^:]*))?", re.IGNORECASE)
#: what the standard library takes for a separator once it has made it simpler, and then quotes the whole authority
SEPARATORS = "/?#@:"
PORTS = range(1, 65536)


@dataclass(frozen=True)
class Url:
    """The parts of a URL in which nothing is wrong, still percent-encoded."""

    scheme: str
    user: str
    password: str
    #: host and port, several where libpq may try one after the other; an empty port is the usual one
    places: tuple[tuple[str, str], ...]
    path: str
    query: str

    @classmethod
    def of(cls, url: str) -> "Url":
        form = FORM.fullmatch(url)
        scheme, authority, path, query = form.groups(default="") if form else ("", "", url, "")
        login, _, hosts = authority.rpartition("@")
        user, _, password = login.partition(":")
        matches = [PLACE.fullmatch(host) for host in hosts.split(",")]
        places = tuple((match["host"].strip("[]"), match["port"] or "") for match in matches if match)
        return cls(scheme, user, password, places, path, query)


def fault(url: str) -> str:
    """What keeps it from being read, in words that hold nothing of it; empty when nothing does."""
    form = FORM.fullmatch(url.partition("#")[0])
    if form is None:
        return "it does not look like scheme://user:password@host:port"
    authority, rest = form[2], url[form.end(2) :]
    login, _, hosts = authority.rpartition("@")
    for is_wrong, said in (
        (not url.isprintable() or " " in url, "it holds a blank, or a character that is not printed"),
        (BAD_ESCAPE.search(url), "it holds a % that begins no escape; a % itself is written %25"),
        ("#" in url, "it holds a #, which is written %23"),
        (
            authority.count("@") > 1 or ("@" in rest and form[1] != "s3"),
            "its user or password holds an @, / or ?, written %40, %2F or %3F",
        ),
        (_is_ambiguous(authority), "it holds a letter that may be read as one of / ? # @ : and has to be encoded"),
        (_is_bracketed(login, hosts), "its user or password holds a [ or ], written %5B or %5D"),
        (not all(map(has_good_port, hosts.split(","))), "its port is no number from 1 to 65535"),
    ):
        if is_wrong:
            return said
    return ""


def endpoints(url: str, usual: int) -> list[tuple[str, int]]:
    """Where it leads, by host and port, in the order in which they are tried. libpq's query says it over again."""
    parts = Url.of(url)
    said = dict(parse_qsl(parts.query)) if parts.scheme.startswith("postgres") else {}
    hosts = said["host"].split(",") if said.get("host") else [unquote(host) for host, _ in parts.places]
    ports = said["port"].split(",") if said.get("port") else [port for _, port in parts.places]
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return [(host or "localhost", int(port or usual)) for host, port in zip(hosts, ports, strict=False)]


def _is_ambiguous(authority: str) -> bool:
    return any(
        sign in unicodedata.normalize("NFKC", letter)
        for letter in authority
        if letter not in SEPARATORS
        for sign in SEPARATORS
    )


def _is_bracketed(login: str, hosts: str) -> bool:
    """But for an address of IPv6, whole and by itself."""
    return bool(re.search(r"[\[\]]", login + re.sub(r"(^|,)\[[0-9A-Fa-f:.%]+\](?=[:,]|$)", "", hosts)))


def has_good_port(text: str) -> bool:
    place = PLACE.fullmatch(text)
    return bool(
        place and (not place["port"] or (re.fullmatch("[0-9]{1,5}", place["port"]) and int(place["port"]) in PORTS))
    )
