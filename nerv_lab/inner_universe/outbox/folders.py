"""Where outboxes lie: one folder for each database and identity, one file for each client."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import platformdirs

from nerv_lab.core.errors import NERVPersistenceError, StoreFullError, StoreInUseError
from nerv_lab.inner_universe.outbox.journal import Journal
from nerv_lab.inner_universe.outbox.standing import Standing, decode_standing, encode_standing
from nerv_lab.inner_universe.outbox.states import Outbox

__all__ = ["OutboxFolder", "default_outbox_path"]

_LAST = "last.graph"
# Outboxes of clients that are gone, of which nothing waits: kept for a server that comes back
# older.
_KEPT = 4


def default_outbox_path() -> Path:
    """Return where outboxes are kept: in the user's own folder for state."""
    return Path(platformdirs.user_state_dir("nerv-lab")) / "outbox"


class OutboxFolder:
    """The outboxes of one identity for one database.

    Parameters
    ----------
    root : Path
        Where all outboxes lie.
    uri : str
        The database.
    secret : str
        Proves the identity to the server. Only a part of its hash is kept.

    Raises
    ------
    NERVPersistenceError
        The folder cannot be made.
    """

    def __init__(self, root: Path, uri: str, secret: str) -> None:
        mark = hashlib.sha256(f"{uri}\n{secret}".encode()).hexdigest()[:16]
        name = "".join(c if c.isalnum() or c in "-_." else "-" for c in uri.rpartition("/")[2])
        self.path = root / f"{name[:64]}-{mark}"
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NERVPersistenceError(
                f"the outbox cannot be kept in {self.path}: {error}; set NERV_OUTBOX_FOLDER to a "
                f'folder that may be written, or open with offline="refuse"'
            ) from error

    def new(self, origin_id: str, outbox: Outbox) -> Journal:
        """Return an empty outbox for a client."""
        return Journal(self.path / f"{origin_id}.outbox", origin_id, outbox)

    def adopt(self) -> list[Journal]:
        """Return the outboxes of clients that are gone, the oldest first; the caller owns them."""
        found: list[Journal] = []
        for path in sorted(self.path.glob("*.outbox")):
            with contextlib.suppress(StoreInUseError):
                found.append(Journal(path))
        idle = [journal for journal in found if journal.idle]
        for journal in idle[: max(len(idle) - _KEPT, 0)]:
            found.remove(journal)
            journal.close()
            journal.path.unlink(missing_ok=True)
        return found

    def remember(self, standing: Standing) -> None:
        """Keep where a Lab stood, so that the next can begin there without the server."""
        body = encode_standing(standing)
        number, name = tempfile.mkstemp(dir=self.path, prefix=".last-")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path / _LAST)
        except OSError as error:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise StoreFullError(f"{self.path} cannot be written: {error}") from error

    def last(self) -> Standing | None:
        """Return where a Lab last stood, or None."""
        try:
            return decode_standing((self.path / _LAST).read_bytes())
        except FileNotFoundError:
            return None
