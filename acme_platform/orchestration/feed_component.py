"""The feed that `dg scaffold defs` writes: a module and the SQL files of a CSV delivery, to be edited.

Belongs here: Dagster's words for it. Not here: what is written (`scaffolding/feed.py`), by `acme new feed` as well.

It is no component that a YAML configures: a feed is declared in one way, in Python (docs/decisions/0012).
"""

from typing import Any

import dagster as dg

from acme_platform.scaffolding.draft import EXAMPLE
from acme_platform.scaffolding.feed import write_feed


class Scaffolder(dg.Scaffolder[Any]):
    """Writes a feed beside the others, and its SQL where theirs is; nothing that stands is overwritten."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        folder = request.target_path
        # Dagster made it for a component's YAML, which there is none of.
        folder.rmdir()
        write_feed(folder.stem, folder.parent, EXAMPLE)


@dg.scaffold_with(Scaffolder)
class FeedComponent:
    """A feed: a module in defs/ and its SQL files for raw, staging and analytics of delivered CSV files."""
