"""ACME's data platform: five feeds become raw, staging and analytics tables, Redis answers and exports.

`build.py` is what Dagster loads, `defs/` holds one feed a module, every other module is one noun of how it works.
"""

#: what `dg scaffold defs acme_assets.<name>` writes
__all__ = ["FeedComponent"]


def __getattr__(name: str) -> object:
    """Imported when `dg` asks for it: Dagster takes half a second, and most commands need none of it."""
    if name in __all__:
        from acme_platform.orchestration.feed_component import FeedComponent  # noqa: PLC0415

        return FeedComponent
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
