"""GEXF, such as Gephi opens and writes, a node and an edge at a time.

Attributes are named as in :mod:`nerv_lab.exchange.tables.file_rows`; the type of a relation is the
label of its edge. networkx decodes what nodes and edges say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, ClassVar, Final
from xml.etree.ElementTree import Element
from xml.sax.saxutils import quoteattr

from networkx.readwrite.gexf import GEXFReader

from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange.networks.xml_elements import Row, XmlReading, fits, xml_name
from nerv_lab.exchange.networks.xml_graphs import (
    KINDS,
    begun,
    columns_of,
    ends_of,
    import_xml,
    rows_of,
    text_of,
)
from nerv_lab.exchange.ports import ChangeTarget, StateSource, bringing_in
from nerv_lab.exchange.whole_files import PathLike, expanded, whole_file
from nerv_lab.inner_universe.contract.progress import Meter, Progress, told
from nerv_lab.lab.import_reports import ImportReport

__all__ = ["import_gexf", "to_gexf"]

_NAMESPACE: Final = "http://www.gexf.net/1.2draft"
_TYPES: Final = {bool: "boolean", int: "long", float: "double", str: "string"}
# What these names mean to GEXF is not what they mean here.
_TAKEN: Final = frozenset(
    {
        *("id", "label", "viz", "start", "end", "startopen", "endopen", "pid", "parents"),
        *("spells", "slices", "networkx_key", "source", "target", "kind", "key"),
    }
)


def to_gexf(source: StateSource, path: PathLike, *, progress: Progress = None) -> None:
    """Write a graph as GEXF, ordered by id; see :func:`~nerv_lab.exchange.to_graphml`."""
    state = source.state
    with told(progress) as meter, whole_file(path) as file:
        meter.expect(len(state))
        _write(state, file, meter)


def _write(state: GraphState, file: BinaryIO, meter: Meter) -> None:
    line = begun(file, f'<gexf xmlns="{_NAMESPACE}" version="1.2">')
    line('<graph defaultedgetype="directed" mode="static">')
    keys: dict[tuple[str, str, type], int] = {}
    for kind in KINDS:
        line(f'<attributes class="{kind}" mode="static">')
        for name, python_type in columns_of((item, row) for item, row, _ in _rows(state, kind)):
            key = keys[kind, name, python_type] = len(keys)
            title = quoteattr(xml_name(name))
            line(f'<attribute id="{key}" title={title} type="{_TYPES[python_type]}"/>')
        line("</attributes>")
    for kind in KINDS:
        line(f"<{kind}s>")
        for item, row, written in meter.each(_rows(state, kind)):
            line(f"<{kind} id={quoteattr(item.id)}{written}>{_values(kind, row, keys)}</{kind}>")
        line(f"</{kind}s>")
    line("</graph></gexf>")


def _values(kind: str, row: Row, keys: dict[tuple[str, str, type], int]) -> str:
    values = "".join(
        f'<attvalue for="{keys[kind, name, type(value)]}" value={quoteattr(text_of(value))}/>'
        for name, value in row.items()
    )
    return f"<attvalues>{values}</attvalues>"


def _rows(state: GraphState, kind: str) -> Iterator[tuple[Any, Row, str]]:
    """Yield items, their attributes, and what GEXF has a word of its own for."""
    for item, row in rows_of(state, kind, _fits):
        yield item, row, _node(item, row) if kind == "node" else _edge(item, row)


def _fits(name: str, value: object) -> bool:
    return fits(name, value) and name not in _TAKEN


def _node(item: Item, row: Row) -> str:
    return f" label={quoteattr(row.get('name', item.id))}"


def _edge(item: Any, row: Row) -> str:
    row["relation_id"] = item.id
    written = f'{ends_of(item)} weight="{row.pop("weight")!r}"'
    return f"{written} label={quoteattr(row.pop('type'))}" if "type" in row else written


def import_gexf(
    lab: ChangeTarget,
    path: PathLike,
    *,
    entity_type: str = "node",
    relation_type: str = "edge",
    progress: Progress = None,
    reason: str | None = None,
) -> ImportReport:
    """Bring a GEXF file into a lab, as one batch or not at all.

    The label of a node is its name, where that is not given as such, and the label of an edge
    (or else its kind) its type. All else is as in :func:`~nerv_lab.exchange.import_graphml`.
    """
    with bringing_in(progress) as meter:
        reading = _Reading(expanded(path), meter)
        return import_xml(lab, reading, (entity_type, relation_type), reason)


class _Reading(XmlReading):
    kind = "GEXF"
    root = "gexf"
    left_out: ClassVar[dict[str, str]] = {"meta": "left out: it tells of the file"}

    def __init__(self, path: Any, meter: Meter) -> None:
        super().__init__(path, meter)
        self._reader: Any = GEXFReader()
        self._attributes: dict[str, dict[str, Any]] = {}
        self._defaults: dict[str, Row] = {}
        self._directed = False

    def begin(self, name: str, element: Element) -> None:
        if name == "gexf":
            namespace = element.tag.rpartition("}")[0][1:]
            self._reader.NS_GEXF, self._reader.NS_VIZ = namespace, f"{namespace}/viz"
            self._attributes = {"node": {}, "edge": {}}
            self._defaults = {"node": {}, "edge": {}}
        elif name == "graph":
            self._directed = element.get("defaultedgetype", "undirected") == "directed"
            time = element.get("timeformat", "string")
            self._reader.timeformat = "string" if time.startswith("date") else time

    def end(self, name: str, element: Element) -> None:
        if name == "attributes":
            scope = element.get("class", "node")
            found, defaults = self._reader.find_gexf_attributes(element)
            self._attributes[scope] |= found
            self._defaults[scope] |= defaults

    def _data(self, scope: str, element: Element) -> Row:
        attributes = self._attributes[scope]
        given = self._reader.decode_attr_elements(attributes, element)
        given = self._reader.add_start_end(self._reader.add_spells(given, element), element)
        return {**self._defaults[scope], **given}

    def node_row(self, element: Element) -> Row:
        row = self._reader.add_viz(self._data("node", element), element)
        row = self._reader.add_parents(row, element) | {"id": element.get("id")}
        inside = [e.get("id") for e in self._open if e.tag.endswith("}node")]
        parent = element.get("pid") or (inside[-1] if inside else None)
        if parent is not None:
            row["pid"] = parent
        label = element.get("label")
        if label not in (None, "", row["id"]):
            row.setdefault("name", label)
        return dict(row)

    def edge_row(self, element: Element) -> Row:
        row = self._data("edge", element)
        row |= {"source": element.get("source"), "target": element.get("target")}
        if "relation_id" in row:
            row["id"] = row.pop("relation_id")
        if (weight := element.get("weight")) is not None:
            row["weight"] = float(weight)
        if label := element.get("label") or element.get("kind"):
            row.setdefault("type", label)
        directed = element.get("type") or ("directed" if self._directed else "undirected")
        if directed != "directed":
            row.setdefault("bidirectional", True)
        return row
