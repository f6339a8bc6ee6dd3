"""Secrets: what of an address may be shown, and what is cut out of a message that others wrote.

Belongs here: text. Not here: which variables there are (`variable.py`).
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from acme_platform.config.url import fault

HIDDEN = "***"
MAY_BE_LOGIN = re.compile(":.*@")
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


def shown(url: str) -> str:
    """Without password, query and fragment."""
    if "://" not in url:
        # a folder, or a password with its host
        return HIDDEN if MAY_BE_LOGIN.search(url) else url
    if fault(url):
        return HIDDEN
    parts = urlsplit(url)
    login, mark, host = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    # Redis has passwords without users, and who forgets the colon has written one in the user's place.
    user = HIDDEN if parts.scheme.startswith("redis") and user and not colon else user
    return SplitResult(parts.scheme, user + mark + host, parts.path, "", "").geturl()


def value(name: str, text: str) -> str:
    """What of a variable of the environment may be shown."""
    if name.endswith("_URL") or MAY_BE_LOGIN.search(text):
        return shown(text)
    return text if name.startswith("ACME_") or name in SHOWN else HIDDEN


def without_secrets(message: str, environ: Mapping[str, str]) -> str:
    """The message, which drivers and libraries wrote, without any secret of the environment."""
    for secret in sorted(set(_secrets(environ)), key=len, reverse=True):
        message = message.replace(secret, HIDDEN)
    return message


def scrub(message: str, environ: Mapping[str, str]) -> str:
    """The same on one line."""
    return " ".join(without_secrets(message, environ).split())


def _secrets(environ: Mapping[str, str]) -> Iterator[str]:
    for name, text in environ.items():
        if not text or not name.startswith(("ACME_", "AWS_")):
            continue
        if value(name, text) != text:
            yield text
        if "://" in text and not fault(text):
            parts = urlsplit(text)
            secrets = [parts.password or "", *(word for _, word in parse_qsl(parts.query))]
            yield from (form for secret in secrets if secret for form in (secret, unquote(secret)))
