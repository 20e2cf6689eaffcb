from __future__ import annotations

import json
from pathlib import Path

import pytest
from exchange.paper import PaperLab
from hypothesis import HealthCheck, given, settings
from shared.graphs import as_plain, states

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange import import_json_lines, to_json_lines


@given(state=states)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_goes_out_comes_back_the_same(state: GraphState, tmp_path: Path) -> None:
    to_json_lines(PaperLab(state), tmp_path / "graph.jsonl")
    back = PaperLab()
    import_json_lines(back, tmp_path / "graph.jsonl")
    assert as_plain(back.state) == as_plain(state)


def test_the_lines_are_those_of_neo4j(library: PaperLab, tmp_path: Path) -> None:
    to_json_lines(library, tmp_path / "graph.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "graph.jsonl").read_text().splitlines()]
    assert lines[1] == {
        "type": "node",
        "id": "note",
        "labels": ["text", "draft"],
        "properties": {"name": "Note G"},
    }
    assert lines[2] == {
        "type": "relationship",
        "id": "w",
        "label": "wrote",
        "properties": {"bidirectional": False, "strength": 2.0},
        "start": {"id": "ada", "labels": ["person"]},
        "end": {"id": "note", "labels": ["text", "draft"]},
    }


def test_an_export_of_neo4j_is_read_in_any_order(paper: PaperLab, tmp_path: Path) -> None:
    ends = '"start":{"id":"0","labels":["User"]},"end":{"id":"1","labels":["User"]}'
    knows = '{"id":"0","type":"relationship","label":"KNOWS","properties":{"since":1993},'
    lines = [
        f"{knows}{ends}}}",
        '{"type":"node","id":"0","labels":["User"],"properties":{"name":"Adam","age":42}}',
        "",
        '{"type":"node","id":"1","properties":{}}',
    ]
    (tmp_path / "all.json").write_text("\n".join(lines))
    report = import_json_lines(paper, tmp_path / "all.json", entity_type="thing")
    assert (report.entities.added, report.relations.added) == (2, 1)
    assert paper.state.entities["0"].properties == {"age": 42}
    assert paper.state.entities["1"].type == "thing"
    assert paper.state.relations["0"].properties == {"since": 1993}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "path: line 2: "),
        ("[]", "path: line 2: must be a node or a relationship"),
        ('{"type":"edge"}', "path: line 2: must be a node or a relationship"),
        ('{"type":"node"}', "path: line 2: is no node"),
        ('{"type":"relationship","label":"x"}', "path: line 2: is no relationship"),
        ('{"type":"node","id":"a"}', "nodes.id: line 2: 'a' is already in line 1"),
        (
            '{"type":"relationship","label":"x","start":{"id":"a"},"end":{"id":"z"}}',
            "edges.target: line 2: there is no entity 'z'",
        ),
    ],
)
def test_a_bad_line_is_refused_with_its_number(
    line: str, why: str, paper: PaperLab, tmp_path: Path
) -> None:
    path = tmp_path / "graph.jsonl"
    path.write_text('{"type":"node","id":"a","labels":["t"]}\n' + line)
    with pytest.raises(ValidationError, match=f"^{why}"):
        import_json_lines(paper, path)
    assert paper.reasons == []


def test_a_file_that_is_not_there_is_refused(paper: PaperLab, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"path: .* cannot be read"):
        import_json_lines(paper, tmp_path / "none.jsonl")


def test_progress_is_told(library: PaperLab, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = tmp_path / "graph.jsonl"
    to_json_lines(library, path, progress=lambda *step: told.append(step))
    import_json_lines(PaperLab(), path, progress=lambda *step: told.append(step))
    size = path.stat().st_size
    assert told == [(1, 3), (2, 3), (3, 3), (size, 2 * size), (2 * size, 2 * size)]


def test_a_file_is_replaced_when_the_new_one_is_whole(library: PaperLab, tmp_path: Path) -> None:
    path = tmp_path / "graph.jsonl"
    path.write_text("old")

    def fail(*step: object) -> None:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        to_json_lines(library, path, progress=fail)
    assert [file.name for file in tmp_path.iterdir()] == ["graph.jsonl"]
    assert path.read_text() == "old"
