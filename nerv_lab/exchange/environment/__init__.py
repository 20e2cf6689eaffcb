"""The installed Python distributions as a graph."""
