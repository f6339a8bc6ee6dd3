"""Run options: what a person says with a run, in its tags, so that the UI, the API and `acme run` say it alike.

Belongs here: the options, their tags and their words on the command line. Not here: what follows from each
(`fill.py`), which days a run is about (`partitions.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

#: of an option -> the tag of a run that chooses it with the value `true`
TAGS = {"force": "acme/force", "accepts_rejects": "acme/accept-rejects", "accepts_loss": "acme/accept-loss"}


@dataclass(frozen=True)
class RunOptions:
    """None is chosen unless said."""

    #: fill every day, also one that stands
    force: bool = False
    #: take the deliveries that are read and staged, however much of them cannot be read
    accepts_rejects: bool = False
    #: write caches that lose more of their keys than their tables allow
    accepts_loss: bool = False

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> "RunOptions":
        """Those that the tags of a run choose."""
        return cls(**{option: tags.get(tag) == "true" for option, tag in TAGS.items()})

    @property
    def tags(self) -> dict[str, str]:
        return {TAGS[option]: "true" for option in self._chosen()}

    @property
    def words(self) -> str:
        """As `acme run` takes them, each behind a blank."""
        return "".join(f" --{TAGS[option].removeprefix('acme/')}" for option in self._chosen())

    def _chosen(self) -> Iterator[str]:
        return (option.name for option in fields(self) if getattr(self, option.name))


USUAL = RunOptions()
