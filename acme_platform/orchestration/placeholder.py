"""Placeholders: what the Dagster UI shows of a feed that cannot be loaded, in the place of its tables.

Belongs here: one asset and one red check a feed. Not here: what is wrong with it (`feed_fault.py`).
"""

import dagster as dg

from acme_platform.registry.broken_feed import Broken

CHECK = "feed_can_be_loaded"


def placeholder(broken: Broken) -> dg.Definitions:
    """An asset in the group of the feed that says why and what mends it; nothing fills it."""
    return dg.Definitions(
        assets=[
            dg.AssetSpec(
                key=_key(broken),
                group_name=broken.name,
                description=f"{broken.message}\n\nnext: {broken.next_step}",
                kinds={"broken"},
            )
        ],
        asset_checks=[_check(broken)],
    )


def evaluation(broken: Broken) -> dg.AssetCheckEvaluation:
    """What the check says, without a run."""
    return dg.AssetCheckEvaluation(
        asset_key=_key(broken),
        check_name=CHECK,
        passed=False,
        severity=dg.AssetCheckSeverity.ERROR,
        description=broken.message,
        metadata={"broken_days": [broken.why], "mend": broken.next_step},
    )


def _key(broken: Broken) -> dg.AssetKey:
    return dg.AssetKey(["broken", broken.name])


def _check(broken: Broken) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=_key(broken), name=CHECK, description="Its declaration and its SQL can be read.")
    def check() -> dg.AssetCheckResult:
        said = evaluation(broken)
        return dg.AssetCheckResult(passed=False, description=said.description, metadata=said.metadata)

    return check
