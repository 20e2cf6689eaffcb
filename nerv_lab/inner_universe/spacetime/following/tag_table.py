"""The tags of a database, as its server tells of them."""

from __future__ import annotations

from collections.abc import Mapping

from nerv_lab.inner_universe.contract.watchers import Watchers
from nerv_lab.inner_universe.spacetime.module.schema import TABLES
from nerv_lab.inner_universe.spacetime.wire.messages import DatabaseUpdate, rows_of
from nerv_lab.inner_universe.spacetime.wire.session import Session

__all__ = ["TagTable"]


class TagTable:
    """Follows the table of tags through one session after another; belongs to one loop.

    Attributes
    ----------
    watchers : Watchers
        Called with the tags when they are not what they were.
    """

    def __init__(self) -> None:
        self.watchers: Watchers[Mapping[str, str]] = Watchers()
        self._now: dict[str, str] | None = None

    @property
    def now(self) -> dict[str, str]:
        """The version id of each tag."""
        return dict(self._now or {})

    async def follow(self, session: Session) -> None:
        """Take the tags there are, and then what becomes of them."""
        await session.subscribe(["SELECT * FROM tag"], self._begin)

    def _begin(self, update: DatabaseUpdate) -> None:
        before, self._now = self._now, {}
        self._take(update)
        if before is not None and before != self._now:
            self.watchers.tell(self.now)

    def updated(self, update: DatabaseUpdate) -> None:
        """Take what a transaction did to them, if anything."""
        if self._now is not None and self._take(update):
            self.watchers.tell(self.now)

    def _take(self, update: DatabaseUpdate) -> bool:
        assert self._now is not None
        touched = False
        for came, data in rows_of(update, "tag"):
            row = TABLES["tag"].decode(data)
            touched = True
            if came:
                self._now[row.name] = row.version_id
            else:
                self._now.pop(row.name, None)
        return touched
