"""RDF, as Turtle, JSON-LD or N-Triples, through rdflib.

==============  ===============================================================================
entity          its IRI; ``rdf:type``, ``rdfs:label`` (name), ``rdfs:comment`` (description),
                ``schema:keywords`` (each tag), and a predicate for each property
relation        a triple of its own, and an ``rdf:Statement`` about it that holds the rest
==============  ===============================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.exchange.extras import needs
from nerv_lab.exchange.ports import ChangeTarget, StateSource, bringing_in, send
from nerv_lab.exchange.rdf.names import checked_format, iri, literal, name_of, value_of
from nerv_lab.exchange.rdf.parsing import parsed
from nerv_lab.exchange.tables.flat import column_of
from nerv_lab.exchange.tables.tables import Columns, Table, plan_tables
from nerv_lab.exchange.whole_files import PathLike, whole_file
from nerv_lab.inner_universe.contract.progress import Meter, Progress, told
from nerv_lab.lab.import_reports import ImportProblem, ImportReport

with needs("rdf"):
    import rdflib
    from rdflib.compare import to_canonical_graph
    from rdflib.namespace import RDF, RDFS, SDO

if TYPE_CHECKING:
    from rdflib.term import Node

__all__ = ["import_rdf", "to_rdf"]

_Triple = tuple[Any, Any, Any]
_STRENGTH, _BOTH_WAYS = iri("term", "strength"), iri("term", "bidirectional")
_ENDS: Final = (RDF.subject, RDF.predicate, RDF.object)


def to_rdf(
    source: StateSource,
    path: PathLike | None = None,
    *,
    format: str = "turtle",
    progress: Progress = None,
) -> rdflib.Graph:
    """Return a graph as RDF, and write it where a path is given.

    The order of tags is not kept: RDF knows none.

    Parameters
    ----------
    source : Lab or View
        The present, or a past.
    path : str or path, optional
        The file; one that is there is replaced.
    format : str
        ``"turtle"``, ``"json-ld"`` or ``"nt"``.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in items. The file is
        written after the last of them.
    """
    checked_format(format)
    graph, state = rdflib.Graph(), source.state
    with told(progress) as meter:
        meter.expect(len(state))
        for item in meter.each(state.items()):
            for triple in _entity(item) if isinstance(item, Entity) else _statement(item):
                graph.add(triple)
        if path is not None:
            with whole_file(path) as file:
                graph.serialize(file, format=format, encoding="utf-8")
    return graph


def _entity(entity: Entity) -> Iterator[_Triple]:
    node = iri("entity", entity.id)
    yield node, RDF.type, iri("term", entity.type)
    if entity.name is not None:
        yield node, RDFS.label, literal(entity.name)
    yield from _about(node, entity)


def _statement(relation: Relation) -> Iterator[_Triple]:
    triple = (
        iri("entity", relation.from_entity),
        iri("term", relation.type),
        iri("entity", relation.to_entity),
    )
    yield triple
    node = iri("relation", relation.id)
    yield node, RDF.type, RDF.Statement
    yield from ((node, predicate, end) for predicate, end in zip(_ENDS, triple, strict=True))
    yield node, _STRENGTH, literal(relation.strength)
    yield node, _BOTH_WAYS, literal(relation.bidirectional)
    yield from _about(node, relation)


def _about(node: rdflib.URIRef, item: Item) -> Iterator[_Triple]:
    if item.description is not None:
        yield node, RDFS.comment, literal(item.description)
    yield from ((node, SDO.keywords, literal(tag)) for tag in item.tags)
    for name, value in item.properties.items():
        yield node, iri("term", column_of(name)), literal(value)


def import_rdf(
    lab: ChangeTarget,
    source: PathLike | rdflib.Graph,
    *,
    format: str | None = None,
    entity_type: str = "resource",
    progress: Progress = None,
    reason: str | None = None,
) -> ImportReport:
    """Bring RDF into a lab, as one batch or not at all.

    Resources become entities, literals properties (a list where there are several), and other
    triples relations. A blank node gets an id from what is said of it. What is there already is
    updated, and nothing is deleted. JSON-LD may name a context on the network, which is fetched
    then.

    Parameters
    ----------
    lab : Lab
        Where to.
    source : str, path or rdflib.Graph
        A file, or a graph.
    format : str, optional
        ``"turtle"``, ``"json-ld"`` or ``"nt"``; by default what the name ends with.
    entity_type : str
        The type of resources that have none.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``: in bytes of a file,
        counted when they are parsed and when they are mapped, or in triples of a graph. rdflib
        parses JSON-LD at once.
    reason : str, optional
        Recorded with the batch.

    Returns
    -------
    ImportReport
        What changed, and what could not be kept: languages, further types, labels and comments.

    Raises
    ------
    MissingLibraryError
        rdflib is not installed.
    ValidationError
        The file cannot be read, or something in it is refused; nothing has changed then.
    """
    with bringing_in(progress) as meter:
        if isinstance(source, rdflib.Graph):
            graph, size = source, len(source)
            meter.expect(size)
        else:
            graph, size = parsed(source, format, meter)
        reading = _Reading(graph, entity_type, meter)
        nodes, edges = reading.tables(size)
        planned = plan_tables(
            lab.state, nodes, edges, Columns(), source="RDF", problems=lambda: reading.problems
        )
        return send(lab, planned, reason or "import from RDF")


class _Reading:
    """Takes a graph of triples apart."""

    def __init__(self, graph: rdflib.Graph, entity_type: str, meter: Meter) -> None:
        self._meter = meter
        self.problems: list[ImportProblem] = []
        blank = {node for ends in graph for node in ends[::2] if isinstance(node, rdflib.BNode)}
        if blank:
            graph = to_canonical_graph(graph)
            what = f"{len(blank)} have ids made from what is said of them"
            self.problems.append(ImportProblem("blank nodes", what))
        # What is said of each subject, in one go: asking for one at a time takes longer.
        self._said: dict[Node, list[tuple[Node, Node]]] = {}
        for subject, predicate, value in graph:
            self._said.setdefault(subject, []).append((predicate, value))
        self._entity_type = entity_type
        self._statements = {
            node: ends
            for node in graph.subjects(RDF.type, RDF.Statement)
            if None not in (ends := tuple(graph.value(node, end) for end in _ENDS))
        }

    def tables(self, size: int) -> tuple[Table, Table]:
        """Return resources and triples as tables, which together count as so much."""
        edges = [*self._stated_edges(), *self._plain_edges()]
        ends = {edge[end] for edge in edges for end in ("source", "target")}
        subjects = sorted(self._said.keys() - self._statements.keys(), key=name_of)
        nodes = [self._row(node) for node in subjects]
        known = {row["id"] for row in nodes}
        nodes += [{"id": id, "type": self._entity_type} for id in sorted(ends - known)]
        count = size * len(nodes) // max(1, len(nodes) + len(edges))
        return (
            Table(
                "nodes",
                ("id", "type"),
                self._meter.spread(nodes, count),
                lambda n: f"resource {nodes[n]['id']}",
            ),
            Table(
                "edges",
                ("source", "target", "id", "type"),
                self._meter.spread(edges, size - count),
                lambda n: f"triple {edges[n]['source']} {edges[n]['type']} {edges[n]['target']}",
            ),
        )

    def _stated_edges(self) -> Iterator[dict[str, Any]]:
        for node in sorted(self._statements, key=name_of):
            row = self._row(node)
            del row["type"]
            yield row | self._edge(self._statements[node])

    def _plain_edges(self) -> Iterator[dict[str, Any]]:
        stated = set(self._statements.values())
        triples = (
            (subject, predicate, value)
            for subject, said in self._said.items()
            if subject not in self._statements
            for predicate, value in said
            if not isinstance(value, rdflib.Literal)
            and predicate != RDF.type
            and (subject, predicate, value) not in stated
        )
        return map(self._edge, sorted(triples, key=lambda triple: [*map(name_of, triple)]))

    def _edge(self, triple: Iterable[Node | None]) -> dict[str, Any]:
        source, type, target = (name_of(node) for node in triple if node is not None)
        return {"source": source, "target": target, "type": type}

    def _row(self, node: Node) -> dict[str, Any]:
        id = name_of(node)
        row: dict[str, Any] = {"id": id, "type": self._entity_type}
        found: dict[str, list[Any]] = {}
        for predicate, value in self._said_of(node):
            if predicate == RDF.type:
                found.setdefault("type", []).append(name_of(value))
            elif isinstance(value, rdflib.Literal):
                found.setdefault(_COLUMNS.get(predicate) or name_of(predicate), []).append(
                    self._value(id, value)
                )
        for name, values in found.items():
            if name == "tags":
                row[name] = values
            elif name in _SINGLE:
                row[name] = values[0]
                self._left(id, name, values[1:])
            else:
                row[name] = values[0] if len(values) == 1 else values
        return row

    def _said_of(self, node: Node) -> Iterator[tuple[Node, Node]]:
        """Yield predicates and objects in their order."""
        objects: dict[Node, list[Any]] = {}
        for predicate, value in self._said[node]:
            objects.setdefault(predicate, []).append(value)
        for predicate in sorted(objects, key=str):
            values = objects[predicate]
            for value in sorted(values) if len(values) > 1 else values:
                yield predicate, value

    def _left(self, id: str, name: str, values: Iterable[Any]) -> None:
        what = f"its further {name} {{!r}} is not kept".format
        self.problems += (ImportProblem(id, what(value)) for value in values)

    def _value(self, id: str, found: rdflib.Literal) -> Any:
        try:
            value, lost = value_of(found)
        except ValidationError as error:
            raise ValidationError("source", f"{id}: {error.reason}") from None
        if lost:
            self.problems.append(ImportProblem(id, f"{str(found)[:40]!r}: {lost}"))
        return value


_COLUMNS: Final[dict[Any, str]] = {
    RDFS.label: "name",
    RDFS.comment: "description",
    SDO.keywords: "tags",
}
_SINGLE: Final = ("type", "name", "description")
