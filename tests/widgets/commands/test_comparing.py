from __future__ import annotations

from typing import Any

import pytest
from shared.widgets import ask, error, result

from nerv_lab.core.errors import EventNotFoundError
from nerv_lab.widgets import Explorer, GraphView


@pytest.fixture
def grown(lab: Any) -> Any:
    """Two versions, and a change that is not committed."""
    lab.add_entity("person", name="Ada", id="ada", properties={"born": 1814})
    lab.add_entity("person", name="Byron", id="byron")
    lab.relate("byron", "father of", "ada", id="father")
    lab.commit("first")
    lab.delete("byron", cascade=True)
    lab.add_entity("text", name="Note G", id="note")
    lab.commit("second")
    lab.update("ada", properties={"born": 1815})
    made = Explorer(lab)
    yield made
    made.close()


def test_a_comparison_counts_lists_and_marks_what_differs(grown: Any) -> None:
    found = result(grown, "compare", base="v1")
    assert found["base"]["label"] == "v1"
    assert found["counts"] == {"added": 1, "changed": 1, "removed": 2}
    assert found["kinds"] == {
        "ada": "changed", "byron": "removed", "father": "removed", "note": "added",
    }  # fmt: skip
    (changed,) = [row for row in found["changes"] if row["kind"] == "changed"]
    assert changed["title"] == "person Ada"
    assert changed["fields"] == [
        {"name": "properties.born", "old": "1814", "new": "1815", "kind": "changed"}
    ]


def test_what_is_gone_can_be_drawn(grown: Any) -> None:
    gone = result(grown, "compare", base="v1")["gone"]
    assert gone["nodes"] == [{"id": "byron", "name": "Byron", "type": "person", "look": {}}]
    assert [(e["id"], e["from"], e["to"], e["type"]) for e in gone["edges"]] == [
        ("father", "byron", "ada", "father of")
    ]


def test_a_comparison_is_with_what_is_shown(grown: Any) -> None:
    grown.version = "v1"
    assert result(grown, "compare", base="v2")["counts"] == {
        "added": 2, "changed": 0, "removed": 1,
    }  # fmt: skip
    assert result(grown, "compare", base="v1")["changes"] == []


def test_a_summary_is_of_one_version_against_the_one_before(grown: Any) -> None:
    assert result(grown, "summary", version="v1")["counts"]["added"] == 3
    second = result(grown, "summary", version="v2")
    assert second["counts"] == {"added": 1, "changed": 0, "removed": 2}
    assert len(second["changes"]) == 3


def test_a_position_between_versions_is_shown_and_said_in_words(grown: Any, lab: Any) -> None:
    shown = result(grown, "at", seq=2)
    assert shown == {"version": None, "position": 2}
    assert set(grown.shown_state.entities) == {"ada", "byron"}
    assert not grown.shown_state.relations
    row = grown._feed.board.meta["shown"]
    assert (row["id"], row["label"], row["seq"]) == (None, "event 2", 2)
    assert row["description"] == "added person Byron"
    result(grown, "at", seq=lab.seq)
    assert grown._feed.board.meta["shown"]["description"] == ("changed person Ada: properties.born")
    result(grown, "at", seq=4)
    assert grown._feed.board.meta["shown"]["description"] == "state version committed"
    result(grown, "at", seq=0)
    assert grown._feed.board.meta["shown"]["description"] == "before the first event"
    result(grown, "live")
    assert grown._feed.board.meta["shown"] is None


def test_version_and_position_take_each_others_place(grown: Any) -> None:
    grown.position = 1
    grown.version = "v1"
    assert grown.position is None
    assert grown._feed.board.meta["shown"]["label"] == "v1"
    grown.position = 1
    assert grown.version is None
    assert len(grown.shown_state.entities) == 1
    grown.position = None
    assert grown._feed.board.meta["shown"] is None


def test_a_position_can_be_given_from_the_start(lab: Any) -> None:
    lab.add_entity("person")
    lab.add_entity("person")
    assert len(GraphView(lab, position=1).shown_state.entities) == 1


def test_a_position_that_is_not_in_the_log_is_refused_and_nothing_changes(grown: Any) -> None:
    grown.position = 1
    with pytest.raises(EventNotFoundError):
        grown.position = 99
    assert grown.position == 1
    assert error(grown, "at", seq=-1)["kind"] == "EventNotFoundError"
    assert error(grown, "at", seq=True)["field"] == "version"


def test_a_position_is_restored_as_a_new_version(grown: Any, lab: Any) -> None:
    result(grown, "at", seq=2)
    result(grown, "rollback", seq=2)
    assert set(lab.entities) == {"ada", "byron"}
    assert lab.version_label(lab.head) == "v3"
    assert grown.position is None


def test_a_branch_says_where_it_can_first_be_looked_at(lab: Any, grown: Any) -> None:
    lab.commit("third")
    result(grown, "create_branch", name="aside")
    first = grown._feed.board.meta["first"]
    assert first == lab.first_seq == lab.seq
    assert error(grown, "at", seq=first - 1)["kind"] == "EventNotFoundError"
    assert ask(grown, "at", seq=first)["ok"]


def test_a_tag_between_versions_is_refused(grown: Any, lab: Any) -> None:
    result(grown, "at", seq=2)
    assert error(grown, "tag", name="odd")["kind"] == "VersionNotFoundError"
    assert lab.tags == {}


def test_an_unknown_base_is_refused(grown: Any) -> None:
    assert error(grown, "compare", base="v9")["kind"] == "VersionNotFoundError"
    assert error(grown, "summary")["field"] == "version"
