"""Sources: the databases that feeds read, as the environment names them.

    ACME_SOURCE_STOCK_URL      where the source `stock` answers
    ACME_SOURCE_STOCK_CAPTURE  the replication slot (and publication) through which its changes are captured

Belongs here: the names of these variables, and what they say. Not here: the grammar of a URL (`url.py`), clients
(`services.py`).

A company that called them otherwise before declares the older names, which are read as the new ones are.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from acme_platform.errors import UsageError
from acme_platform.model.company import company

URL, CAPTURE = "URL", "CAPTURE"
VARIABLE = re.compile(rf"ACME_SOURCE_([A-Z][A-Z0-9_]*)_({URL}|{CAPTURE})")
SLOT = re.compile("[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class SourceSetting:
    """What is said of one source."""

    name: str
    #: PostgreSQL 13+, a replica if there is one; None means its stand-in, if the company declares one
    url: str | None = field(default=None, repr=False)
    #: name of a replication slot; None means that changes are read by their time
    capture: str | None = None
    #: URL or CAPTURE -> the older name under which it is set
    older: Mapping[str, str] = field(default_factory=dict)

    def variable(self, kind: str) -> str:
        """The variable that says it: the older one where that is set."""
        return self.older.get(kind) or variable(self.name, kind)


def variable(name: str, kind: str) -> str:
    return f"ACME_SOURCE_{name.upper()}_{kind}"


def older_variables() -> dict[str, str]:
    """Older name -> the variable that it stands for."""
    return {
        f"{source.older}_{kind}": variable(source.name, kind)
        for source in company().sources
        for kind in (URL, CAPTURE)
        if source.older
    }


def source_settings(environ: Mapping[str, str]) -> dict[str, SourceSetting]:
    """Name -> what the environment says of the source, of every one that it names or the company declares."""
    named = (VARIABLE.fullmatch(name) for name in environ)
    names = {match[1].lower() for match in named if match} | {source.name for source in company().sources}
    return {name: _setting(environ, name) for name in sorted(names)}


def url_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Every variable that holds the URL of a source."""
    yield from (name for name in environ if (match := VARIABLE.fullmatch(name)) and match[2] == URL)
    yield from (name for name, meant in older_variables().items() if meant.endswith(f"_{URL}"))


def _setting(environ: Mapping[str, str], name: str) -> SourceSetting:
    said = {kind: _said(environ, variable(name, kind)) for kind in (URL, CAPTURE)}
    older = {kind: by for kind, (by, value) in said.items() if value and by != variable(name, kind)}
    by, slot = said[CAPTURE]
    return SourceSetting(name, said[URL][1] or None, _slot(by, slot), older)


def _said(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """The variable that is set, and its value; of two names with two values nobody knows which one is meant."""
    names = [name, *(older for older, meant in older_variables().items() if meant == name)]
    said = {variable_name: value for variable_name in names if (value := environ.get(variable_name))}
    if len(set(said.values())) > 1:
        raise UsageError(
            f"{' and '.join(said)} are two names of one setting, and hold different values",
            f"unset {' and '.join([*said][1:])}",
        )
    return next(iter(said.items()), (name, ""))


def _slot(name: str, text: str) -> str | None:
    """A name that PostgreSQL takes for a replication slot."""
    if text and not SLOT.fullmatch(text):
        # two lines of a file are easily swapped
        shown = "something that may hold a password" if re.search("[@:/]", text) else repr(text)
        raise UsageError(
            f"{name} is {shown}, which is no name of a replication slot",
            "set it like acme_warehouse: small letters, digits and _",
        )
    return text or None
