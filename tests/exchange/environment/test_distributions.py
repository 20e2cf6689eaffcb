from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.exchange.environment.distributions import Installed, read_installed

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Return what lays a distribution down in a folder, as an installer would."""

    def lay_down(folder: str, *headers: str, entry_points: str = "") -> Path:
        info = tmp_path / folder
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            "\n".join(["Metadata-Version: 2.4", *headers, ""]), encoding="utf-8"
        )
        if entry_points:
            (info / "entry_points.txt").write_text(entry_points, encoding="utf-8")
        return tmp_path

    return lay_down


def only(path: Path) -> Installed:
    installed, problems = read_installed(path)
    assert problems == []
    (found,) = installed.values()
    return found


def complaints(path: Path) -> list[str]:
    return [str(problem) for problem in read_installed(path)[1]]


def test_names_are_normalised_and_kept_as_written(install: Install) -> None:
    found = only(install("My_Tool-1.0.dist-info", "Name: My_Tool", "Version: 1.0"))
    assert (found.key, found.name, found.version) == ("my-tool", "My_Tool", "1.0")


def test_authors_are_people_with_addresses(install: Install) -> None:
    path = install(
        "a-1.dist-info",
        "Name: a",
        "Version: 1",
        'Author-email: Ada Lovelace <ada@example.org>, "Babbage, C." <cb@example.org>',
        "Author: Ada LOVELACE",
    )
    assert only(path).authors == {
        "Ada Lovelace": "ada@example.org",
        "Babbage, C.": "cb@example.org",
    }


def test_a_licence_expression_is_taken_apart(install: Install) -> None:
    path = install(
        "a-1.dist-info", "Name: a", "Version: 1", "License-Expression: mit or (apache-2.0 and MIT)"
    )
    found = only(path)
    assert found.licences == ("MIT", "Apache-2.0")
    assert found.licence_expression == "MIT OR (Apache-2.0 AND MIT)"


def test_classifiers_name_the_licence_where_there_is_no_expression(install: Install) -> None:
    path = install(
        "a-1.dist-info",
        "Name: a",
        "Version: 1",
        "License: see below",
        "Classifier: License :: OSI Approved :: MIT License",
        "Classifier: Topic :: Database",
    )
    assert only(path).licences == ("MIT License",)


def test_the_text_of_a_licence_is_not_its_name(install: Install) -> None:
    assert (
        only(install("a-1.dist-info", "Name: a", "Version: 1", f"License: {'word ' * 40}")).licences
        == ()
    )


def test_an_invalid_licence_expression_is_reported(install: Install) -> None:
    path = install("a-1.dist-info", "Name: a", "Version: 1", "License-Expression: No Such Thing")
    assert complaints(path)[0].startswith("a: invalid License-Expression 'No Such Thing'")


def test_entry_points_are_grouped(install: Install) -> None:
    path = install(
        "a-1.dist-info",
        "Name: a",
        "Version: 1",
        entry_points="[console_scripts]\na = a:main\n[x]\ny = z\n",
    )
    assert only(path).entry_points == {"console_scripts": {"a": "a:main"}, "x": {"y": "z"}}


def test_an_invalid_requirement_is_reported_and_the_others_are_read(install: Install) -> None:
    path = install(
        "a-1.dist-info",
        "Name: a",
        "Version: 1",
        "Requires-Dist: ???",
        "Requires-Dist: b>=1",
    )
    installed, problems = read_installed(path)
    assert [str(r) for r in installed["a"].requirements] == ["b>=1"]
    assert problems[0].where == "a"
    assert problems[0].what.startswith("invalid requirement '???'")


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (["Version: 1"], "a-1.dist-info: metadata without Name"),
        (["Name: a"], "a-1.dist-info: metadata without Version"),
    ],
)
def test_metadata_without_what_it_needs_is_reported(
    install: Install, headers: list[str], why: str
) -> None:
    path = install("a-1.dist-info", *headers)
    assert complaints(path) == [why]


def test_metadata_that_is_no_text_is_reported(install: Install) -> None:
    path = install("a-1.dist-info")
    (path / "a-1.dist-info" / "METADATA").write_bytes(b"Name: \xff\xfe")
    assert complaints(path)[0].startswith("a-1.dist-info: unreadable metadata")


def test_a_folder_without_metadata_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a-1.dist-info").mkdir()
    assert len(complaints(tmp_path)) == 1


def test_of_two_in_one_folder_the_newer_is_kept(install: Install) -> None:
    install("a-10.dist-info", "Name: a", "Version: 10")
    path = install("a-9.dist-info", "Name: a", "Version: 9")
    installed, problems = read_installed(path)
    assert installed["a"].version == "10"
    assert [str(p) for p in problems] == ["a: metadata of 9 as well; kept 10"]


def test_of_two_folders_the_earlier_wins(install: Install) -> None:
    install("near/a-1.dist-info", "Name: a", "Version: 1")
    path = install("far/a-2.dist-info", "Name: a", "Version: 2")
    installed, _ = read_installed([path / "near", path / "far"])
    assert installed["a"].version == "1"


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"path: .* is not a folder"):
        read_installed(tmp_path / "none")


def test_this_interpreter_has_distributions() -> None:
    installed, _ = read_installed()
    assert "packaging" in installed
