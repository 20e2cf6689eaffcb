from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from exchange.paper import PaperLab
from packaging.requirements import Requirement

from nerv_lab.core.graph.changes import (
    CreateEntity,
    CreateRelation,
    UpdateEntity,
)
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.exchange.environment.distributions import Installed
from nerv_lab.exchange.environment.environment import plan_environment, sync_environment
from nerv_lab.lab.import_reports import ImportReport

TOOL = Installed(
    "tool",
    "Tool",
    "1.0",
    summary="A tool",
    authors={"Ada": "ada@example.org"},
    licences=("MIT",),
    requirements=(
        Requirement("base>=2"),
        Requirement("gone; extra == 'more'"),
        Requirement("tox<1; python_version < '3'"),
    ),
    extras=("more", "less"),
    entry_points={"console_scripts": {"tool": "tool:main"}},
)
BASE = Installed("base", "base", "1.5")
Sync = Callable[..., ImportReport]


@pytest.fixture
def sync(paper: PaperLab) -> Sync:
    """Return what brings the lab up to date with some distributions."""

    def bring(*installed: Installed) -> ImportReport:
        changes, report = plan_environment(paper.state, {dist.key: dist for dist in installed})
        if changes:
            paper.apply(changes)
        return report

    return bring


def types(paper: PaperLab) -> dict[str, str]:
    return {entity.id: entity.type for entity in paper.state.entities.values()}


def properties(paper: PaperLab, key: str) -> Mapping[str, Any]:
    item = paper.state.get(key)
    assert item is not None
    return item.properties


def test_a_distribution_comes_with_all_that_belongs_to_it(paper: PaperLab, sync: Sync) -> None:
    sync(TOOL, BASE)
    assert types(paper) == {
        "dist:tool": "distribution",
        "dist:base": "distribution",
        "dist:gone": "missing requirement",
        "dist:tox": "missing requirement",
        "author:ada": "author",
        "licence:mit": "licence",
        "entry_points:console_scripts": "entry point group",
    }
    assert set(paper.state.relations) == {
        "requires:dist:tool->dist:base",
        "requires:dist:tool->dist:gone",
        "requires:dist:tool->dist:tox",
        "written_by:dist:tool->author:ada",
        "licensed_under:dist:tool->licence:mit",
        "provides:dist:tool->entry_points:console_scripts",
    }


def test_a_requirement_tells_whether_it_applies_and_is_met(paper: PaperLab, sync: Sync) -> None:
    sync(TOOL, BASE)
    assert properties(paper, "r:requires:dist:tool->dist:base") == {
        "specifier": ">=2",
        "applies": True,
        "satisfied": False,
    }
    assert properties(paper, "r:requires:dist:tool->dist:gone") == {
        "marker": 'extra == "more"',
        "applies": False,
        "optional_for": ["more"],
        "satisfied": False,
    }


def test_a_missing_requirement_tells_whether_it_is_needed(paper: PaperLab, sync: Sync) -> None:
    sync(TOOL)
    needed = {id: properties(paper, f"e:dist:{id}")["needed"] for id in ("base", "gone", "tox")}
    assert needed == {"base": True, "gone": False, "tox": False}


def test_two_requirements_on_one_distribution_are_both_kept(paper: PaperLab, sync: Sync) -> None:
    twice = (Requirement("base>=1"), Requirement("base[fast]<3; python_version >= '3'"))
    sync(replace(TOOL, requirements=twice), BASE)
    assert properties(paper, "r:requires:dist:tool->dist:base#2")["extras"] == ["fast"]


def test_a_second_synchronisation_sends_nothing(paper: PaperLab, sync: Sync) -> None:
    sync(TOOL, BASE)
    report = sync(TOOL, BASE)
    assert len(paper.reasons) == 1
    assert (report.added, report.changed, report.removed) == (0, 0, 0)
    assert report.unchanged == 13


def test_an_upgrade_changes_one_entity(paper: PaperLab, sync: Sync) -> None:
    sync(TOOL)
    report = sync(replace(TOOL, version="1.1"))
    assert (report.added, report.changed, report.removed) == (0, 1, 0)
    assert properties(paper, "e:dist:tool")["version"] == "1.1"


def test_a_property_that_no_longer_holds_is_removed(paper: PaperLab, sync: Sync) -> None:
    sync(replace(TOOL, home_page="https://example.org"))
    sync(TOOL)
    assert "home_page" not in properties(paper, "e:dist:tool")


def test_what_gets_installed_is_missing_no_more(paper: PaperLab, sync: Sync) -> None:
    sync(TOOL)
    sync(TOOL, BASE)
    assert types(paper)["dist:base"] == "distribution"
    assert properties(paper, "e:dist:base") == {"version": "1.5"}


def test_what_is_gone_is_removed_with_all_that_only_it_used(paper: PaperLab, sync: Sync) -> None:
    sync(TOOL, BASE)
    report = sync(BASE)
    assert types(paper) == {"dist:base": "distribution"}
    assert (report.entities.removed, report.relations.removed) == (6, 6)


def test_items_of_others_are_left_alone(paper: PaperLab, sync: Sync) -> None:
    paper.apply(
        [
            CreateEntity("me", "person", EntityMetadata(tags=("environment",))),
            CreateEntity("dist:base", "note", EntityMetadata("mine")),
        ]
    )
    report = sync(TOOL, BASE)
    sync()
    assert types(paper) == {"me": "person", "dist:base": "note"}
    assert str(report.problems[0]).startswith("dist:base: left alone")


def test_what_was_added_to_its_items_stays(paper: PaperLab, sync: Sync) -> None:
    sync(TOOL)
    paper.apply([UpdateEntity("dist:tool", tags=("environment", "liked"), properties={"stars": 5})])
    sync(replace(TOOL, version="2"))
    tool = paper.state.entities["dist:tool"]
    assert (tool.tags, tool.properties["stars"]) == (("environment", "liked"), 5)


def test_a_distribution_that_others_use_stays_when_it_is_gone(paper: PaperLab, sync: Sync) -> None:
    sync(TOOL, BASE)
    paper.apply(
        [
            CreateEntity("me", "person"),
            CreateRelation("uses", "me", "dist:tool", "uses"),
        ]
    )
    report = sync(BASE)
    assert types(paper)["dist:tool"] == "uninstalled distribution"
    assert properties(paper, "e:dist:tool") == {}
    assert "kept: relations of yours use it" in str(report.problems[0])
    sent = len(paper.reasons)
    sync(BASE)
    assert len(paper.reasons) == sent


def test_an_author_whose_name_is_too_long_is_left_out(paper: PaperLab, sync: Sync) -> None:
    report = sync(replace(TOOL, authors={"x" * 600: None}))
    assert report.problems[0].what == "left out this author: its name has 600 characters"


def test_this_interpreter_synchronises_and_is_then_in_step(paper: PaperLab) -> None:
    first, second = sync_environment(paper), sync_environment(paper)
    assert "dist:packaging" in paper.state.entities
    assert (first.added, len(paper.reasons)) == (second.unchanged, 1)
