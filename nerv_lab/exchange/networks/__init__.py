"""Graphs of networkx, pyvis, and files of graphs: GraphML, GEXF and lines of JSON."""
