"""Travelling through the history: finding a version, comparing, blaming, bisecting, pruning."""
