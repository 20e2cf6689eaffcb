"""The history of a git repository as the history of a graph."""
