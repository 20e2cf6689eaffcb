"""Reading and writing XML element by element."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Final
from xml.etree.ElementTree import Element, ParseError, iterparse

import networkx as nx

from nerv_lab.core.errors import ValidationError
from nerv_lab.exchange.tables.file_rows import read_row
from nerv_lab.inner_universe.contract.progress import Meter, counted_file
from nerv_lab.lab.import_reports import ImportProblem

__all__ = ["XmlReading", "fits", "plain_name", "xml_name"]

# What XML cannot hold, or changes on the way; a text that is empty is no text to it.
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]|^\s|\s$|^$")
_REFUSED: Final = (nx.NetworkXError, KeyError, ValueError, TypeError, AttributeError)
Row = dict[str, Any]


def fits(name: str, value: object) -> bool:
    """Return whether XML can hold a value as it is."""
    if isinstance(value, str):
        return not _UNSAFE.search(value)
    return isinstance(value, (bool, int, float))


def xml_name(name: str) -> str:
    """Return a name as XML can hold it: in quotes where it must be."""
    return json.dumps(name) if _UNSAFE.search(name) or name.startswith('"') else name


def plain_name(name: str) -> str:
    """Return the name that stands in XML; of others, one in quotes may be just that."""
    if not name.startswith('"'):
        return name
    try:
        return str(json.loads(name))
    except ValueError:
        return name


class XmlReading:
    """One file, read once for its nodes and once for its edges.

    Parameters
    ----------
    path : path
        The file.
    meter : Meter
        Told of every byte; twice, since the file is read twice.
    """

    kind: ClassVar[str]
    root: ClassVar[str]
    left_out: ClassVar[dict[str, str]]

    def __init__(self, path: Path, meter: Meter) -> None:
        self._path = path
        self._meter = meter
        self._where = ""
        self._found: Counter[str] = Counter()
        self._open: list[Element] = []
        try:
            meter.expect(2 * path.stat().st_size)
        except OSError as error:
            raise self._refused(f"cannot be read: {error.strerror}") from None

    def _refused(self, why: str) -> ValidationError:
        return ValidationError("path", f"{self._path} {why}")

    def where(self, position: int) -> str:
        """Return what to call the row that was read last."""
        return self._where

    def problems(self) -> Iterator[ImportProblem]:
        """Yield what was left out, when all was read."""
        for name, count in sorted(self._found.items()):
            yield ImportProblem(f"{count} of <{name}>", self.left_out[name])

    def rows(self, wanted: str) -> Iterator[Row]:
        """Yield all nodes or all edges."""
        make = self.node_row if wanted == "node" else self.edge_row
        for name, element in self._elements():
            if wanted == "node" and name in self.left_out:
                self._found[name] += 1
            if name == wanted:
                yield self._row(make, name, element)

    def _row(self, make: Callable[[Element], Row], name: str, element: Element) -> Row:
        ends = f"{element.get('source')!r} to {element.get('target')!r}"
        self._where = f"node {element.get('id')!r}" if name == "node" else f"edge {ends}"
        try:
            return read_row({plain_name(n): value for n, value in make(element).items()})
        except ValidationError:
            raise
        except _REFUSED as error:
            raise self._refused(f"is not {self.kind}: {self._where}: {error!r}") from None

    def _elements(self) -> Iterator[tuple[str, Element]]:
        """Yield each element when it is whole; what was seen is let go."""
        self._open, graphs = [], 0
        names: dict[str, str] = {}
        try:
            with counted_file(self._path, self._meter) as file:
                for event, element in iterparse(file, ("start", "end")):
                    name = names.get(element.tag)
                    if name is None:
                        name = names[element.tag] = element.tag.rpartition("}")[2]
                    if event == "start":
                        graphs += name == "graph"
                        self._begin(name, element)
                        continue
                    self._open.pop()
                    self.end(name, element)
                    yield name, element
                    if self._open and name in ("node", "edge", *self.left_out):
                        self._open[-1].remove(element)
        except OSError as error:
            raise self._refused(f"cannot be read: {error.strerror}") from None
        except ParseError as error:
            raise self._refused(f"is not {self.kind}: {error}") from None
        if not graphs:
            raise self._refused(f"is not {self.kind}: there is no <graph> in it")

    def _begin(self, name: str, element: Element) -> None:
        if not self._open and name != self.root:
            raise self._refused(f"is not {self.kind}: it begins with <{name}>")
        try:
            self.begin(name, element)
        except _REFUSED as error:
            raise self._refused(f"is not {self.kind}: {error!r}") from None
        self._open.append(element)

    def begin(self, name: str, element: Element) -> None:
        """Take note of an element that begins."""
        raise NotImplementedError

    def end(self, name: str, element: Element) -> None:
        """Take note of an element that is whole."""

    def node_row(self, element: Element) -> Row:
        """Return what a node says."""
        raise NotImplementedError

    def edge_row(self, element: Element) -> Row:
        """Return what an edge says."""
        raise NotImplementedError
