"""Own host: whether a request asks this machine under a name of its own, and from a page of its own.

Belongs here: names of hosts and of pages, for everything of ours that browsers reach. Not here: what else a server
turns away (`webserver_guard.py`, `web/door.py`).

Whoever owns a name may point it to 127.0.0.1. A browser then takes a page under that name and what listens here for one
and the same.
"""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: a name or an address with a port: no user before it, which URLs have and hosts have not
HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE)


def foreign(request: HTTPConnection, names: Collection[str]) -> str:
    """Why the request is none of ours, whose hosts have these names besides the loopback's; empty when it is."""
    host, origin = ", ".join(request.headers.getlist("host")), request.headers.get("origin")
    if not HOST.fullmatch(host) or _name(f"//{host}") not in {*LOOPBACK, *names}:
        return f"this is no host by the name {host!r}; ACME_UI_HOSTS lists the names that are"
    if not request.scope["path"].startswith("/"):
        return "the whole address of a page is asked of proxies, and this is none"
    if origin is not None and origin.partition("://")[2] != host and _name(origin) not in names:
        return f"the page {origin!r} is not ours"
    return ""


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
