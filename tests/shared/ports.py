"""Ports for servers of tests, which nobody else takes meanwhile."""

from __future__ import annotations

import random
import socket

__all__ = ["free_port"]

# Below those that systems give to whoever calls: such a one could be taken by a client while the
# server of the port starts, or is down, even by one that calls this very port.
_PORTS = range(10_000, 30_000)
_CHANCE = random.SystemRandom()  # processes must not draw the same, whatever seeds a test sets


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    while True:
        port = _CHANCE.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
