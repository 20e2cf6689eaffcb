"""What an importer or exporter needs of a lab."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from nerv_lab.core.collecting import collector_paused
from nerv_lab.inner_universe.contract.progress import Meter, Progress, told

if TYPE_CHECKING:
    from nerv_lab.core.graph.changes import Change
    from nerv_lab.core.graph.model import Entity, Relation
    from nerv_lab.core.graph.state import GraphState
    from nerv_lab.lab.import_reports import ImportReport

__all__ = ["ChangeTarget", "StateSource", "bringing_in", "in_order", "send"]

_I = TypeVar("_I", "Entity", "Relation")


class StateSource(Protocol):
    """A lab, or a view of its past."""

    @property
    def state(self) -> GraphState:
        """The graph."""


class ChangeTarget(StateSource, Protocol):
    """A lab that can be written."""

    def apply(self, changes: Sequence[Change], *, reason: str | None = None) -> object:
        """Apply the changes as one batch, or none of them."""


def send(
    lab: ChangeTarget, planned: tuple[list[Change], ImportReport], reason: str
) -> ImportReport:
    """Send planned changes as one batch, and nothing where nothing differs."""
    changes, report = planned
    if changes:
        lab.apply(changes, reason=reason)
    return report


@contextmanager
def bringing_in(progress: Progress) -> Iterator[Meter]:
    """Tell how far an import is, as `told` does.

    What an import makes is there to stay, so that the collector need not look through it meanwhile.
    """
    with collector_paused(), told(progress) as meter:
        yield meter


def in_order(items: Mapping[str, _I]) -> Iterator[_I]:
    """Yield items by id."""
    return (items[id] for id in sorted(items))
