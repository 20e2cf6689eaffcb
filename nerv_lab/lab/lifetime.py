"""A Lab from when it is open until it is closed, and how it reaches its client meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from nerv_lab.core.errors import StoreClosedError
from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.contract.watchers import Watchers
from nerv_lab.lab.driving import run

__all__ = ["Lifetime"]

_T = TypeVar("_T")


class Lifetime:
    """The connection of a Lab to its store, and its end."""

    _client: InnerUniverseClient
    _unsubscribe: Callable[[], None]

    def __init__(self) -> None:
        self._closing = threading.Lock()
        self._closed = False
        self._on_close: Watchers[[]] = Watchers()

    @property
    def closed(self) -> bool:
        """Whether the Lab was closed."""
        return self._closed

    def on_close(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call a function when the Lab closes; returns how to take it back."""
        return self._on_close.add(callback)

    def close(self) -> None:
        """Stop following and disconnect; closing twice is fine."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._on_close.tell()
        self._unsubscribe()
        run(self._client, self._client.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        if self._closed:
            coroutine.close()
            raise StoreClosedError("this lab was closed; open it again with nerv_lab.open(...)")
        return run(self._client, coroutine)

    def _write(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine that gives rise to events, and take them in before returning."""
        result = self._run(coroutine)
        self._client.deliver()
        return result

    def refresh(self) -> None:
        """Take in, now, everything the store holds; it would come by itself a moment later."""
        self._write(self._client.refresh())
