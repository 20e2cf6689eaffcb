"""Whatever was done to a graph, a bundle tells all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.graphs import changes

from nerv_lab.core.errors import NervError
from nerv_lab.inner_universe import EmbeddedInnerUniverse, MockInnerUniverse
from nerv_lab.lab import Lab

steps = st.lists(
    changes | st.sampled_from(["commit", "switch", "merge", "rollback", "tag", "reset"]),
    max_size=20,
)


def take(lab: Lab, step: Any) -> None:
    """Take a step where the rules allow it."""
    try:
        match step:
            case "commit":
                lab.commit("some")
            case "switch":
                lab.switch("aside" if lab.branch_name == "main" else "main")
            case "merge":
                other = "aside" if lab.branch_name == "main" else "main"
                lab.preview(other).resolve("theirs").commit()
            case "rollback":
                lab.rollback("v1")
            case "tag":
                lab.tag("here")
            case "reset":
                lab.reset("v1", force=True)
            case change:
                lab.apply([change], reason="ä reason")
    except NervError:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles")


@given(wanted=steps)
@settings(max_examples=60)
def test_a_bundle_of_any_history_is_taken_in_and_exported_alike(
    folder: Path, wanted: list[Any]
) -> None:
    first, second = folder / "first.bundle", folder / "second.bundle"
    with Lab(MockInnerUniverse(), author="ann") as lab, Lab(EmbeddedInnerUniverse()) as copy:
        lab.commit("first")
        lab.create_branch("aside")
        for step in wanted:
            take(lab, step)
        report = lab.export(first, overwrite=True)
        assert copy.import_bundle(first).new_events == report.events == lab.seq
        copy.export(second, overwrite=True)
        assert second.read_bytes() == first.read_bytes()
        assert copy.switch(lab.branch_name).state == lab.state
        assert copy.verify().ok
