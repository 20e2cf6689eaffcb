from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest
from shared.git_repositories import TestRepository

import nerv_lab as nl
from nerv_lab.core.errors import LogMovedError, MissingLibraryError, ValidationError
from nerv_lab.lab import Lab


@pytest.fixture
def repository(tmp_path: Path) -> TestRepository:
    return TestRepository(tmp_path)


@pytest.fixture
def merged(repository: TestRepository) -> dict[str, str]:
    """Return the commits by name: one branch was merged and is gone, another was not."""
    one = repository.commit({"a.py": b"1", "src": {"b.py": b"22"}}, message="one\n\nbegin")
    two = repository.commit({"a.py": b"1", "src": {"b.py": b"333"}}, one, message="two")
    idea = repository.commit({"a.py": b"1", "c.py": b"4"}, one, message="idea", branch="idea")
    files = {"a.py": b"1", "c.py": b"4", "src": {"b.py": b"333"}}
    merge = repository.commit(files, two, idea, message="Merge branch 'idea'")
    other = repository.commit({"a.py": b"0"}, two, message="other", branch="other")
    repository.delete_branch("idea")
    repository.tag("v1.0", two)
    repository.tag("v1", merge, annotated=True)
    return {"one": one, "two": two, "idea": idea, "merge": merge, "other": other}


@pytest.mark.every_backend
def test_commits_become_versions_with_their_ids_times_authors_and_parents(
    lab: Lab, repository: TestRepository, merged: dict[str, str]
) -> None:
    report = lab.import_git(repository.path)
    assert (report.versions, report.branches, report.tags) == (5, 2, 2)
    version = lab.version(merged["merge"][:10])
    assert version == lab.head
    assert version.id == merged["merge"]
    assert version.parents == (merged["two"], merged["idea"])
    assert version.author == "Ada Lovelace"
    assert lab.version(merged["one"]).timestamp == dt.datetime.fromtimestamp(1_700_000_001, dt.UTC)
    assert lab.version(merged["one"]).description == "one"
    assert lab.tags == {"v1.0": merged["two"], "git-v1": merged["merge"]}
    assert {name: v.id for name, v in lab.branches.items() if v} == {
        "main": merged["merge"],
        "other": merged["other"],
    }
    assert lab.verify()


@pytest.mark.every_backend
def test_a_history_from_git_goes_on_like_any_other(
    lab: Lab, repository: TestRepository, merged: dict[str, str]
) -> None:
    lab.import_git(repository.path)
    lab.add_entity("note", "to do")
    lab.commit("a note")
    assert lab.merge("other").conflicts == ()
    assert lab.entity("file:a.py").properties["size"] == 1
    assert lab.head
    assert lab.head.parents[1] == merged["other"]
    assert lab.verify()


def test_the_tree_of_each_commit_is_the_graph_of_its_version(
    lab: Lab, repository: TestRepository, merged: dict[str, str]
) -> None:
    lab.import_git(repository.path)

    def files(name: str) -> dict[str, int]:
        found = lab.at(merged[name]).entities.where(type="file")
        return {e.properties["path"]: e.properties["size"] for e in found}

    assert files("one") == {"a.py": 1, "src/b.py": 2}
    assert files("two") == {"a.py": 1, "src/b.py": 3}
    assert files("idea") == {"a.py": 1, "c.py": 1}
    assert files("merge") == {"a.py": 1, "c.py": 1, "src/b.py": 3}
    assert lab.at(merged["one"]).match(id="folder:src").out("holds").ids == ("file:src/b.py",)
    assert "folder:src" not in lab.at(merged["idea"]).entities


def test_blame_and_history_tell_of_the_commits(
    lab: Lab, repository: TestRepository, merged: dict[str, str]
) -> None:
    lab.import_git(repository.path)
    size = lab.blame("file:src/b.py")["properties.size"]
    assert lab.version(str(size.version)).id == merged["two"]
    assert lab.history("file:a.py")[0].reason == "one\n\nbegin"
    assert lab.at(dt.datetime.fromtimestamp(1_700_000_001.5, dt.UTC)).version is not None


def test_every_kind_of_entry_is_an_entity_of_its_own(lab: Lab, repository: TestRepository) -> None:
    link, module = (0o120000, b"target"), (0o160000, b"1" * 40)
    first = repository.commit({"x": b"", "run.sh": (0o100755, b"#!"), "lib": module})
    repository.commit({"x": link, "run.sh": b"#!"}, first)
    lab.import_git(repository.path)
    assert lab.at("v1").entities.types == {"file": 2, "folder": 1, "submodule": 1}
    assert lab.at("v1").entity("file:run.sh").properties["executable"] is True
    assert lab.entity("file:run.sh").properties["executable"] is False
    assert lab.entities.types == {"file": 1, "folder": 1, "link": 1}


def test_what_cannot_be_mapped_is_told(lab: Lab, repository: TestRepository) -> None:
    files = {"good": b"", "new\nline": b"", "bad-\udcff": b"", "long": {"x" * 600: b""}}
    first = repository.commit(files)
    away = repository.commit({}, branch="away")
    repository.delete_branch("away")
    repository.tag("lost", away)
    report = lab.import_git(repository.path)
    assert sorted(lab.entities) == ["file:good", "folder:/", "folder:long"]
    assert sorted(problem.where.split()[0] for problem in report.problems) == [
        *("path", "path", "path", "tag")
    ]
    assert "tag lost: no branch leads to it" in repr(report)
    assert lab.version(first)


def test_unrelated_beginnings_are_both_kept(lab: Lab, repository: TestRepository) -> None:
    main = repository.commit({"a": b""})
    pages = repository.commit({"b": b""}, branch="pages")
    both = repository.commit({"a": b"", "b": b""}, main, pages, message="both")
    lab.import_git(repository.path)
    assert lab.version(both).parents == (main, pages)
    assert "file:b" in lab.at("pages").entities
    assert lab.verify()


def test_a_detached_head_is_the_main_branch(lab: Lab, repository: TestRepository) -> None:
    only = repository.commit({"a": b""})
    repository.detach(only)
    repository.delete_branch("main")
    lab.import_git(repository.path)
    assert lab.head
    assert lab.head.id == only


def test_progress_is_told_commit_by_commit(
    lab: Lab, repository: TestRepository, merged: dict[str, str]
) -> None:
    told: list[tuple[int, int]] = []
    lab.import_git(repository.path, progress=lambda *step: told.append(step))
    assert told == [(n, 5) for n in range(1, 6)]


def test_a_lab_with_a_history_is_left_as_it_is(
    lab: Lab, repository: TestRepository, merged: dict[str, str]
) -> None:
    lab.add_entity("note", id="n")
    with pytest.raises(LogMovedError):
        lab.import_git(repository.path)
    assert (lab.seq, sorted(lab.entities)) == (1, ["n"])


def test_a_folder_without_commits_opens_nothing(repository: TestRepository, tmp_path: Path) -> None:
    store = tmp_path / "store.nerv"
    with pytest.raises(ValidationError, match="path: the repository 'project' has no commits"):
        nl.from_git(repository.path, str(store))
    with pytest.raises(ValidationError, match="path: there is no git repository at"):
        nl.from_git(tmp_path / "nowhere", str(store))
    assert not store.exists()


def test_a_repository_opens_as_a_lab(
    repository: TestRepository,
    merged: dict[str, str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with nl.from_git(repository.path, str(tmp_path / "store.nerv")) as lab:
        assert lab.head
    assert "tag v1: is called 'git-v1' here" in caplog.text
    with pytest.raises(LogMovedError):
        nl.from_git(repository.path, str(tmp_path / "store.nerv"))


def test_without_the_library_it_is_said_how_to_get_it(
    repository: TestRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dulwich.repo", None)
    with pytest.raises(MissingLibraryError, match=r"needs dulwich.*pip install 'nerv-lab\[git\]'"):
        nl.from_git(repository.path)
