from __future__ import annotations

from io import StringIO
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.exchange import (
    from_environment,
    import_csv,
    import_networkx,
    import_pandas,
    sync_environment,
    to_networkx,
    to_pandas,
    to_pyvis,
)
from nerv_lab.lab import Lab

NODES = pd.DataFrame({"id": ["ada", "note"], "type": ["person", "text"]})
EDGES = pd.DataFrame({"source": ["ada"], "target": ["note"], "type": ["wrote"]})


def test_an_import_is_one_batch_of_events_with_its_reason(lab: Lab) -> None:
    import_pandas(lab, NODES, EDGES, reason="first facts")
    events = list(lab.events)
    assert len(events) == lab.seq == 3
    assert {event.data["reason"] for event in events if event.data} == {"first facts"}


def test_a_refused_import_leaves_a_lab_as_it_was(lab: Lab) -> None:
    with pytest.raises(ValidationError, match="row 1"):
        import_pandas(lab, NODES, pd.concat([EDGES, EDGES.assign(target="x")]))
    assert lab.seq == 0


def test_sources_of_different_kinds_meet_in_one_graph(lab: Lab) -> None:
    import_csv(lab, StringIO("id,type\nada,person\n"))
    import_networkx(lab, nx.DiGraph([("ada", "note")]), entity_type="person")
    report = import_pandas(lab, NODES)
    assert (report.changed, report.unchanged) == (1, 1)


def test_the_past_is_exported_like_the_present(lab: Lab) -> None:
    import_pandas(lab, NODES, EDGES)
    lab.commit("facts")
    lab.delete("ada", cascade=True)
    past = lab.at("head")
    assert len(to_pandas(past).entities) == len(to_networkx(past)) == len(to_pyvis(past).nodes) == 2
    assert len(to_pandas(lab).entities) == 1


def test_the_environment_opens_as_a_lab_that_is_in_step(store_path: Path) -> None:
    with from_environment(str(store_path)) as lab:
        assert sync_environment(lab).unchanged == lab.seq
    with from_environment(str(store_path)) as again:
        assert again.seq == lab.seq


def test_an_environment_that_is_no_folder_opens_nothing(store_path: Path) -> None:
    with pytest.raises(ValidationError, match="is not a folder"):
        from_environment(str(store_path), path=store_path.parent / "none")
    assert not store_path.exists()


def test_files_are_written_of_the_past_and_read_into_a_lab(lab: Lab, tmp_path: Path) -> None:
    import_pandas(lab, NODES, EDGES)
    lab.commit("facts")
    lab.delete("ada", cascade=True)
    past = lab.at("head")
    past.to_graphml(tmp_path / "g.graphml")
    past.to_gexf(tmp_path / "g.gexf")
    past.to_json_lines(tmp_path / "g.jsonl")
    past.to_parquet(tmp_path / "g")
    assert past.to_arrow().entities.num_rows == 2
    assert lab.import_graphml(tmp_path / "g.graphml").added == 2
    assert lab.data_hash == past.data_hash
    assert lab.import_gexf(tmp_path / "g.gexf").total.unchanged == 3
    assert lab.import_json_lines(tmp_path / "g.jsonl").total.unchanged == 3
    assert lab.import_parquet(folder=tmp_path / "g").total.unchanged == 3
