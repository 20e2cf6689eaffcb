"""The journal of queued writes: one for each client, until the server has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import apsw

from nerv_lab.inner_universe.contract.log_events import now_us
from nerv_lab.inner_universe.outbox.journal_file import JournalFile
from nerv_lab.inner_universe.outbox.standing import Standing, decode_standing, encode_standing
from nerv_lab.inner_universe.outbox.states import OPEN, SENT, Entry, Outbox, State
from nerv_lab.inner_universe.outbox.writes import QueuedWrite, decode_write, encode_write

__all__ = ["Journal"]

# A 1.2 server answers up to half a second before it has written to disk.
_DURABLE_AFTER = 3_000_000
# What is durable is kept for a server that comes back older than that; the oldest goes first.
_KEPT_WRITES = 20_000
_KEPT_BYTES = 64 * 1024 * 1024


class Journal:
    """Queued writes on disk, each of them there before the call that wrote it returns.

    Nobody else can open the file meanwhile; when the process dies, the lock goes with it.

    Parameters
    ----------
    path : Path
        The file; it is made, for this user alone, where it does not exist.
    origin_id : str
        The client whose writes they are; that of a file that exists stays.
    outbox : Outbox, optional
        Empty, with its bounds.

    Raises
    ------
    StoreInUseError
        Somebody has it open.
    NERVPersistenceError
        The file cannot be used; the subclass and the message say why.
    """

    def __init__(self, path: Path, origin_id: str = "", outbox: Outbox | None = None) -> None:
        self.path = path
        self._file = JournalFile(path, origin_id)
        self.outbox = Outbox() if outbox is None else outbox
        self._kept_bytes = 0
        try:
            self._restore()
        except BaseException:
            self._file.close(remove=False)
            raise

    def _restore(self) -> None:
        with self._file.reading("open") as db:
            self.origin_id = self._file.get("origin_id")
            self._cursor = int(self._file.get("cursor"))
            for row in db.execute(
                "SELECT id, number, kind, branch, things, length(body) + length(delta), state, "
                "written_at, reached, accepted_at, error FROM write ORDER BY number"
            ):
                values = list(row)
                values[6] = State(str(values[6]))
                entry = Entry(*values)
                self.outbox.restore(entry)
                if entry.state in SENT:
                    self._kept_bytes += entry.size

    @property
    def cursor(self) -> int:
        """How many events of ours the server had when it was last heard of."""
        return self._cursor

    # Writing

    def add(self, write: QueuedWrite) -> None:
        """Keep a write; it is on disk when this returns.

        Raises
        ------
        OutboxFullError
            There is no room.
        DuplicateIdError
            There is one of this id.
        """
        self.add_all([write])

    def add_all(self, writes: Iterable[QueuedWrite]) -> None:
        """Keep several writes, or none of them."""
        with self._file.lock:
            entries: list[Entry] = []
            try:
                with self._file.writing("queue") as db:
                    for write in writes:
                        entry, body = self._entry(write)
                        self.outbox.add(entry)
                        entries.append(entry)
                        self._insert(db, entry, write, body)
            except BaseException:
                for entry in entries:
                    self.outbox.drop(entry.id, State.PENDING)
                raise

    def _entry(self, write: QueuedWrite) -> tuple[Entry, bytes]:
        body = encode_write(write)
        number = self.outbox.last + 1
        size = len(body) + len(write.delta)
        kind, branch, things = write.kind, write.branch, write.things
        state = State.PENDING
        return Entry(write.id, number, kind, branch, things, size, state, now_us()), body

    def _insert(self, db: apsw.Connection, entry: Entry, write: QueuedWrite, body: bytes) -> None:
        db.execute(
            "INSERT INTO write VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, NULL, ?, ?, ?)",
            (
                entry.number,
                entry.id,
                entry.kind,
                entry.branch,
                entry.things,
                entry.state.value,
                entry.written_at,
                write.title,
                body,
                write.delta,
            ),
        )

    def replace(self, write: QueuedWrite) -> None:
        """Keep a write in another form; its place and state stay."""
        with self._file.writing("queue") as db:
            entry = self.outbox.entry(write.id)
            body = encode_write(write)
            db.execute(
                "UPDATE write SET body = ?, delta = ?, branch = ?, title = ? WHERE id = ?",
                (body, write.delta, write.branch, write.title, write.id),
            )
            entry.branch = write.branch

    def accept(self, taken: Sequence[tuple[str, int]]) -> None:
        """Note that the server took writes: their ids, and its count of our events after each."""
        if not taken:
            return
        moment = now_us()
        with self._file.writing("accept") as db:
            for id, reached in taken:
                db.execute(
                    "UPDATE write SET state = ?, reached = ?, accepted_at = ?, error = NULL "
                    "WHERE id = ?",
                    (State.ACCEPTED.value, reached, moment, id),
                )
            self._file.put("cursor", str(taken[-1][1]))
        for id, reached in taken:
            self.outbox.accept(id, reached, moment)
            self._kept_bytes += self.outbox.entry(id).size
        self._cursor = taken[-1][1]
        self.tidy()

    def tidy(self) -> None:
        """Take what was accepted a while ago for durable, and forget the oldest of it."""
        self.outbox.settle(now_us() - _DURABLE_AFTER)
        kept = self.outbox.kept
        if kept <= _KEPT_WRITES and self._kept_bytes <= _KEPT_BYTES:
            return
        going: list[Entry] = []
        for entry in self.outbox.within(State.DURABLE):
            few = kept - len(going) <= _KEPT_WRITES * 3 // 4
            if few and self._kept_bytes <= _KEPT_BYTES * 3 // 4:
                break
            going.append(entry)
            self._kept_bytes -= entry.size
        if going:
            self._forget(going)

    def _forget(self, entries: Sequence[Entry]) -> None:
        with self._file.writing("forget") as db:
            db.executemany("DELETE FROM write WHERE id = ?", [(e.id,) for e in entries])
        for entry in entries:
            self.outbox.drop(entry.id, entry.state)

    def heard(self, cursor: int) -> tuple[str, ...]:
        """Note how many events of ours the server has; what it lost of them waits again.

        Returns
        -------
        tuple of str
            Ids of the writes that are to be sent again.
        """
        if cursor == self._cursor:
            return ()
        with self._file.lock:
            again = self.outbox.rewind(cursor)
            with self._file.writing("rewind") as db:
                self._wait_again(db, again)
                self._file.put("cursor", str(cursor))
            self._cursor = cursor
        return again

    def doubt(self) -> None:
        """Let tags be sent again that the server took so late that it may have lost them."""
        with self._file.lock:
            again = self.outbox.doubt(now_us() - _DURABLE_AFTER)
            with self._file.writing("rewind") as db:
                self._wait_again(db, again)

    def _wait_again(self, db: apsw.Connection, ids: Sequence[str]) -> None:
        db.executemany(
            "UPDATE write SET state = 'pending', reached = 0 WHERE id = ?", [(id,) for id in ids]
        )
        self._kept_bytes -= sum(self.outbox.entry(id).size for id in ids)

    def set_aside(self, id: str, state: State, error: str) -> None:
        """Keep a write aside until somebody decides."""
        with self._file.lock:
            with self._file.writing("set aside") as db:
                db.execute(
                    "UPDATE write SET state = ?, error = ? WHERE id = ?", (state.value, error, id)
                )
            self.outbox.set_aside(id, state, error)

    def retry(self, id: str) -> None:
        """Let a write that was set aside be sent again, after all others."""
        with self._file.lock:
            number = self.outbox.last + 1
            self.outbox.entry(id, State.REJECTED, State.CONFLICT)
            with self._file.writing("retry") as db:
                db.execute(
                    "UPDATE write SET state = 'pending', error = NULL, number = ? WHERE id = ?",
                    (number, id),
                )
            self.outbox.retry(id, number)

    def drop(self, id: str, *states: State) -> None:
        """Forget a write: one that was set aside, unless other states are named."""
        with self._file.lock:
            self.outbox.entry(id, *(states or (State.REJECTED, State.CONFLICT)))
            with self._file.writing("drop") as db:
                db.execute("DELETE FROM write WHERE id = ?", (id,))
            self.outbox.drop(id, *states)

    def rewrite(self, gone: Iterable[str], writes: Iterable[QueuedWrite]) -> None:
        """Put writes in the place of others that wait, in one transaction."""
        with self._file.lock:
            gone, writes = list(gone), list(writes)
            old = [self.outbox.entry(id) for id in gone]
            with self._file.writing("rewrite") as db:
                db.executemany("DELETE FROM write WHERE id = ?", [(id,) for id in gone])
                for entry in old:
                    self.outbox.drop(entry.id, State.PENDING)
                for write in writes:
                    entry, body = self._entry(write)
                    self.outbox.add(entry)
                    self._insert(db, entry, write, body)

    # Reading

    def write(self, id: str) -> QueuedWrite:
        """Return a write."""
        with self._file.reading() as db:
            self.outbox.entry(id)
            found = db.execute("SELECT body, delta FROM write WHERE id = ?", (id,)).get
        body, delta = found
        return decode_write(body, delta)

    def writes(self, *states: State, until: int | None = None) -> list[QueuedWrite]:
        """Return the writes in these states, in order, up to one of a number."""
        found = self.outbox.within(*states)
        return [self.write(e.id) for e in found if until is None or e.number <= until]

    @property
    def lost(self) -> bool:
        """Whether something waits that the server had taken, and has lost."""
        return any(e.accepted_at and e.kind != "tag" for e in self.outbox.within(*OPEN))

    def title(self, id: str) -> str:
        """Return what a write is, in a few words."""
        with self._file.reading() as db:
            return str(db.execute("SELECT title FROM write WHERE id = ?", (id,)).get)

    # What it all goes on from

    def stand(self, standing: Standing) -> None:
        """Keep where the Lab stood before the next write."""
        body = encode_standing(standing)
        with self._file.writing("stand") as db:
            db.execute("DELETE FROM standing")
            db.execute("INSERT INTO standing VALUES (?, ?)", (self.outbox.last, body))

    def standing(self) -> tuple[int, Standing] | None:
        """Return the number of the last write before it, and where the Lab stood; or None."""
        with self._file.reading() as db:
            found = db.execute("SELECT behind, body FROM standing").get
        if found is None:
            return None
        behind, body = found
        return behind, decode_standing(body)

    # Branches that wait to be merged

    def fork(self, name: str, branch: str) -> None:
        """Note that a branch of ours waits to be merged into another."""
        with self._file.writing("fork") as db:
            db.execute("INSERT OR REPLACE INTO fork VALUES (?, ?)", (name, branch))

    def forks(self) -> dict[str, str]:
        """Return the branches that wait, each with the one that it came from."""
        with self._file.reading() as db:
            return dict(db.execute("SELECT name, branch FROM fork ORDER BY name"))

    def merged(self, name: str) -> None:
        """Note that a branch does not wait any more."""
        with self._file.writing("merged") as db:
            db.execute("DELETE FROM fork WHERE name = ?", (name,))

    @property
    def idle(self) -> bool:
        """Whether nothing in it waits for anybody."""
        return self.outbox.waiting == 0 and not self.forks()

    def close(self) -> None:
        """Close the file; it goes where it has nothing that could still be needed."""
        self._file.close(remove=self.idle and not len(self.outbox))
