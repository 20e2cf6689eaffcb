"""Making the version of a state, inside the transaction that writes it."""

from __future__ import annotations

from dataclasses import dataclass

from nerv_lab.core.changes import ItemChange
from nerv_lab.core.errors import LogMovedError
from nerv_lab.core.temporal import TemporalStore
from nerv_lab.core.versions import Version
from nerv_lab.lab.follower import Position

__all__ = ["Sealer"]


@dataclass(frozen=True, slots=True)
class Sealer:
    """Makes a version of the state that a batch leads to from where a Lab stands.

    Attributes
    ----------
    history : TemporalStore
        Makes the version.
    position : Position
        Where the Lab stands.
    description, author : str
        Why, and who.
    merged : str or None
        Id of the version that was merged.
    """

    history: TemporalStore
    position: Position
    description: str
    author: str | None
    merged: str | None = None

    def __call__(self, done: tuple[ItemChange, ...], seq: int) -> tuple[Version, bytes]:
        """Return the version and its delta.

        Parameters
        ----------
        done : tuple of ItemChange
            What the batch does.
        seq : int
            Position in the log at which it ends.

        Raises
        ------
        LogMovedError
            The batch does not follow on the position.
        """
        position = self.position
        if position.seq != seq - len(done):
            raise LogMovedError(position.seq, seq - len(done))
        return self.history.draft(
            position.state.apply(done),
            self.description,
            changes=(*position.pending, *done),
            author=self.author,
            branch=position.branch,
            event_seq=seq,
            head=position.head,
            merged=self.merged,
        )
