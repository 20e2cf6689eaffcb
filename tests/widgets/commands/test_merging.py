from __future__ import annotations

from typing import Any

import pytest
from shared.widgets import ask, error, result

import nerv_lab as nl
from nerv_lab.core.history.conflicts import Take
from nerv_lab.widgets import Explorer


def diverge(lab: Any) -> None:
    """Change one property and one name on both sides, and something on either."""
    lab.add_entity("person", name="Ada", id="ada", properties={"born": 1815})
    lab.add_entity("machine", name="Engine", id="engine")
    lab.commit("first")
    with lab.branch("what-if"):
        lab.update("ada", name="Countess", properties={"born": 1816, "died": 1852})
        lab.add_entity("text", name="Note G", id="note")
        lab.delete("engine")
        lab.commit("theirs")
    lab.update("ada", name="Augusta", properties={"born": 1814})
    lab.update("engine", properties={"built": False})
    lab.commit("ours")


@pytest.fixture
def merging(lab: Any) -> Any:
    diverge(lab)
    made = Explorer(lab)
    yield made
    made.close()


BORN = {"key": "e:ada", "path": ["properties", "born"]}
NAME = {"key": "e:ada", "path": ["name"]}
ENGINE = {"key": "e:engine", "path": []}
DECIDED = [
    {**BORN, "take": "value", "kind": "int", "text": "1817"},
    {**NAME, "take": "theirs"},
    {**ENGINE, "take": "theirs"},
]


def test_a_preview_counts_and_lists_what_a_merge_would_do(merging: Any, lab: Any) -> None:
    before = lab.head
    found = result(merging, "preview", source="what-if")
    assert (found["source"], found["branch"], found["done"]) == ("what-if", "main", False)
    assert found["counts"] == {"added": 1, "changed": 1, "removed": 0}
    assert [row["title"] for row in found["changes"]] == ["person Augusta", "text Note G"]
    assert [(c["where"], c["kind"], c["title"]) for c in found["conflicts"]] == [
        ("e:ada.name", "value", "person Augusta"),
        ("e:ada.properties.born", "value", "person Augusta"),
        ("e:engine", "deleted", "machine Engine"),
    ]
    born = found["conflicts"][1]["sides"]
    assert [born[side]["text"] for side in ("ours", "theirs", "base")] == ["1814", "1816", "1815"]
    assert born["ours"]["kind"] == "int"
    assert found["conflicts"][2]["sides"]["theirs"] == {"text": "deleted", "absent": True}
    assert lab.head == before


def test_resolving_piecewise_leaves_the_rest(merging: Any) -> None:
    found = result(merging, "preview", source="what-if", resolutions=[{**NAME, "take": "ours"}])
    assert [c["where"] for c in found["conflicts"]] == ["e:ada.properties.born", "e:engine"]
    assert found["resolved"] == [["e:ada", ["name"]]]


def test_a_merge_from_the_browser_equals_that_from_a_cell(merging: Any, lab: Any) -> None:
    seen = result(merging, "preview", source="what-if", resolutions=DECIDED)
    assert seen["conflicts"] == []
    sides = {"ours": seen["ours"]["id"], "theirs": seen["theirs"]["id"]}
    made = result(merging, "merge", source="what-if", resolutions=DECIDED, **sides)
    assert lab.head.id == made["id"]
    assert lab.head.parents == (sides["ours"], sides["theirs"])
    with nl.open() as other:
        diverge(other)
        other.merge(
            "what-if",
            resolutions={
                ("e:ada", ("properties", "born")): Take(1817),
                ("e:ada", ("name",)): "theirs",
                ("e:engine", ()): "theirs",
            },
        )
        assert other.head.data_hash == lab.head.data_hash
        assert other.head.description == lab.head.description == "merge what-if"


def test_a_merge_with_conflicts_left_is_refused_and_changes_nothing(merging: Any, lab: Any) -> None:
    seen, state = result(merging, "preview", source="what-if"), lab.state
    sides = {"ours": seen["ours"]["id"], "theirs": seen["theirs"]["id"]}
    told = error(merging, "merge", source="what-if", resolutions=DECIDED[:1], **sides)
    assert told["kind"] == "ConflictError"
    assert "2 conflicts left" in told["text"]
    assert lab.state is state


def test_a_merge_of_what_has_moved_since_it_was_seen_is_refused(merging: Any, lab: Any) -> None:
    seen = result(merging, "preview", source="what-if", resolutions=DECIDED)
    lab.commit("meanwhile")
    sides = {"ours": seen["ours"]["id"], "theirs": seen["theirs"]["id"]}
    told = error(merging, "merge", source="what-if", resolutions=DECIDED, **sides)
    assert "moved since" in told["text"]
    assert lab.head.description == "meanwhile"


def test_a_typed_value_of_the_wrong_kind_is_refused_beside_its_conflict(merging: Any) -> None:
    wrong = [{**BORN, "take": "value", "kind": "int", "text": "long ago"}]
    told = error(merging, "preview", source="what-if", resolutions=wrong)
    assert told["field"] == "e:ada.properties.born"
    assert told["reason"] == "'long ago' is not a whole number, such as 1815"


def test_uncommitted_changes_stand_in_the_way_and_say_so(merging: Any, lab: Any) -> None:
    lab.update("ada", properties={"x": 1})
    told = error(merging, "preview", source="what-if")
    assert told["text"].endswith("commit before you merge")


def test_what_is_merged_already_is_said_to_be_done(merging: Any, lab: Any) -> None:
    lab.create_branch("old", "v1")
    assert result(merging, "preview", source="old")["done"] is True


def test_a_relation_that_lost_its_end_is_a_conflict_in_words(lab: Any) -> None:
    lab.add_entity("person", name="Ada", id="ada")
    lab.add_entity("text", name="Note G", id="note")
    lab.commit("first")
    with lab.branch("what-if"):
        lab.delete("note")
        lab.commit("gone")
    lab.relate("ada", "wrote", "note", id="wrote")
    lab.commit("written")
    widget = Explorer(lab)
    (conflict,) = result(widget, "preview", source="what-if")["conflicts"]
    assert (conflict["kind"], conflict["title"]) == ("dangling", "Ada -wrote-> Note G")
    assert conflict["sides"]["ours"]["text"] == "bring back text Note G"
    assert conflict["sides"]["theirs"]["text"] == "drop the relation"


@pytest.mark.parametrize(
    "resolutions",
    [
        "ours", 3, ["ours"], [{"take": "ours"}], [{**BORN, "take": "mine"}], [BORN],
        [{**BORN, "path": "born", "take": "ours"}], [{**BORN, "take": ["ours"]}],
    ],
)  # fmt: skip
def test_resolutions_that_make_no_sense_are_refused(merging: Any, resolutions: Any) -> None:
    reply = ask(merging, "preview", source="what-if", resolutions=resolutions)
    assert reply["error"]["field"] == "resolutions"


def test_an_unknown_source_is_refused(merging: Any) -> None:
    assert error(merging, "preview", source="nowhere")["kind"] == "VersionNotFoundError"
    assert error(merging, "preview")["field"] == "source"
