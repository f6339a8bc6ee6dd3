"""Secrets: what of an address may be shown, and what is cut out of a message that others wrote.

Belongs here: text. Not here: which variables there are (`variable.py`).
"""

from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

HIDDEN = "***"
#: of AWS; the names of the others are shown and their values are not
SHOWN = {
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_NO_SIGN_REQUEST",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SHARED_CREDENTIALS_FILE",
}


def is_readable(url: str) -> bool:
    """Whether everybody reads the same host, port and password out of it.

    An `@`, `/`, `#` or `?` of a password that is not percent-encoded ends the password early. The rest of it is then
    taken for a host or a port, and shows up in messages.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.netloc.count("@") <= 1 and "@" not in parts.path + parts.query + parts.fragment


def shown(url: str) -> str:
    """Without password, query and fragment."""
    if not is_readable(url):
        return HIDDEN
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return SplitResult(parts.scheme, user.partition(":")[0] + at + host, parts.path, "", "").geturl()


def value(name: str, text: str) -> str:
    """What of a variable of the environment may be shown."""
    if name.endswith("_URL"):
        return shown(text)
    return text if name.startswith("ACME_") or name in SHOWN else HIDDEN


def scrub(message: str, environ: Mapping[str, str]) -> str:
    """The message on one line, without any secret of the environment; drivers and libraries wrote it."""
    for secret in sorted(set(_secrets(environ)), key=len, reverse=True):
        message = message.replace(secret, HIDDEN)
    return " ".join(message.split())


def _secrets(environ: Mapping[str, str]) -> Iterator[str]:
    for name, text in environ.items():
        if not text or not name.startswith(("ACME_", "AWS_")):
            continue
        if value(name, text) != text:
            yield text
        if name.endswith("_URL") and is_readable(text):
            parts = urlsplit(text)
            found = [parts.password or "", *(word for _, word in parse_qsl(parts.query))]
            yield from (form for one in found if one for form in (one, unquote(one)))
