"""Stores inside this process, and the one in memory."""
