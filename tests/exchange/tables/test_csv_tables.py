from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from exchange.paper import PaperLab
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shared.graphs import as_plain, states

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import CreateEntity, CreateRelation
from nerv_lab.core.graph.model import EntityMetadata, RelationMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange import import_csv, to_csv

NODES = "id,type,name,code\n007,person,Ada,01\nnote,text,,NA\n"
EDGES = "source,target,type,strength,bidirectional,tags\n007,note,wrote,0.5,yes,a;b\n"


OF_FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(state=states)
@settings(max_examples=50, suppress_health_check=OF_FIXTURES)
def test_what_goes_out_comes_back_the_same(state: GraphState, tmp_path: Path) -> None:
    to_csv(PaperLab(state), tmp_path / "graph")
    back = PaperLab()
    import_csv(back, folder=tmp_path / "graph")
    assert as_plain(back.state) == as_plain(state)


@given(text=st.text(max_size=6), name=st.text(max_size=4))
@example(text="a", name="\r")
@example(text="\r", name="a\rb")
@settings(max_examples=50, suppress_health_check=OF_FIXTURES)
def test_any_text_under_any_name_comes_back(text: str, name: str, tmp_path: Path) -> None:
    metadata = {"tags": ("a;b", " c"), "properties": {name: text, f"{name}@json": 1}}
    lab = PaperLab()
    lab.apply(
        [
            CreateEntity("a", "t", EntityMetadata(text, **metadata)),
            CreateRelation("r", "a", "a", " to ", RelationMetadata(text, **metadata)),
        ]
    )
    to_csv(lab, tmp_path / "graph")
    back = PaperLab()
    import_csv(back, folder=tmp_path / "graph")
    assert as_plain(back.state) == as_plain(lab.state)


def test_text_is_written_plain_and_all_else_says_that_it_is_none(
    library: PaperLab, tmp_path: Path
) -> None:
    to_csv(library, tmp_path)
    assert (tmp_path / "entities.csv").read_text() == (
        "id,type,name,born@json,tags\nada,person,Ada,1815,\nnote,text,Note G,,draft\n"
    )
    assert (tmp_path / "relations.csv").read_text() == (
        "id,source,target,type,strength,bidirectional\nw,ada,note,wrote,2.0,False\n"
    )


def test_files_and_a_folder_together_are_refused(paper: PaperLab, tmp_path: Path) -> None:
    assert refusal(paper, NODES, folder=tmp_path) == "folder: give either a folder or files"


def refusal(paper: PaperLab, nodes: str | None = None, **given: Any) -> str:
    """Return why an import is refused, having seen that nothing was sent."""
    with pytest.raises(ValidationError) as caught:
        import_csv(paper, None if nodes is None else StringIO(nodes), **given)
    assert paper.reasons == []
    return str(caught.value)


def properties(paper: PaperLab, id: str) -> dict[str, Any]:
    entity = paper.state.entity(id)
    assert entity is not None
    return dict(entity.properties)


def test_cells_stay_the_text_they_are(paper: PaperLab) -> None:
    import_csv(paper, StringIO(NODES))
    assert properties(paper, "007") == {"code": "01"}
    assert properties(paper, "note") == {"code": "NA"}


def test_an_empty_cell_is_absent(paper: PaperLab) -> None:
    import_csv(paper, StringIO(NODES))
    note = paper.state.entity("note")
    assert note is not None
    assert note.name is None


def test_fields_of_edges_are_read_as_what_they_are(paper: PaperLab) -> None:
    import_csv(paper, StringIO(NODES), StringIO(EDGES))
    relation = paper.state.relation("wrote:007->note")
    assert relation is not None
    assert (relation.strength, relation.bidirectional, relation.tags) == (0.5, True, ("a", "b"))


def test_columns_are_converted_when_told(paper: PaperLab) -> None:
    text = "id,type,born,alive\nada,person,1815,false\n"
    import_csv(paper, StringIO(text), convert={"born": int, "alive": bool})
    assert properties(paper, "ada") == {"born": 1815, "alive": False}


def test_files_are_read_with_or_without_a_byte_order_mark(paper: PaperLab, tmp_path: Path) -> None:
    for name, encoding in (("a.csv", "utf-8-sig"), ("b.csv", "utf-8")):
        (tmp_path / name).write_text(f"id,type\n{name}é,t\n", encoding=encoding)
        import_csv(paper, tmp_path / name)
    assert set(paper.state.entities) == {"a.csvé", "b.csvé"}


def test_line_ends_inside_a_cell_are_kept(paper: PaperLab, tmp_path: Path) -> None:
    path = tmp_path / "nodes.csv"
    path.write_bytes(b'id,type,text\r\na,t,"one\r\ntwo"\r\n')
    import_csv(paper, path)
    assert properties(paper, "a") == {"text": "one\r\ntwo"}


def test_a_second_import_sends_nothing(paper: PaperLab) -> None:
    for _ in range(2):
        import_csv(paper, StringIO(NODES), StringIO(EDGES))
    assert len(paper.reasons) == 1


def test_a_refusal_names_the_line_where_the_record_begins(paper: PaperLab) -> None:
    text = 'id,type,text\n\na,t,"one\ntwo"\na,t,\n'
    assert refusal(paper, text) == "nodes.id: line 5: 'a' is already in line 3"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nodes: the file is empty"),
        ("id,type\na\n", "nodes: line 2: has 1 cells, the first line 2"),
        ("id,id\na,b\n", "nodes.id: two columns have this name"),
        ("id,\na,b\n", "nodes: column 1 is named ''"),
        ('id,type\n"a,b\n', "nodes: line 2: not CSV"),
        ("name,type\na,b\n", "nodes.id: there is no such column"),
        ("id,type\na,\n", "nodes.type: line 2: the cell is empty, and 'a' is new"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(paper: PaperLab, text: str, why: str) -> None:
    assert refusal(paper, text).startswith(why)


def test_text_that_cannot_be_converted_is_refused(paper: PaperLab) -> None:
    why = refusal(paper, "id,type,n\na,t,1\nb,t,x\n", convert={"n": int})
    assert why.startswith("nodes.n: line 3: cannot convert 'x'")


def test_a_conversion_of_no_column_is_refused(paper: PaperLab) -> None:
    assert refusal(paper, NODES, convert={"bron": int}) == "convert.bron: no file has such a column"


def test_a_missing_file_is_refused(paper: PaperLab, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="cannot be read: No such file"):
        import_csv(paper, tmp_path / "none.csv")


def test_a_file_in_another_encoding_is_refused(paper: PaperLab, tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("id,type\né,t\n".encode("latin-1"))
    with pytest.raises(ValidationError, match="nodes: line 1: not utf-8-sig"):
        import_csv(paper, path)
    import_csv(paper, path, encoding="latin-1")
    assert set(paper.state.entities) == {"é"}
