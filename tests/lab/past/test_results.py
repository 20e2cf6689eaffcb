from __future__ import annotations

import pytest

from nerv_lab.inner_universe.contract.client import Problem
from nerv_lab.lab import Lab, VerifyReport


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.add_entity("person", "Ada", id="ada", properties={"born": 1815})
    lab.commit("one")
    lab.update("ada", properties={"born": 1816})
    lab.add_entity("text", "<b>Note</b>", id="note")
    lab.relate("ada", "wrote", "note", id="wrote")
    return lab


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
    assert repr(report) == "1 problem:\n  event 3: is gone"
