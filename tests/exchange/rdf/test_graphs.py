from __future__ import annotations

import sys
from pathlib import Path

import pytest
import rdflib
from exchange.paper import PaperLab
from hypothesis import HealthCheck, given, settings
from rdflib.compare import isomorphic
from shared.graphs import states

from nerv_lab.core.errors import MissingLibraryError, ValidationError
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values import thaw
from nerv_lab.exchange import import_rdf, to_rdf
from nerv_lab.exchange.rdf import parsing
from nerv_lab.inner_universe.contract.progress import Meter

FORMATS = ["turtle", "json-ld", "nt"]
TURTLE = """
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:ada a ex:Person, ex:Writer ; rdfs:label "Ada"@en ; ex:born 1815 ; ex:wrote ex:note ;
  ex:nick "Lady", "Countess" ; ex:page [ ex:number 7 ] ; ex:age "P36Y"^^xsd:duration .
"""


def without_order(state: GraphState) -> dict[str, object]:
    """Return the content of a state by key, with the tags as RDF keeps them."""
    records = {item.key: thaw(item.record()) for item in state.items()}
    for record in records.values():
        del record["created_at"], record["updated_at"], record["revision"]
        record["metadata"]["tags"] = sorted(set(record["metadata"]["tags"]))
    return records


@pytest.mark.parametrize("format", FORMATS)
@given(state=states)
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_goes_out_comes_back_the_same(format: str, state: GraphState, tmp_path: Path) -> None:
    to_rdf(PaperLab(state), tmp_path / "graph", format=format)
    back = PaperLab()
    import_rdf(back, tmp_path / "graph", format=format)
    assert without_order(back.state) == without_order(state)


def test_a_relation_is_a_triple_and_a_statement_about_it(library: PaperLab) -> None:
    graph = to_rdf(library)
    ada, note = (rdflib.URIRef(f"urn:nerv-lab:entity:{id}") for id in ("ada", "note"))
    assert (ada, rdflib.URIRef("urn:nerv-lab:term:wrote"), note) in graph
    assert (ada, rdflib.RDFS.label, rdflib.Literal("Ada")) in graph
    assert graph.value(rdflib.URIRef("urn:nerv-lab:relation:w"), rdflib.RDF.subject) == ada


def test_what_is_an_iri_stands_for_itself(paper: PaperLab) -> None:
    iri = "http://example.org/ada"
    paper.apply([CreateEntity(iri, "http://example.org/Person", EntityMetadata())])
    assert [str(subject) for subject in to_rdf(paper).subjects()] == [iri]


def test_turtle_of_others_is_read_and_what_is_lost_is_told(paper: PaperLab, tmp_path: Path) -> None:
    (tmp_path / "ada.ttl").write_text(TURTLE)
    report = import_rdf(paper, tmp_path / "ada.ttl")
    ada = paper.state.entities["http://example.org/ada"]
    assert (ada.type, ada.name) == ("http://example.org/Person", "Ada")
    assert ada.properties["http://example.org/born"] == 1815
    assert ada.properties["http://example.org/nick"] == ["Countess", "Lady"]
    assert {r.type for r in paper.state.relations.values()} == {
        "http://example.org/wrote",
        "http://example.org/page",
    }
    assert paper.state.entities["http://example.org/note"].type == "resource"
    told = "\n".join(map(str, report.problems))
    assert "blank nodes: 1 have ids" in told
    assert "further type 'http://example.org/Writer' is not kept" in told
    assert "language 'en' is not kept" in told
    assert "duration is not kept" in told


def test_the_same_twice_changes_nothing(paper: PaperLab, tmp_path: Path) -> None:
    (tmp_path / "ada.ttl").write_text(TURTLE)
    import_rdf(paper, tmp_path / "ada.ttl")
    again = import_rdf(paper, rdflib.Graph().parse(data=TURTLE))
    assert (again.added, again.changed, len(paper.reasons)) == (0, 0, 1)


@pytest.mark.parametrize(
    ("name", "text", "format", "why"),
    [
        ("x.ttl", "no turtle", None, "source: .* is not turtle"),
        ("x.jsonld", "{", None, "source: .* is not json-ld"),
        ("x.rdf", "<a", None, "format: must be turtle"),
        ("x.ttl", "", "csv", "format: must be turtle"),
        ("x.nt", '<a:b> <a:c> "{"^^<urn:nerv-lab:value> .', None, "source: a:b: "),
    ],
)
def test_what_is_no_rdf_is_refused(
    name: str, text: str, format: str | None, why: str, paper: PaperLab, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValidationError, match=f"^{why}"):
        import_rdf(paper, tmp_path / name, format=format)
    assert paper.reasons == []


HARD = r"""
@prefix e: <http://e.org/a.b#> . # a comment . with "stops" .
@prefix : <http://e.org/> .
e:a.b e:p "a . b", 'it is . "so"', ''' ' . " ''' ; e:n 1.5, 7 .
e:O\'Neil e:knows [ e:p "x" ; e:q ( 1 2 ) ], _:same .
<http://e.org/x.y> e:p true.
_:same e:p "\"é . ".
"""


def test_turtle_read_in_parts_is_the_same_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "_AT_ONCE", 1)
    (tmp_path / "hard.ttl").write_text(HARD, encoding="utf-8")
    assert len([*parsing.statements(HARD)]) == 7
    read, _ = parsing.parsed(tmp_path / "hard.ttl", None, Meter())
    assert isomorphic(read, rdflib.Graph().parse(data=HARD, format="turtle"))


def test_a_file_that_is_not_there_is_refused(paper: PaperLab, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"source: .* cannot be read"):
        import_rdf(paper, tmp_path / "none.ttl")


def test_without_the_library_it_is_said_how_to_get_it(
    library: PaperLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nerv_lab.exchange as exchange

    for module in [name for name in sys.modules if name.startswith("nerv_lab.exchange.rdf")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "rdflib", None)
    with pytest.raises(MissingLibraryError, match=r"needs rdflib.*pip install 'nerv-lab\[rdf\]'"):
        exchange.to_rdf(library)
