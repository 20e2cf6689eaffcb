"""A graph out to files and other libraries, and in from files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from nerv_lab.core.graph.state import GraphState
from nerv_lab.lab.delegates import delegated, explained_by
from nerv_lab.lab.graph_tables import GraphFrames, GraphTables
from nerv_lab.lab.import_reports import ImportReport

if TYPE_CHECKING:
    from networkx import MultiDiGraph

__all__ = ["Exporter", "FileImporter"]


class Exporter(ABC):
    """What a graph can be turned into."""

    @property
    @abstractmethod
    def state(self) -> GraphState:
        """The graph state that is read; immutable."""

    @explained_by("exchange")
    def to_pandas(self) -> GraphFrames:
        """Return the graph as two data frames; see `nerv_lab.exchange.to_pandas`."""
        frames: GraphFrames = delegated("exchange", "to_pandas")(self)
        return frames

    @explained_by("exchange")
    def to_arrow(self) -> GraphTables:
        """Return the graph as two tables of Arrow; see `nerv_lab.exchange.to_arrow`."""
        tables: GraphTables = delegated("exchange", "to_arrow")(self)
        return tables

    @explained_by("exchange")
    def to_parquet(self, folder: Any, **options: Any) -> None:
        """Write the graph as files of Parquet; see `nerv_lab.exchange.to_parquet`."""
        delegated("exchange", "to_parquet")(self, folder, **options)

    @explained_by("exchange")
    def to_csv(self, folder: Any, **options: Any) -> None:
        """Write the graph as files of CSV; see `nerv_lab.exchange.to_csv`."""
        delegated("exchange", "to_csv")(self, folder, **options)

    @property
    def nx(self) -> MultiDiGraph[str]:
        """The graph as networkx sees it at this moment: read-only, and not copied.

        Any algorithm of networkx takes it: ``networkx.pagerank(lab.nx)``. Nodes are ids of
        entities, edge keys ids of relations; see `nerv_lab.exchange.networkx_view`.
        """
        state = self.state
        held = self.__dict__.get("_networkx_view")
        if held is None or held[0] is not state:
            # Kept, since it remembers what algorithms and backends made of the graph.
            held = self._networkx_view = state, delegated("exchange", "networkx_view")(self)
        view: MultiDiGraph[str] = held[1]
        return view

    @explained_by("exchange")
    def to_networkx(self) -> MultiDiGraph[str]:
        """Return the graph as a `networkx.MultiDiGraph` of its own."""
        graph: MultiDiGraph[str] = delegated("exchange", "to_networkx")(self)
        return graph

    @explained_by("exchange")
    def to_graphml(self, path: Any, **options: Any) -> None:
        """Write the graph as GraphML; see `nerv_lab.exchange.to_graphml`."""
        delegated("exchange", "to_graphml")(self, path, **options)

    @explained_by("exchange")
    def to_gexf(self, path: Any, **options: Any) -> None:
        """Write the graph as GEXF, for Gephi; see `nerv_lab.exchange.to_gexf`."""
        delegated("exchange", "to_gexf")(self, path, **options)

    @explained_by("exchange")
    def to_json_lines(self, path: Any, **options: Any) -> None:
        """Write the graph as lines of JSON, for Neo4j; see `nerv_lab.exchange.to_json_lines`."""
        delegated("exchange", "to_json_lines")(self, path, **options)

    @explained_by("exchange")
    def to_rdf(self, path: Any = None, **options: Any) -> Any:
        """Return the graph as RDF, also in a file; see `nerv_lab.exchange.to_rdf`."""
        return delegated("exchange", "to_rdf")(self, path, **options)

    @explained_by("exchange")
    def to_pyvis(self, path: str | None = None, **options: Any) -> Any:
        """Return the graph as a pyvis network, written to an HTML file where a path is given."""
        return delegated("exchange", "to_pyvis")(self, path, **options)


class FileImporter:
    """What can be brought into a graph from files."""

    @explained_by("exchange")
    def import_parquet(self, nodes: Any = None, edges: Any = None, **options: Any) -> ImportReport:
        """Bring in files of Parquet; see `nerv_lab.exchange.import_parquet`."""
        read = delegated("exchange", "import_parquet")
        report: ImportReport = read(self, nodes, edges, **options)
        return report

    @explained_by("exchange")
    def import_graphml(self, path: Any, **options: Any) -> ImportReport:
        """Bring in a file of GraphML; see `nerv_lab.exchange.import_graphml`."""
        report: ImportReport = delegated("exchange", "import_graphml")(self, path, **options)
        return report

    @explained_by("exchange")
    def import_gexf(self, path: Any, **options: Any) -> ImportReport:
        """Bring in a file of GEXF; see `nerv_lab.exchange.import_gexf`."""
        report: ImportReport = delegated("exchange", "import_gexf")(self, path, **options)
        return report

    @explained_by("exchange")
    def import_json_lines(self, path: Any, **options: Any) -> ImportReport:
        """Bring in lines of JSON; see `nerv_lab.exchange.import_json_lines`."""
        report: ImportReport = delegated("exchange", "import_json_lines")(self, path, **options)
        return report

    @explained_by("exchange")
    def import_rdf(self, source: Any, **options: Any) -> ImportReport:
        """Bring in RDF, such as Turtle or JSON-LD; see `nerv_lab.exchange.import_rdf`."""
        report: ImportReport = delegated("exchange", "import_rdf")(self, source, **options)
        return report
