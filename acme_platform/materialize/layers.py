"""Layers: which machinery each has, the platform's own and those that a company adds, in one place.

Belongs here: the choice. Not here: the machinery itself (`own_layers.py`, `lake_layers.py`), facts about layers
(`model/layer.py`).
"""

from acme_platform.materialize.lake_layers import LakeAnalytics, LakeRaw, LakeStaging
from acme_platform.materialize.machinery import Machinery
from acme_platform.materialize.own_layers import Analytics, Cache, Export, Raw, Staging
from acme_platform.model import layer
from acme_platform.model.engine import SPARK
from acme_platform.model.layer import ANALYTICS, CACHE, EXPORT, RAW, STAGING, Layer
from acme_platform.model.table import Table
from acme_platform.registry import catalog

MACHINERY: dict[Layer, Machinery] = {
    RAW: Raw(),
    STAGING: Staging(),
    ANALYTICS: Analytics(),
    CACHE: Cache(),
    EXPORT: Export(),
}

#: what a feed on Spark has instead
ON_SPARK: dict[Layer, Machinery] = {RAW: LakeRaw(), STAGING: LakeStaging(), ANALYTICS: LakeAnalytics()}


def register(added: Layer, machinery: Machinery) -> None:
    """Add a layer: from now on feeds may declare tables of it. Raises MendInput where its name is taken."""
    layer.add(added)
    MACHINERY[added] = machinery


def machinery(table: Table) -> Machinery:
    """That of the table's layer; a feed with a table of a layer that has none is not loaded (`feed_fault.py`)."""
    if catalog.engine(table.full_name) == SPARK:
        return ON_SPARK.get(table.layer) or MACHINERY[table.layer]
    return MACHINERY[table.layer]
