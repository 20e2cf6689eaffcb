from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from exchange.paper import PaperLab
from pydantic import BaseModel

from nerv_lab.core.errors import EntityNotFoundError, NervError, RelationNotFoundError
from nerv_lab.core.graph.changes import REMOVE, CreateEntity, CreateRelation
from nerv_lab.core.graph.model import RelationMetadata
from nerv_lab.exchange import networkx_view, set_properties
from nerv_lab.lab import Lab


def properties(lab: PaperLab, id: str) -> dict[str, Any]:
    item = lab.state.entity(id) or lab.state.relation(id)
    assert item is not None
    return dict(item.properties)


def test_scores_become_a_property_in_one_batch(library: PaperLab) -> None:
    report = set_properties(library, nx.degree_centrality(networkx_view(library)), "degree")
    assert (report.changed, library.reasons) == (2, ["set degree"])
    assert properties(library, "ada") == {"born": 1815, "degree": 1.0}


def test_a_record_of_the_lab_among_what_was_computed_is_left_out_and_named(lab: Lab) -> None:
    class Planet(BaseModel):
        pass

    lab.add_entity("planet", id="venus")
    lab.schemas.define("planet", Planet)
    report = lab.set_properties(dict.fromkeys(lab.nx, 1.0), "rank")
    assert [problem.where for problem in report.problems] == [repr(lab.entity("nerv:schemas"))]
    assert lab.entity("venus").properties["rank"] == 1.0


def test_a_second_time_writes_nothing(library: PaperLab) -> None:
    set_properties(library, {"ada": 0.5}, "score")
    report = set_properties(library, {"ada": 0.5}, "score")
    assert (report.unchanged, library.reasons) == (1, ["set score"])


def test_edges_are_named_as_networkx_names_them(library: PaperLab) -> None:
    view = networkx_view(library)
    set_properties(library, nx.edge_betweenness_centrality(view), "flow")
    assert properties(library, "w") == {"flow": 0.5}
    set_properties(library, {("ada", "note"): 1}, "flow")
    assert properties(library, "w") == {"flow": 1}
    set_properties(library, {("note", "ada", "w"): 2}, "flow")
    assert properties(library, "w") == {"flow": 2}


def test_an_item_is_a_key_itself(library: PaperLab) -> None:
    ada, wrote = library.state.entities["ada"], library.state.relations["w"]
    set_properties(library, {ada: "a", wrote: "w"}, "mark")
    assert (properties(library, "ada")["mark"], properties(library, "w")["mark"]) == ("a", "w")


def test_dicts_and_frames_set_several_properties(library: PaperLab) -> None:
    set_properties(library, {"ada": {"x": 1, "born": REMOVE}, "w": {"y": 2}})
    assert (properties(library, "ada"), properties(library, "w")) == ({"x": 1}, {"y": 2})
    frame = pd.DataFrame({"x": [3, 4], "z": [1.5, np.nan]}, index=["ada", "note"])
    set_properties(library, frame)
    assert properties(library, "ada") == {"x": 3, "z": 1.5}
    assert properties(library, "note") == {"x": 4}


def test_a_series_is_named_by_itself_or_by_the_call(library: PaperLab) -> None:
    series = pd.Series({"ada": np.int64(7), "note": None}, name="rank", dtype="Int64")
    set_properties(library, series)
    set_properties(library, series, "place")
    assert properties(library, "ada") == {"born": 1815, "rank": 7, "place": 7}
    assert properties(library, "note") == {}


@pytest.mark.parametrize(
    ("values", "name", "why"),
    [
        ({"ada": 1, "eve": 2}, "x", "no entity 'eve'; only what is there can be given a value"),
        ({("ada", "eve"): 1}, "x", "no relation"),
        ({("eve", "ada", "w"): 1}, "x", "no relation 'w'"),
        ({("ada",): 1}, "x", r"values: \('ada',\) is not an edge"),
        ({7: 1}, "x", "values: 7 is not an entity, a relation, an id or an edge"),
        ({"ada": float("nan")}, "x", "properties.x: for <Entity person 'Ada' id='ada'>: nan is"),
        ({"ada": object()}, "x", "properties.x: for <Entity person"),
        ({"ada": 1}, None, "name: say which property the values are: 'ada' has 1"),
        ({"ada": 1}, 7, "name: must be text, not 7"),
        ([1, 2], "x", "values: must be a mapping from items to values, not list"),
        (pd.DataFrame({"x": [1]}, index=["ada"]), "x", "name: the columns of a frame name"),
        (pd.Series({"ada": 1}), None, "name: say which property the values are"),
    ],
)
def test_what_cannot_be_written_back_changes_nothing(
    library: PaperLab, values: Any, name: Any, why: str
) -> None:
    with pytest.raises(NervError, match=f"^{why}"):
        set_properties(library, values, name)
    assert library.reasons == []


def test_an_edge_that_may_be_several_relations_is_refused(library: PaperLab) -> None:
    library.apply([CreateRelation("v", "ada", "note", "signed", RelationMetadata())])
    with pytest.raises(NervError, match="may be any of 'v', 'w'; give the id as well"):
        set_properties(library, {("ada", "note"): 1}, "x")


def test_an_id_of_both_an_entity_and_a_relation_needs_the_item(library: PaperLab) -> None:
    library.apply([CreateEntity("w", "place")])
    with pytest.raises(NervError, match="'w' is both"):
        set_properties(library, {"w": 1}, "x")
    set_properties(library, {library.state.entities["w"]: 1, library.state.relations["w"]: 2}, "x")
    assert library.state.entities["w"].properties == {"x": 1}
    assert library.state.relations["w"].properties == {"x": 2}


def test_an_item_of_the_past_has_to_be_there_now(library: PaperLab) -> None:
    ada, wrote = library.state.entities["ada"], library.state.relations["w"]
    with pytest.raises(EntityNotFoundError):
        set_properties(PaperLab(), {ada: 1}, "x")
    with pytest.raises(RelationNotFoundError):
        set_properties(PaperLab(), {wrote: 1}, "x")


def test_the_lab_writes_back_with_a_reason(lab: Lab) -> None:
    lab.add_entity("person", id="ada")
    lab.set_properties({"ada": 0.25}, "score", reason="centrality")
    assert lab.entity("ada").properties == {"score": 0.25}
    assert lab.history("ada")[-1].reason == "centrality"
