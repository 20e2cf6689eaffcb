"""Changing a graph and committing it: one change, a batch, a version, and taking it back."""
