"""GraphML, a node and an edge at a time; networkx decodes what they say.

Attributes are named as in :mod:`nerv_lab.exchange.tables.file_rows`.
"""

from __future__ import annotations

import warnings
from typing import Any, BinaryIO, ClassVar, Final
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from networkx.readwrite.graphml import GraphMLReader

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

__all__ = ["import_graphml", "to_graphml"]

_NAMESPACE: Final = "http://graphml.graphdrawing.org/xmlns"
_TYPES: Final = {bool: "boolean", int: "long", float: "double", str: "string"}


def to_graphml(source: StateSource, path: PathLike, *, progress: Progress = None) -> None:
    """Write a graph as GraphML, ordered by id.

    Parameters
    ----------
    source : Lab or View
        The present, or a past.
    path : str or path
        The file; one that is there is replaced when the new one is whole.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in items.
    """
    state = source.state
    with told(progress) as meter, whole_file(path) as file:
        meter.expect(len(state))
        _write(state, file, meter)


def _write(state: GraphState, file: BinaryIO, meter: Meter) -> None:
    line = begun(file, f'<graphml xmlns="{_NAMESPACE}">')
    keys: dict[tuple[str, str, type], str] = {}
    for kind in KINDS:
        for name, python_type in columns_of(rows_of(state, kind, fits)):
            key = keys[kind, name, python_type] = f"d{len(keys)}"
            about = f'attr.name={quoteattr(xml_name(name))} attr.type="{_TYPES[python_type]}"'
            line(f'<key id="{key}" for="{kind}" {about}/>')
    line('<graph edgedefault="directed">')
    for kind in KINDS:
        for item, row in meter.each(rows_of(state, kind, fits)):
            data = "".join(
                f'<data key="{keys[kind, name, type(value)]}">{escape(text_of(value))}</data>'
                for name, value in row.items()
            )
            ends = ends_of(item) if kind == "edge" else ""
            line(f"<{kind} id={quoteattr(item.id)}{ends}>{data}</{kind}>")
    line("</graph></graphml>")


def import_graphml(
    lab: ChangeTarget,
    path: PathLike,
    *,
    entity_type: str = "node",
    relation_type: str = "edge",
    progress: Progress = None,
    reason: str | None = None,
) -> ImportReport:
    """Bring a GraphML file into a lab, as one batch or not at all.

    Attributes become properties, except those that are fields: ``type``, ``name``,
    ``description``, ``tags``, ``weight``, ``bidirectional``. Edges that are undirected are
    bidirectional. What is there already is updated, and nothing is deleted. The file is read
    twice, element by element.

    Parameters
    ----------
    lab : Lab
        Where to.
    path : str or path
        The file.
    entity_type, relation_type : str
        Types of nodes and edges that say none.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in bytes.
    reason : str, optional
        Recorded with the batch.

    Returns
    -------
    ImportReport
        What changed, and what GraphML knows and a lab does not: hyperedges, ports, nesting.

    Raises
    ------
    ValidationError
        The file is none of this kind, or something in it is refused; nothing has changed then.
    """
    with bringing_in(progress) as meter:
        reading = _Reading(expanded(path), meter)
        return import_xml(lab, reading, (entity_type, relation_type), reason)


class _Reading(XmlReading):
    kind = "GraphML"
    root = "graphml"
    left_out: ClassVar[dict[str, str]] = {
        "hyperedge": "left out: a relation has two ends",
        "port": "left out: a relation ends at an entity as a whole",
        "locator": "left out: it leads to another file",
    }

    def __init__(self, path: Any, meter: Meter) -> None:
        super().__init__(path, meter)
        self._reader: Any = GraphMLReader()
        self._keys: dict[str, dict[str, Any]] = {}
        self._defaults: dict[str, dict[str, Any]] = {}
        self._directed = [False]

    def begin(self, name: str, element: Element) -> None:
        if name == "graphml":
            self._reader.NS_GRAPHML = element.tag.rpartition("}")[0][1:]
        elif name == "graph":
            self._directed.append(element.get("edgedefault") == "directed")
            if self._open[-1].tag.endswith("graphml"):
                self._read_keys(self._open[-1])

    def _read_keys(self, root: Element) -> None:
        with warnings.catch_warnings(action="ignore"):  # a key without a type is text
            self._keys, defaults = self._reader.find_graphml_keys(root)
        self._defaults = {"node": {}, "edge": {}}
        for id, value in defaults.items():
            for scope in self._defaults:
                if self._keys[id]["for"] in (scope, "all", None):
                    self._defaults[scope][self._keys[id]["name"]] = value

    def end(self, name: str, element: Element) -> None:
        if name == "graph":
            self._directed.pop()

    def _data(self, scope: str, element: Element) -> Row:
        given: Row = self._reader.decode_data_elements(self._keys, element)
        return {**self._defaults[scope], **given}

    def node_row(self, element: Element) -> Row:
        return {**self._data("node", element), "id": element.get("id")}

    def edge_row(self, element: Element) -> Row:
        row = self._data("edge", element)
        row |= {"source": element.get("source"), "target": element.get("target")}
        id = element.get("id")
        # A number counts edges in one file, and is no name for all times.
        if id and not id.isdecimal():
            row["id"] = id
        directed = element.get("directed", str(self._directed[-1]).lower())
        if directed == "false":
            row.setdefault("bidirectional", True)
        return row
