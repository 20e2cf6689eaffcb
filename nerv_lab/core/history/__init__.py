"""Versions: how states come into a history, are found again, merged, pruned and checked."""
