"""Whether a store may take in a bundle: only where both tell the same story, as far as both go."""

from __future__ import annotations

from collections.abc import Iterator

from nerv_lab.core.errors import ConflictError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.bundles.reader import Bundle
from nerv_lab.inner_universe.bundles.writer import HistorySource
from nerv_lab.inner_universe.history_lines import event_record, line

__all__ = ["common_end"]

_PAGE = 2_000


def common_end(bundle: Bundle, store: HistorySource) -> int:
    """Return the position up to which a store holds the log of a bundle.

    Raises
    ------
    ConflictError
        The store has a history of its own.
    """
    until = min(store.last_seq(), bundle.manifest.last_seq)
    if until == 0:
        return 0
    for theirs, ours in zip(bundle.events(), _events(store, until), strict=False):
        if line(event_record(theirs)) != line(event_record(ours)):
            raise ConflictError(
                f"the store has a history of its own: its event {ours.seq} is not that of "
                f"{bundle.path}; import the bundle into an empty store"
            )
    return until


def _events(store: HistorySource, until: int) -> Iterator[Event]:
    after = 0
    while after < until and (page := store.events(after, _PAGE, until)):
        yield from page
        after += len(page)
