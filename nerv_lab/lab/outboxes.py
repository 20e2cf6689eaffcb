"""What a Lab has written that waits for its server, as a user sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.history.conflicts import Resolution
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.outbox import (
    Fork,
    Queued,
    QueuedWriteNotFoundError,
    Queues,
    State,
)
from nerv_lab.lab.asking.tables import frame, html_table
from nerv_lab.lab.branches.merging import MergeResult
from nerv_lab.lab.past.travel import is_reserved_name

if TYPE_CHECKING:
    import pandas as pd

    from nerv_lab.core.history.conflicts import Place

__all__ = ["OutboxView"]

_COLUMNS: Final = ["id", "what", "branch", "state", "written", "error", "own"]
_SHOWN: Final = 20


class OutboxView:
    """What waits: to be sent, or for you to decide.

    Parameters
    ----------
    queues : Queues or None
        The outboxes; None for a Lab that queues nothing.
    wait : callable
        Waits so many seconds until everything is sent, and says whether it is.
    preview : callable
        Works out what merging a branch that waits, into the one that it was made on, would do.
    finish : callable
        Called with the name of a branch that is merged.
    """

    def __init__(
        self,
        queues: Queues | None,
        wait: Callable[[float], bool],
        preview: Callable[[Fork], MergeResult],
        finish: Callable[[str], None],
    ) -> None:
        self._queues = queues
        self._wait = wait
        self._preview = preview
        self._finish = finish

    @property
    def pending(self) -> tuple[Queued, ...]:
        """Writes that are to be sent, in order."""
        return self._within(State.PENDING, State.IN_FLIGHT)

    @property
    def rejected(self) -> tuple[Queued, ...]:
        """Writes that the server refused; `error` says why."""
        return self._within(State.REJECTED)

    @property
    def conflicts(self) -> tuple[Queued | Fork, ...]:
        """Work that does not fit what others did meanwhile.

        A `Fork` is a branch that waits to be merged: look with ``lab.preview(fork.name)``, and
        decide with `resolve`. Any other is a single write that came too late.
        """
        forks = () if self._queues is None else self._queues.forks
        return (*forks, *self._within(State.CONFLICT))

    def _within(self, *states: State) -> tuple[Queued, ...]:
        return () if self._queues is None else tuple(self._queues.within(*states))

    def retry(self, id: str) -> None:
        """Send a write again that was set aside, and after it what waits for it.

        Raises
        ------
        QueuedWriteNotFoundError
            There is none of this id.
        """
        self._known().retry(id)

    def rename(self, id: str, name: str) -> None:
        """Send a branch or a tag that was set aside under another name, with all that waits for it.

        Parameters
        ----------
        id : str
            The write that makes or moves it.
        name : str
            What it is to be called: of a branch, one that nobody has.

        Raises
        ------
        QueuedWriteNotFoundError
            There is none of this id.
        ValidationError
            It is neither, or the name already means a version.
        """
        if is_reserved_name(checked_name(name, "name")):
            raise ValidationError("name", f"{name!r} already means a version; choose another")
        self._known().rename(id, name)

    def drop(self, id: str) -> None:
        """Forget a write that was set aside, or that a branch waits to be merged; the branch stays.

        Raises
        ------
        QueuedWriteNotFoundError
            There is none of this id.
        """
        queues = self._known()
        if any(fork.name == id for fork in queues.forks):
            queues.merged(id)
        else:
            queues.drop(id)

    def resolve(
        self,
        fork: Fork | str,
        resolution: Resolution | Mapping[Place, Resolution],
        description: str | None = None,
    ) -> Version:
        """Merge a branch that waits into the present one, which it was made on, and delete it.

        Parameters
        ----------
        fork : Fork or str
            The branch, or its name.
        resolution : "ours", "theirs", "base", Take or mapping
            How to decide what conflicts, as for `MergeResult.resolve`: "theirs" is what was done
            offline, "ours" what others did meanwhile.
        description : str, optional
            Why.

        Returns
        -------
        Version
            What came out.

        Raises
        ------
        QueuedWriteNotFoundError
            No such branch waits.
        ValidationError
            It was made on another branch than the present one, or the resolution does not fit.
        ConflictError
            Something is not committed, or conflicts are left; nothing was changed.
        """
        name = fork.name if isinstance(fork, Fork) else fork
        found = next((f for f in self._known().forks if f.name == name), None)
        if found is None:
            raise QueuedWriteNotFoundError(name, "see lab.outbox.conflicts for the branches")
        result = self._preview(found)
        if isinstance(resolution, Mapping):
            result.resolve(resolution)
        else:
            # Deciding one conflict may bring up another.
            while result.conflicts:
                result.resolve(resolution)
        version = result.commit(description)
        self._finish(name)
        return version

    def wait(self, timeout: float = 60.0) -> bool:
        """Wait until everything is sent; False when that takes longer than so many seconds."""
        return self._queues is None or self._wait(timeout)

    def _known(self) -> Queues:
        if self._queues is None:
            raise ValidationError("id", 'this Lab queues nothing; open it with offline="queue"')
        return self._queues

    def __len__(self) -> int:
        return 0 if self._queues is None else self._queues.waiting

    @property
    def df(self) -> pd.DataFrame:
        """One row for each write that waits."""
        return frame(self._rows(), _COLUMNS)

    def _rows(self) -> list[dict[str, object]]:
        states = State.PENDING, State.IN_FLIGHT, State.REJECTED, State.CONFLICT
        rows: list[dict[str, object]] = []
        for queued in self._within(*states):
            row = asdict(queued)
            written = datetime.fromtimestamp(queued.written_at / 1_000_000, UTC)
            rows.append(row | {"what": queued.title, "written": written})
        for fork in () if self._queues is None else self._queues.forks:
            what = f"to be merged into {fork.branch!r}"
            rows.append(
                {"id": fork.name, "what": what, "branch": fork.name, "state": "conflict"}
                | {"written": None, "error": None, "own": True}
            )
        return [{name: row[name] for name in _COLUMNS} for row in rows]

    @property
    def summary(self) -> str:
        """How much waits, in one line."""
        if self._queues is None:
            return "outbox: not used"
        parts = (
            f"{self._queues.open} pending",
            f"{len(self.rejected)} rejected",
            f"{len(self.conflicts)} in conflict",
        )
        return "outbox: " + ", ".join(parts)

    def __repr__(self) -> str:
        rows = self._rows()
        lines = [
            f"  {r['state']:<9} {r['id']}  {r['what']}" + _why(r["error"]) for r in rows[:_SHOWN]
        ]
        if len(rows) > _SHOWN:
            lines.append(f"  … and {len(rows) - _SHOWN} more")
        return "\n".join([self.summary, *lines])

    def _repr_html_(self) -> str:
        rows = [
            tuple(str(r[name] or "") for name in ("state", "id", "what", "branch", "error"))
            for r in self._rows()[:_SHOWN]
        ]
        return html_table(self.summary, ("state", "id", "what", "branch", "why"), rows)


def _why(error: object) -> str:
    return f": {error}" if error else ""
