from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from exchange.paper import PaperLab
from hypothesis import given
from shared.graphs import as_plain, states

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.limits import MAX_BYTES
from nerv_lab.core.values import thaw
from nerv_lab.exchange import import_pandas, to_pandas

NODES = pd.DataFrame(
    {"id": ["ada", "note"], "type": ["person", "text"], "name": ["Ada", None], "born": [1815, None]}
).astype({"born": "Int64"})
EDGES = pd.DataFrame({"source": ["ada"], "target": ["note"], "type": ["wrote"], "page": [7]})


def refusal(paper: PaperLab, **given: Any) -> str:
    """Return why an import is refused, having seen that nothing was sent."""
    with pytest.raises(ValidationError) as caught:
        import_pandas(paper, **given)
    assert paper.reasons == []
    return str(caught.value)


def entity(paper: PaperLab, id: str) -> Entity:
    found = paper.state.entity(id)
    assert found is not None
    return found


def test_nodes_and_edges_arrive_in_one_batch(paper: PaperLab) -> None:
    report = import_pandas(paper, NODES, EDGES, reason="first facts")
    assert paper.reasons == ["first facts"]
    assert (report.entities.added, report.relations.added) == (2, 1)


def test_columns_that_are_no_fields_become_properties(paper: PaperLab) -> None:
    import_pandas(paper, NODES, EDGES)
    assert entity(paper, "ada").properties == {"born": 1815}
    assert next(iter(paper.state.relations.values())).properties == {"page": 7}


def test_an_empty_cell_is_absent(paper: PaperLab) -> None:
    import_pandas(paper, NODES)
    assert (entity(paper, "note").name, entity(paper, "note").properties) == (None, {})


def test_a_second_import_sends_nothing(paper: PaperLab) -> None:
    import_pandas(paper, NODES, EDGES)
    report = import_pandas(paper, NODES, EDGES)
    assert len(paper.reasons) == 1
    assert report.unchanged == 3


def test_an_import_updates_what_it_gives_and_leaves_the_rest(library: PaperLab) -> None:
    import_pandas(library, pd.DataFrame({"id": ["ada"], "died": [1852]}))
    ada = entity(library, "ada")
    assert (ada.name, ada.properties) == ("Ada", {"born": 1815, "died": 1852})


def test_integer_ids_become_their_decimal_text(paper: PaperLab) -> None:
    nodes = pd.DataFrame({"id": [1, 2]})
    edges = pd.DataFrame({"source": [1], "target": [2]})
    import_pandas(paper, nodes, edges, entity_type="node", relation_type="edge")
    assert set(paper.state.entities) == {"1", "2"}


def test_unknown_ends_are_created_when_asked(paper: PaperLab) -> None:
    import_pandas(paper, edges=EDGES, entity_type="thing", create_missing=True)
    assert entity(paper, "ada").type == "thing"


def test_parallel_edges_are_both_kept(paper: PaperLab) -> None:
    import_pandas(paper, NODES, pd.concat([EDGES, EDGES]))
    assert set(paper.state.relations) == {"wrote:ada->note", "wrote:ada->note#2"}


def test_a_prefix_makes_a_property_of_a_column_named_as_a_field(paper: PaperLab) -> None:
    import_pandas(paper, NODES.assign(**{"properties.name": "countess"}))
    assert entity(paper, "ada").properties["name"] == "countess"


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ({"type": ["t"]}, "nodes.id: there is no such column; the columns are 'type'"),
        ({"id": ["a"]}, "nodes.type: row 0: there is no such column, and 'a' is new"),
        ({"id": ["a", None], "type": "t"}, "nodes.id: row 1: the cell is empty"),
        ({"id": ["a", "b", "a"], "type": "t"}, "nodes.id: row 2: 'a' is already in row 0"),
        ({"id": [1.0], "type": "t"}, "nodes.id: row 0: 1.0 is not an id"),
        ({"id": [True], "type": "t"}, "nodes.id: row 0: True is not an id"),
        ({"id": ["a", "b"], "type": ["t", None]}, "nodes.type: row 1: the cell is empty"),
        (
            {"id": ["a", "b"], "type": "t", "x": [1.0, float("inf")]},
            "nodes.properties.x: row 1: inf is not a finite number",
        ),
        ({"id": ["a"], "type": ["t"], "x": [object()]}, "nodes.properties.x: row 0: builtins"),
        ({"id": ["a"], "type": ["t"], "tags": [5]}, "nodes.tags: row 0: must be a list"),
        ({"id": ["a"], "type": ["t"], "when": [pd.Timestamp(1)]}, "nodes.when"),
        ({"id": ["a"], "type": ["t"], 7: [1]}, "nodes: column 2 is named 7"),
        ({"id": ["a"], "type": ["t"], "x": [1], "properties.x": [2]}, "nodes.properties.x: row 0"),
    ],
)
def test_bad_nodes_are_refused_with_their_place(
    paper: PaperLab, nodes: dict[Any, Any], why: str
) -> None:
    assert refusal(paper, nodes=pd.DataFrame(nodes)).startswith(why)


@pytest.mark.parametrize(
    ("nodes", "edges", "option"),
    [
        ({"key": ["a"], "type": "t"}, None, "id"),
        ({"id": ["a"]}, None, "entity_type"),
        (None, {"from": ["ada"], "target": ["note"], "type": "t"}, "source"),
        (None, {"source": ["ada"], "to": ["note"], "type": "t"}, "target"),
        ({"id": ["ada"], "type": "t"}, {"source": ["ada"], "target": ["ada"]}, "relation_type"),
    ],
)
def test_what_lacks_a_column_says_which_option_names_it(
    paper: PaperLab, nodes: dict[str, Any] | None, edges: dict[str, Any] | None, option: str
) -> None:
    given = {"nodes": nodes, "edges": edges}
    frames = {name: pd.DataFrame(cells) for name, cells in given.items() if cells is not None}
    assert refusal(paper, **frames).endswith(f" with {option}=…")


@pytest.mark.parametrize(
    ("edges", "why"),
    [
        ({"source": ["ada"], "type": "t"}, "edges.target: there is no such column"),
        ({"source": ["ada"], "target": ["x"], "type": "t"}, "edges.target: row 0: there is no"),
        ({"source": ["ada"], "target": ["note"]}, "edges.type: row 0: there is no such column"),
        (
            {"source": ["ada"], "target": ["note"], "type": ["t"], "strength": ["much"]},
            "edges.strength: row 0: must be a number, not str",
        ),
        (
            {"source": ["note"], "target": ["ada"], "type": ["t"], "id": ["w"]},
            "edges.id: row 0: relation 'w' exists already from 'ada' to 'note'",
        ),
        (
            {"source": ["ada"] * 2, "target": ["note"] * 2, "type": "t", "id": ["r", "r"]},
            "edges.id: row 1: 'r' is already in row 0",
        ),
    ],
)
def test_bad_edges_are_refused_with_their_place(
    library: PaperLab, edges: dict[str, Any], why: str
) -> None:
    assert refusal(library, edges=pd.DataFrame(edges)).startswith(why)


def test_two_columns_of_one_name_are_refused(paper: PaperLab) -> None:
    doubled = pd.concat([NODES, NODES[["born"]]], axis=1)
    assert refusal(paper, nodes=doubled) == "nodes.born: two columns have this name"


def test_an_import_of_nothing_is_refused(paper: PaperLab) -> None:
    assert refusal(paper) == "nodes: give nodes, edges or both"


def test_what_is_no_frame_is_refused(paper: PaperLab) -> None:
    assert refusal(paper, nodes=[1]) == "nodes: must be a pandas.DataFrame, not list"


def test_frames_hold_fields_and_then_properties(library: PaperLab) -> None:
    entities, relations = to_pandas(library)
    assert list(entities.columns) == ["type", "name", "description", "tags", "born"]
    assert relations.loc["w", ["source", "target", "strength"]].tolist() == ["ada", "note", 2.0]


def test_integers_stay_integers_where_cells_are_missing(library: PaperLab) -> None:
    assert to_pandas(library).entities["born"].tolist() == [1815, pd.NA]


def test_times_are_given_when_asked(library: PaperLab) -> None:
    entities = to_pandas(library, times=True).entities
    assert entities.loc["ada", "revision"] == 1
    assert str(entities["created_at"].dtype) == "datetime64[us, UTC]"


def test_an_empty_graph_gives_empty_frames_with_their_columns(paper: PaperLab) -> None:
    entities, relations = to_pandas(paper)
    assert (len(entities), len(relations)) == (0, 0)
    assert "source" in relations.columns


def without_nones(state: GraphState) -> GraphState:
    """Return a state without the properties that are None, which frames cannot tell from none."""
    changed = GraphState.empty()
    for item in state.items():
        record = thaw(item.record())
        properties = item.properties.items()
        record["metadata"]["properties"] = {k: v for k, v in properties if v is not None}
        new = ItemChange.from_data({"old": None, "new": record})
        changed = changed.apply([new])
    return changed


@given(states)
def test_what_goes_out_to_frames_comes_back_the_same(state: GraphState) -> None:
    entities, relations = to_pandas(PaperLab(state))
    back = PaperLab()
    import_pandas(back, entities, relations)
    assert as_plain(back.state) == as_plain(without_nones(state))


@given(states)
def test_a_state_differs_in_nothing_from_its_own_frames(state: GraphState) -> None:
    same = PaperLab(state)
    import_pandas(same, *to_pandas(same))
    assert same.reasons == []


@pytest.mark.parametrize(
    ("times", "dtype"),
    [
        ([dt.datetime(2020, 1, 1, tzinfo=dt.UTC), None], "datetime64[us, UTC]"),
        ([dt.datetime.fromisoformat("2020-01-01"), None], "datetime64[us]"),
        (
            [dt.datetime.fromisoformat("2020-01-01"), dt.datetime(2021, 1, 1, tzinfo=dt.UTC)],
            "object",
        ),
        ([dt.datetime(2020, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))], "object"),
        ([dt.date(2020, 1, 1)], "object"),
    ],
)
def test_times_of_one_kind_have_a_column_of_times(
    paper: PaperLab, times: list[Any], dtype: str
) -> None:
    paper.apply(
        [
            CreateEntity(f"e{n}", "t", EntityMetadata(properties={"at": time}))
            for n, time in enumerate(times)
        ]
    )
    frame = to_pandas(paper).entities
    assert str(frame["at"].dtype) == dtype
    import_pandas(paper, frame)
    assert len(paper.reasons) == 1


def test_a_row_that_is_too_large_is_named(paper: PaperLab) -> None:
    large = pd.DataFrame({"id": ["a", "b"], "type": "t", "text": ["short", "x" * MAX_BYTES]})
    assert "row 1" in refusal(paper, nodes=large)
    linked = pd.DataFrame({"source": ["a"], "target": ["a"], "type": "t", "text": "x" * MAX_BYTES})
    assert "edges.metadata: row 0" in refusal(paper, nodes=large[:1], edges=linked)


def test_a_column_of_ids_may_be_the_name_as_well_but_sets_none(paper: PaperLab) -> None:
    import_pandas(paper, pd.DataFrame({"name": ["Ada"]}), id="name", entity_type="person")
    assert entity(paper, "Ada").name is None


def test_a_column_of_both_ends_relates_each_entity_to_itself(paper: PaperLab) -> None:
    import_pandas(
        paper, NODES, pd.DataFrame({"who": ["ada"]}), source="who", target="who", relation_type="is"
    )
    (relation,) = paper.state.relations.values()
    assert (relation.from_entity, relation.to_entity, relation.properties) == ("ada", "ada", {})
