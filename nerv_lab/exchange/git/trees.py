"""What two trees of a repository differ in, as changes of a graph of files and folders."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import (
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    UpdateEntity,
)
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.exchange.identity import shortened

__all__ = ["ROOT", "Node", "TreeGraph", "root_entity"]

ROOT: Final = "folder:/"
_KINDS: Final = {
    stat.S_IFDIR: "folder",
    stat.S_IFREG: "file",
    stat.S_IFLNK: "link",
    0o160000: "submodule",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A file, folder, link or submodule in a tree.

    Attributes
    ----------
    path : str
        From the root, with slashes.
    mode : int
        As git keeps it.
    sha : str
        Id of its content (hex).
    size : int or None
        Bytes, of what has any.
    """

    path: str
    mode: int
    sha: str
    size: int | None

    @property
    def kind(self) -> str:
        """Type of its entity."""
        return _KINDS[stat.S_IFMT(self.mode)]

    @property
    def id(self) -> str:
        """Id of its entity."""
        return f"{self.kind}:{self.path}"

    @property
    def properties(self) -> dict[str, Any]:
        """What is known of it."""
        if self.kind == "folder":
            return {"path": self.path}
        known: dict[str, Any] = {"path": self.path, "git": self.sha}
        if self.size is not None:
            known["size"] = self.size
        if self.kind == "file":
            known["suffix"] = PurePosixPath(self.path).suffix
            known["executable"] = bool(self.mode & 0o111)
        return known


def root_entity(name: str) -> CreateEntity:
    """Return the folder that everything is in."""
    return CreateEntity(ROOT, "folder", EntityMetadata(name, properties={"path": "/"}))


class TreeGraph:
    """Turns differences of trees into changes.

    Attributes
    ----------
    left_out : dict of str to str
        Paths that cannot be ids, and why.
    """

    def __init__(self) -> None:
        self.left_out: dict[str, str] = {}

    def changes(self, differences: Iterable[tuple[Node | None, Node | None]]) -> list[Change]:
        """Return the changes for nodes before and after, None where there is none.

        What goes goes first, and folders come before what they hold.
        """
        pairs = [pair for pair in differences if all(map(self._fits, filter(None, pair)))]
        gone = [old for old, new in pairs if old and (new is None or new.id != old.id)]
        made = [new for old, new in pairs if new and (old is None or new.id != old.id)]
        kept = [(old, new) for old, new in pairs if old and new and old.id == new.id]
        changes: list[Change] = []
        changes += (
            DeleteEntity(node.id, cascade=True)
            for node in sorted(gone, key=lambda node: node.path, reverse=True)
        )
        for node in sorted(made, key=lambda node: node.path):
            changes += _made(node)
        changes += (
            UpdateEntity(new.id, properties=_changed(old.properties, new.properties))
            for old, new in sorted(kept, key=lambda pair: pair[1].path)
        )
        return changes

    def _fits(self, node: Node) -> bool:
        if node.path in self.left_out:
            return False
        try:
            checked_name(node.id, "path")
        except ValidationError as error:
            self.left_out[node.path] = error.reason
            return False
        return True


def _made(node: Node) -> Iterator[Change]:
    path = PurePosixPath(node.path)
    parent = f"folder:{path.parent}" if len(path.parts) > 1 else ROOT
    yield CreateEntity(node.id, node.kind, EntityMetadata(path.name, properties=node.properties))
    yield CreateRelation(shortened(f"holds:{node.id}"), parent, node.id, "holds")


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in new.items() if old.get(name) != value}
