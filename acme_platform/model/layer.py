"""Layers: what is true of every table of one, so that nobody else has to ask for a layer by its name.

Belongs here: facts about layers, the platform's own and where others are found. Not here: how a table of one is filled,
checked and taken back (`materialize/layers.py`), which makes a layer known, too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from acme_platform.errors import MendInput

#: schemas of the warehouse and folders of `sql/` that hold something else
TAKEN = {"ledger", "quarantine", "raw_files", "reference", "public", "checks", "queries", "migrations", "source"}


@dataclass(frozen=True)
class Layer:
    """A schema of the warehouse, a folder of `sql/`, and the first part of its tables' asset keys.

    Unless said otherwise a layer is computed, each of its days by the select of the table's file, apart from others.
    """

    name: str
    #: what the UI shows of its assets beside the name
    kinds: frozenset[str]
    #: its rows come from outside, as text and with their provenance: its files hold no select
    is_loaded: bool = False
    #: day D of what reads it reads every version up to D; its tables judge each row before they take it
    keeps_versions: bool = False
    #: the answers that people ask for: a feed has answered a day when all of its tables have
    is_answer: bool = False
    #: a day is filled beside others, under a lock of its own, and the first column of the key names it
    has_days_apart: bool = True
    #: the newest day only: of what it reads, and of what it holds
    holds_one_day: bool = False
    #: its days leave the platform: checks that had nothing to compare are not enough, and a wipe cannot take them back
    is_sent_out: bool = False
    #: Redis holds what its tables hold, which can be given again whenever Redis lost it
    is_in_redis: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def is_delivered(self) -> bool:
        """It holds what was delivered, as it came or typed."""
        return self.is_loaded or self.keeps_versions


RAW = Layer("raw", frozenset({"csv", "postgres"}), is_loaded=True, has_days_apart=False)
STAGING = Layer("staging", frozenset({"sql", "postgres"}), keeps_versions=True, has_days_apart=False)
ANALYTICS = Layer("analytics", frozenset({"sql", "postgres"}), is_answer=True)
CACHE = Layer("cache", frozenset({"sql", "redis"}), has_days_apart=False, holds_one_day=True, is_in_redis=True)
EXPORT = Layer("export", frozenset({"sql", "csv"}), is_sent_out=True)

#: the platform's own
OWN = (RAW, STAGING, ANALYTICS, CACHE, EXPORT)
_known = {layer.name: layer for layer in OWN}


def add(layer: Layer) -> None:
    """Make a layer known. Raises MendInput where its name is no name, or means something else."""
    if not re.fullmatch("[a-z][a-z0-9_]*", layer.name) or layer.name in TAKEN:
        raise MendInput(f"a layer cannot be named {layer.name!r}", "name it in small letters, as nothing else is named")
    if layer in OWN or _known.setdefault(layer.name, layer) != layer:
        raise MendInput(f"there are two layers {layer.name}", "give one of them another name")


def names() -> Iterable[str]:
    """Of every known layer."""
    return _known.keys()


def is_known(layer: Layer) -> bool:
    return _known.get(layer.name) == layer


def layer_of(full_name: str) -> Layer:
    """The layer of `staging.sales_orders`."""
    return _known[full_name.partition(".")[0]]
