"""Reading a graph and asking it: items, queries, paths, words and tables."""
