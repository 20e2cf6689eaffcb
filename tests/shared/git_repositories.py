"""Git repositories as tests need them, object by object, without a work tree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dulwich.objects import Blob, Commit, Tag, Tree
from dulwich.repo import Repo

Content = bytes | Mapping[str, "Content"] | tuple[int, bytes]
AUTHOR = b"Ada Lovelace <ada@example.org>"


class TestRepository:
    """A bare repository whose commits are made one second apart."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.path = folder / "project"
        self.path.mkdir()
        self._repo = Repo.init_bare(self.path)
        self._clock = 1_700_000_000

    def _tree(self, files: Mapping[str, Content]) -> Tree:
        tree = Tree()
        for name, content in files.items():
            raw = name.encode("utf-8", "surrogateescape")
            if isinstance(content, Mapping):
                tree.add(raw, 0o040000, self._tree(content).id)
                continue
            mode, data = content if isinstance(content, tuple) else (0o100644, content)
            if mode == 0o160000:
                tree.add(raw, mode, data)
                continue
            blob = Blob.from_string(data)
            self._repo.object_store.add_object(blob)
            tree.add(raw, mode, blob.id)
        self._repo.object_store.add_object(tree)
        return tree

    def commit(
        self,
        files: Mapping[str, Content],
        *parents: str,
        message: str = "change",
        branch: str = "main",
        author: bytes = AUTHOR,
    ) -> str:
        """Make a commit, the new head of a branch, and return its id."""
        self._clock += 1
        made = Commit()
        made.tree = self._tree(files).id
        made.parents = [parent.encode() for parent in parents]
        made.author = made.committer = author
        made.author_time = made.commit_time = self._clock
        made.author_timezone = made.commit_timezone = 0
        made.message = message.encode()
        self._repo.object_store.add_object(made)
        self.set_ref(f"refs/heads/{branch}", made.id.decode())
        return made.id.decode()

    def set_ref(self, name: str, sha: str) -> None:
        self._repo.refs[name.encode()] = sha.encode()

    def delete_branch(self, name: str) -> None:
        del self._repo.refs[f"refs/heads/{name}".encode()]

    def check_out(self, name: str) -> None:
        self._repo.refs.set_symbolic_ref(b"HEAD", f"refs/heads/{name}".encode())

    def detach(self, sha: str) -> None:
        (self.path / "HEAD").write_text(sha + "\n")

    def tag(self, name: str, sha: str, *, annotated: bool = False) -> None:
        if annotated:
            tag = Tag()
            tag.name, tag.tagger, tag.message = name.encode(), AUTHOR, b"a tag"
            tag.tag_time, tag.tag_timezone = self._clock, 0
            tag.object = (Commit, sha.encode())
            self._repo.object_store.add_object(tag)
            sha = tag.id.decode()
        self.set_ref(f"refs/tags/{name}", sha)
