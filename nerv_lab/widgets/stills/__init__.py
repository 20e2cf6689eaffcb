"""Still pictures of a graph, as SVG."""
