"""Reading a git repository."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nerv_lab.core.errors import ValidationError
from nerv_lab.exchange.extras import needs
from nerv_lab.exchange.git.lanes import Commit
from nerv_lab.exchange.git.trees import Node

__all__ = ["Details", "GitRepository"]

_BRANCHES = b"refs/heads/"
_TAGS = b"refs/tags/"


@dataclass(frozen=True, slots=True)
class Details:
    """What a commit says.

    Attributes
    ----------
    author : str
        The name of who made it.
    message : str
        All of it.
    moment : datetime
        When it was committed (UTC).
    """

    author: str
    message: str
    moment: dt.datetime


class GitRepository:
    """A git repository on this machine; close it.

    Parameters
    ----------
    path : str or path
        Its folder, or one inside its work tree.

    Raises
    ------
    MissingLibraryError
        dulwich is not installed.
    ValidationError
        There is no repository.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        with needs("git"):
            from dulwich.errors import NotGitRepository
            from dulwich.repo import Repo
        folder = Path(path).expanduser().resolve()
        try:
            # dulwich tells names from ids by types of its own, which it makes of bytes.
            self._repo: Any = Repo.discover(folder)
        except NotGitRepository:
            raise ValidationError("path", f"there is no git repository at {folder}") from None
        self._size = lru_cache(maxsize=100_000)(self._read_size)
        self.name = Path(os.fsdecode(self._repo.path)).resolve().name

    def close(self) -> None:
        """Close its files."""
        self._repo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def checked_out(self) -> str | None:
        """The name of the branch that is checked out, or None."""
        target = self._repo.refs.get_symrefs().get(b"HEAD", b"")
        return _text(target.removeprefix(_BRANCHES)) if target.startswith(_BRANCHES) else None

    @property
    def branches(self) -> dict[str, str]:
        """The newest commit of each branch; that of a detached head as ``"HEAD"``."""
        heads = self._commits_of(_BRANCHES)
        if not heads:
            found = self._repo.refs.read_loose_ref(b"HEAD") or b""
            return {"HEAD": found.decode()} if found in self._repo else {}
        return heads

    @property
    def tags(self) -> dict[str, str]:
        """The commit of each tag that stands for one."""
        return self._commits_of(_TAGS)

    def _commits_of(self, prefix: bytes) -> dict[str, str]:
        from dulwich.objects import Commit as GitCommit
        from dulwich.objects import Tag

        found = {}
        for name, sha in sorted(self._repo.refs.as_dict(prefix).items()):
            obj = self._repo[sha]
            while isinstance(obj, Tag):
                obj = self._repo[obj.object[1]]
            if isinstance(obj, GitCommit):
                found[_text(name)] = obj.id.decode()
        return found

    def commits(self) -> list[Commit]:
        """Return every commit that a branch leads to, parents before children."""
        from dulwich.walk import ORDER_TOPO

        include = [sha.encode() for sha in self.branches.values()]
        walker = self._repo.get_walker(include=include, order=ORDER_TOPO, reverse=True)
        absent = self._repo.get_shallow()
        return [
            Commit(
                entry.commit.id.decode(),
                () if entry.commit.id in absent else _hex(entry.commit.parents),
                _message(entry.commit).partition("\n")[0],
            )
            for entry in walker
        ]

    def details(self, sha: str) -> Details:
        """Return what a commit says."""
        commit = self._repo[sha.encode()]
        name = _text(commit.author, commit.encoding).partition(" <")[0].strip()
        moment = dt.datetime.fromtimestamp(commit.commit_time, dt.UTC)
        return Details(name or "unknown", _message(commit), moment)

    def differences(
        self, before: str | None, after: str
    ) -> Iterator[tuple[Node | None, Node | None]]:
        """Yield what is in one commit and not, or not so, in another; None begins with nothing."""
        from dulwich.diff_tree import tree_changes

        old = None if before is None else self._tree(before)
        store = self._repo.object_store
        for change in tree_changes(store, old, self._tree(after), include_trees=True):
            pair = self._node(change.old), self._node(change.new)
            if any(node and node.path for node in pair):
                yield pair

    def _tree(self, sha: str) -> Any:
        return self._repo[sha.encode()].tree

    def _node(self, entry: Any) -> Node | None:
        if entry is None or entry.sha is None:
            return None
        sha = entry.sha.decode()
        # A path that is no text keeps its bytes in a form that is refused as an id, and told of.
        path = os.fsdecode(entry.path)
        return Node(path, entry.mode, sha, self._size(sha) if entry.mode & 0o100000 else None)

    def _read_size(self, sha: str) -> int | None:
        key = sha.encode()
        return int(self._repo[key].raw_length()) if key in self._repo else None


def _hex(ids: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(id.decode() for id in ids)


def _message(commit: Any) -> str:
    return _text(commit.message, commit.encoding).strip()


def _text(data: bytes, encoding: bytes | None = None) -> str:
    try:
        return data.decode(encoding.decode() if encoding else "utf-8")
    except (UnicodeDecodeError, LookupError):
        return data.decode("utf-8", "replace")
