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
    from nerv_lab.exchange.environment.environment import from_environment, sync_environment
    from nerv_lab.exchange.git.history import from_git, import_git
    from nerv_lab.exchange.networks.gexf_files import import_gexf, to_gexf
    from nerv_lab.exchange.networks.graphml_files import import_graphml, to_graphml
    from nerv_lab.exchange.networks.json_lines import import_json_lines, to_json_lines
    from nerv_lab.exchange.networks.live_graph import networkx_view
    from nerv_lab.exchange.networks.networkx_graphs import import_networkx, to_networkx
    from nerv_lab.exchange.networks.pyvis_page import GraphPage, to_pyvis
    from nerv_lab.exchange.rdf.graphs import import_rdf, to_rdf
    from nerv_lab.exchange.tables.arrow_tables import import_parquet, to_arrow, to_parquet
    from nerv_lab.exchange.tables.csv_tables import import_csv, to_csv
    from nerv_lab.exchange.tables.frames import (
        entity_frame,
        import_pandas,
        relation_frame,
        to_pandas,
    )
    from nerv_lab.exchange.tables.property_values import set_properties

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
    "import_rdf": "rdf.graphs",
    "to_rdf": "rdf.graphs",
    "import_parquet": "tables.arrow_tables",
    "to_arrow": "tables.arrow_tables",
    "to_csv": "tables.csv_tables",
    "to_parquet": "tables.arrow_tables",
    "import_gexf": "networks.gexf_files",
    "import_graphml": "networks.graphml_files",
    "to_gexf": "networks.gexf_files",
    "to_graphml": "networks.graphml_files",
    "import_json_lines": "networks.json_lines",
    "to_json_lines": "networks.json_lines",
    "GraphPage": "networks.pyvis_page",
    "entity_frame": "tables.frames",
    "from_environment": "environment.environment",
    "from_git": "git.history",
    "import_csv": "tables.csv_tables",
    "import_git": "git.history",
    "import_networkx": "networks.networkx_graphs",
    "import_pandas": "tables.frames",
    "networkx_view": "networks.live_graph",
    "relation_frame": "tables.frames",
    "set_properties": "tables.property_values",
    "sync_environment": "environment.environment",
    "to_networkx": "networks.networkx_graphs",
    "to_pandas": "tables.frames",
    "to_pyvis": "networks.pyvis_page",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
