"""How long things may take, and what is said when they take longer."""

from __future__ import annotations

from dataclasses import dataclass

from nerv_lab.core.errors import ServerGoneError, ServerTimeoutError

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds.

    Attributes
    ----------
    request : float
        One request, the time to reconnect included.
    connect : float
        One attempt to connect.
    first_retry, last_retry : float
        The pause after the first lost connection, and the longest pause.
    patience : float
        How long others get to write again what a server lost of theirs.
    repeats : bool
        Whether the connection itself writes again what a server lost of ours just now; not where
        a journal does.
    """

    request: float = 60.0
    connect: float = 10.0
    first_retry: float = 0.1
    last_retry: float = 15.0
    patience: float = 10.0
    repeats: bool = True

    def gone(self, doing: str, uri: str) -> ServerGoneError:
        """Return the error of a request that found no connection."""
        return ServerGoneError(
            f"{doing}: the connection to {uri} was lost and did not come back within "
            f"{self.request:g} s; it goes on trying, so see that the server runs, and "
            f"do the same again"
        )

    def late(self, doing: str, uri: str) -> ServerTimeoutError:
        """Return the error of a request that was not answered."""
        return ServerTimeoutError(
            f"{doing}: {uri} did not answer within {self.request:g} s; "
            f"do the same again, or open it with a longer NERV_REQUEST_TIMEOUT"
        )
