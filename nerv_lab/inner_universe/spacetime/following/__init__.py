"""Staying connected, following the log, and reading what the server holds."""
