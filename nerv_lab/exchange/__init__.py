"""Data in and out of a lab: pandas, CSV, networkx, pyvis, and the installed distributions.

Every importer compares what it is given with the graph as it is and sends the difference as one
batch; a second import of the same data changes nothing. The libraries are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nerv_lab.lab.graph_tables import GraphFrames, GraphTables
from nerv_lab.lab.import_reports import GitReport, ImportProblem, ImportReport

if TYPE_CHECKING:
    from nerv_lab.exchange.arrow_tables import import_parquet, to_arrow, to_parquet
    from nerv_lab.exchange.csv_tables import import_csv, to_csv
    from nerv_lab.exchange.environment import from_environment, sync_environment
    from nerv_lab.exchange.frames import (
        entity_frame,
        import_pandas,
        relation_frame,
        to_pandas,
    )
    from nerv_lab.exchange.gexf_files import import_gexf, to_gexf
    from nerv_lab.exchange.git_history import from_git, import_git
    from nerv_lab.exchange.graphml_files import import_graphml, to_graphml
    from nerv_lab.exchange.json_lines import import_json_lines, to_json_lines
    from nerv_lab.exchange.live_graph import networkx_view
    from nerv_lab.exchange.networkx_graphs import import_networkx, to_networkx
    from nerv_lab.exchange.property_values import set_properties
    from nerv_lab.exchange.pyvis_page import GraphPage, to_pyvis
    from nerv_lab.exchange.rdf_graphs import import_rdf, to_rdf

__all__ = [
    "GitReport",
    "GraphFrames",
    "GraphPage",
    "GraphTables",
    "ImportProblem",
    "ImportReport",
    "entity_frame",
    "from_environment",
    "from_git",
    "import_csv",
    "import_gexf",
    "import_git",
    "import_graphml",
    "import_json_lines",
    "import_networkx",
    "import_pandas",
    "import_parquet",
    "import_rdf",
    "networkx_view",
    "relation_frame",
    "set_properties",
    "sync_environment",
    "to_arrow",
    "to_csv",
    "to_gexf",
    "to_graphml",
    "to_json_lines",
    "to_networkx",
    "to_pandas",
    "to_parquet",
    "to_pyvis",
    "to_rdf",
]

_HOME = {
    "import_rdf": "rdf_graphs",
    "to_rdf": "rdf_graphs",
    "import_parquet": "arrow_tables",
    "to_arrow": "arrow_tables",
    "to_csv": "csv_tables",
    "to_parquet": "arrow_tables",
    "import_gexf": "gexf_files",
    "import_graphml": "graphml_files",
    "to_gexf": "gexf_files",
    "to_graphml": "graphml_files",
    "import_json_lines": "json_lines",
    "to_json_lines": "json_lines",
    "GraphPage": "pyvis_page",
    "entity_frame": "frames",
    "from_environment": "environment",
    "from_git": "git_history",
    "import_csv": "csv_tables",
    "import_git": "git_history",
    "import_networkx": "networkx_graphs",
    "import_pandas": "frames",
    "networkx_view": "live_graph",
    "relation_frame": "frames",
    "set_properties": "property_values",
    "sync_environment": "environment",
    "to_networkx": "networkx_graphs",
    "to_pandas": "frames",
    "to_pyvis": "pyvis_page",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
