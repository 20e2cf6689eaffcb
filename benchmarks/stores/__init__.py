"""The stores that are compared, by the name they have in the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from stores.base import Store

__all__ = ["FULL", "NORMAL", "OURS", "STORES", "Kind", "Store"]

FULL = "FULL"
NORMAL = "NORMAL"


@dataclass(frozen=True)
class Kind:
    """A store that takes part.

    Attributes
    ----------
    place : str
        Module and class, imported only in the process that runs it.
    durability : {"FULL", "NORMAL"}
        Whether a commit waits for the disk; which Lab it is compared with follows from this.
    most_commits : int or None
        How many commits it can hold in memory.
    """

    place: str
    durability: str
    most_commits: int | None = None

    def load(self) -> Callable[[Path], Store]:
        """Import the store and return what opens it at a path."""
        module, name = self.place.split(":")
        make = getattr(import_module(f"stores.{module}"), name)
        return lambda path: make(path, self.durability)


STORES = {
    "nerv-lab FULL": Kind("lab:LabStore", FULL),
    "nerv-lab NORMAL": Kind("lab:LabStore", NORMAL),
    "doltlite": Kind("dolt:DoltliteStore", FULL),
    "doltlite, branch": Kind("dolt:DoltliteBranchStore", FULL),
    "eventsourcing": Kind("aggregates:EventsourcingStore", FULL),
    "pygit2 FULL": Kind("git:GitStore", FULL),
    "pygit2 NORMAL": Kind("git:GitStore", NORMAL),
    "temporal table FULL": Kind("temporal:TemporalStore", FULL),
    "temporal table NORMAL": Kind("temporal:TemporalStore", NORMAL),
    "raphtory": Kind("temporal_graph:RaphtoryStore", NORMAL),
    "deepcopy": Kind("copies:DeepcopyStore", NORMAL, most_commits=20),
}
OURS = {FULL: "nerv-lab FULL", NORMAL: "nerv-lab NORMAL"}
