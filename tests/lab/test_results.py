from __future__ import annotations

import pytest

from nerv_lab.inner_universe.client import Problem
from nerv_lab.lab import Lab, VerifyReport


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.add_entity("person", "Ada", id="ada", properties={"born": 1815})
    lab.commit("one")
    lab.update("ada", properties={"born": 1816})
    lab.add_entity("text", "<b>Note</b>", id="note")
    lab.relate("ada", "wrote", "note", id="wrote")
    return lab


def test_a_difference_counts_by_kind(lab: Lab) -> None:
    diff = lab.diff()
    assert [c.key for c in diff.added] == ["e:note", "r:wrote"]
    assert [c.key for c in diff.changed] == ["e:ada"]
    assert diff.removed == ()
    assert len(diff) == 3
    assert diff[0] in diff


def test_a_difference_calls_the_ends_of_a_relation_by_name(lab: Lab) -> None:
    assert "+ Ada -wrote-> <b>Note</b>" in repr(lab.diff())


def test_a_difference_in_html_shows_markup_in_data_as_text(lab: Lab) -> None:
    html = lab.diff()._repr_html_()
    assert "&lt;b&gt;Note&lt;/b&gt;" in html
    assert "<b>" not in html


def test_a_long_difference_is_cut_and_says_so(lab: Lab) -> None:
    with lab.transaction():
        for n in range(60):
            lab.add_entity("thing", id=f"t{n}")
    assert repr(lab.diff()).endswith("… and 13 more; see .to_pandas()")
    assert "(the first 50 shown)" in lab.diff()._repr_html_()


def test_a_difference_is_a_frame_with_a_row_for_each_property(lab: Lab) -> None:
    frame = lab.diff().to_pandas()
    assert frame[["kind", "id", "property"]].to_numpy().tolist() == [
        ["changed", "ada", "properties.born"],
        ["added", "note", None],
        ["added", "wrote", None],
    ]
    assert frame["old"].iloc[0] == 1815
    assert lab.diff("v1", "v1").to_pandas().shape == (0, 6)


def test_the_log_shows_itself_as_a_table_and_a_frame(lab: Lab) -> None:
    lab.commit("<two>")
    log = lab.log()
    assert "&lt;two&gt;" in log._repr_html_()
    assert log.to_pandas()["label"].tolist() == ["v2", "v1"]
    assert [e.label for e in log[1:]] == ["v1"]
    assert log[0].names == ("head",)


def test_an_empty_log_says_what_to_do(lab: Lab) -> None:
    assert "lab.commit" in repr(lab.log()[:0])


def test_a_report_with_problems_lists_them_and_is_false() -> None:
    report = VerifyReport((Problem("event 3", "is gone"),), 1, 4)
    assert not report
    assert repr(report) == "1 problem(s):\n  event 3: is gone"
