from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exchange.paper import PaperLab
from hypothesis import HealthCheck, given, settings
from shared.graphs import as_plain, states

from nerv_lab.core.errors import MissingLibraryError, ValidationError
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange import import_parquet, to_arrow, to_parquet


@given(state=states)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_goes_out_comes_back_the_same(state: GraphState, tmp_path: Path) -> None:
    to_parquet(PaperLab(state), tmp_path / "graph")
    back = PaperLab()
    import_parquet(back, folder=tmp_path / "graph")
    assert as_plain(back.state) == as_plain(state)


def test_columns_have_the_types_of_their_values(paper: PaperLab) -> None:
    when = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    properties = {"n": 1, "f": 1.5, "b": True, "s": "x", "t": when, "l": [1]}
    paper.apply(
        [
            CreateEntity("a", "t", EntityMetadata(properties=properties)),
            CreateEntity("b", "t", EntityMetadata(properties={"mixed": 1})),
            CreateEntity("c", "t", EntityMetadata(properties={"mixed": "x"})),
        ]
    )
    entities = to_arrow(paper).entities
    assert {f.name: str(f.type) for f in entities.schema} == {
        "id": "string",
        "type": "string",
        "name": "string",
        "description": "string",
        "tags": "list<item: string>",
        "b": "bool",
        "f": "double",
        "l": "string",
        "mixed": "string",
        "n": "int64",
        "s": "string",
        "t": "timestamp[us, tz=UTC]",
    }
    assert entities["n"].to_pylist() == [1, None, None]
    assert entities["mixed"].to_pylist() == [None, "1", '"x"']


def test_files_of_other_programs_are_read_by_their_columns(paper: PaperLab, tmp_path: Path) -> None:
    pq.write_table(pa.table({"key": ["a", "b"], "size": [1, None]}), tmp_path / "n.parquet")
    pq.write_table(pa.table({"from": ["a"], "to": ["b"]}), tmp_path / "e.parquet")
    told: list[tuple[int, int]] = []
    report = import_parquet(
        paper,
        tmp_path / "n.parquet",
        tmp_path / "e.parquet",
        id="key",
        source="from",
        target="to",
        entity_type="place",
        relation_type="road",
        progress=lambda *step: told.append(step),
    )
    assert (report.entities.added, report.relations.added) == (2, 1)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert paper.state.entities["b"].properties == {}


def test_what_is_no_such_file_is_refused(paper: PaperLab, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no parquet, but long enough")
    with pytest.raises(ValidationError, match=r"nodes: .* cannot be read"):
        import_parquet(paper, tmp_path / "none")
    with pytest.raises(ValidationError, match=r"edges: .* is not Parquet"):
        import_parquet(paper, edges=tmp_path / "text")
    with pytest.raises(ValidationError, match="nodes: give nodes, edges or both"):
        import_parquet(paper)
    with pytest.raises(ValidationError, match="folder: give either"):
        import_parquet(paper, tmp_path / "none", folder=tmp_path)
    with pytest.raises(ValidationError, match=r"columns: .*'colour'"):
        import_parquet(paper, tmp_path / "none", colour="red")
    assert paper.reasons == []


def test_without_the_library_it_is_said_how_to_get_it(
    library: PaperLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'nerv-lab\[arrow\]'"):
        to_arrow(library)
    with pytest.raises(MissingLibraryError, match="needs pyarrow"):
        import_parquet(library, tmp_path / "none")
    with pytest.raises(MissingLibraryError, match="needs pyarrow"):
        to_parquet(library, tmp_path)
