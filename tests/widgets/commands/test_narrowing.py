"""The commands by which the browser chooses what is shown."""

from __future__ import annotations

from typing import Any

import pytest
from shared.widgets import error, result

from nerv_lab.widgets import Timeline
from nerv_lab.widgets.shown.groups import group_id


@pytest.fixture
def view(lab: Any) -> Any:
    lab.add_entity("person", id="a", tags=["poet"], properties={"born": 1788, "name": "x"})
    lab.add_entity("person", id="b", tags=["poet", "maker"])
    lab.add_entity("text", id="c")
    lab.relate("a", "knows", "b")
    lab.relate("a", "wrote", "c")
    return lab.explorer()


def test_the_facets_say_what_there_is_to_filter_by(view: Any) -> None:
    assert result(view, "facets") == {
        "types": [["person", 2], ["text", 1]],
        "tags": [["poet", 2], ["maker", 1]],
        "properties": [["born", 1, True], ["name", 1, False]],
        "degree": 2,
        "total": 3,
    }


def test_a_filter_narrows_and_an_empty_one_widens(view: Any) -> None:
    assert result(view, "filter", query="tag:poet") == {"shown": 2, "total": 3}
    assert view.filter == "tag:poet"
    assert view._feed.board.meta["lens"] == {
        "filter": "tag:poet", "around": [], "collapsed": [], "total": 3
    }  # fmt: skip
    assert result(view, "filter", query="") == {"shown": 3, "total": 3}
    assert view._feed.board.meta["lens"] is None
    assert error(view, "filter", query="degree>x")["field"] == "query"
    assert error(view, "filter")["field"] == "query"


def test_expanding_says_what_came(view: Any) -> None:
    view.around = "b"
    assert result(view, "expand", id="a") == {"shown": 3, "total": 3, "added": ["c"]}
    assert error(view, "expand", id="nobody")["kind"] == "EntityNotFoundError"


def test_types_collapse_and_open_again(view: Any) -> None:
    assert result(view, "collapse", type="person") == {"shown": 2, "total": 3}
    group = group_id("person")
    inspected = result(view, "inspect", id=group)
    assert (inspected["title"], inspected["degree"]) == ("person (2)", 1)
    assert result(view, "expand", id=group)["added"] == ["a", "b"]
    assert result(view, "collapse") == {"shown": 2, "total": 3}
    assert result(view, "uncollapse") == {"shown": 3, "total": 3}
    result(view, "collapse")
    assert result(view, "show_all") == {"shown": 3, "total": 3}


def test_a_node_that_is_dragged_is_held_until_it_is_let_go(view: Any) -> None:
    assert result(view, "pin", ids=["a"], places=[[1, 2]]) == {"pinned": 1}
    assert view.pinned == ("a",)
    result(view, "pin", ids=["b"], places=[[3, 4]])
    assert result(view, "unpin", id="a") == {"pinned": 1}
    assert result(view, "unpin") == {"pinned": 0}
    assert error(view, "pin", ids=["a"], places=["left"])["field"] == "positions['a']"
    assert error(view, "pin", ids=["a"], places=[])["field"] == "ids"


def test_a_timeline_has_no_graph_to_narrow(lab: Any) -> None:
    assert "shows no graph" in error(Timeline(lab), "filter", query="")["text"]
