"""Checking a store against itself, and against another."""
