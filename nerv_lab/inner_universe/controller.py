"""The life of an Inner Universe: from connecting to an orderly end."""

from __future__ import annotations

import asyncio
import logging
import threading
from functools import cached_property
from types import TracebackType

from nerv_lab.core.errors import NervError
from nerv_lab.inner_universe.adapters import SpacetimeEventBus, SpacetimeTemporalStore
from nerv_lab.inner_universe.config import InnerUniverseConfig
from nerv_lab.inner_universe.connect import client_for
from nerv_lab.inner_universe.contract.client import InnerUniverseClient

__all__ = ["InnerUniverseController", "initialize_persistence"]

logger = logging.getLogger(__name__)


class InnerUniverseController:
    """Starts and stops a client and its adapters; each step may be repeated without harm.

    Parameters
    ----------
    config : InnerUniverseConfig, optional
        Settings; by default those of the environment.
    """

    def __init__(self, config: InnerUniverseConfig | None = None) -> None:
        self.config = InnerUniverseConfig() if config is None else config
        self.client: InnerUniverseClient = client_for(self.config.uri, self.config)

    @cached_property
    def event_bus(self) -> SpacetimeEventBus:
        """The client's event bus."""
        return SpacetimeEventBus(
            self.client,
            local=self.config.local_events,
            batch_events=self.config.batch_events,
            batch_seconds=self.config.batch_seconds,
        )

    @cached_property
    def temporal_store(self) -> SpacetimeTemporalStore:
        """The client's store of state versions."""
        return SpacetimeTemporalStore(self.client)

    @property
    def running(self) -> bool:
        """Whether the client is connected."""
        return self.client.connected

    async def start_server_mode(self) -> None:
        """Connect; nothing happens when it is connected.

        Raises
        ------
        NERVPersistenceError
            When it cannot; the kind of error says why.
        """
        await self.client.connect()

    async def stop(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - also in threads
        """End the subscriptions and close; nothing happens when it is stopped.

        Parameters
        ----------
        timeout : float, optional
            Seconds it may take at most; by default ``config.stop_timeout``. What is not over by
            then is left to end by itself, and logged.

        Returns
        -------
        bool
            Whether everything ended in time.
        """
        limit = self.config.stop_timeout if timeout is None else timeout
        try:
            await asyncio.wait_for(self._close(), limit)
        except TimeoutError:
            logger.warning("%s was not closed within %s s", self.client.uri, limit)
            return False
        return True

    async def _close(self) -> None:
        try:
            await self.event_bus.flush()
        finally:
            self.event_bus.close()
        if self.client.completes_inline:
            await _in_thread(self.client)
        else:
            await self.client.close()

    async def __aenter__(self) -> InnerUniverseController:
        await self.start_server_mode()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


async def initialize_persistence(
    config: InnerUniverseConfig | None = None,
) -> tuple[InnerUniverseController, SpacetimeEventBus, SpacetimeTemporalStore]:
    """Start the Inner Universe and bridge it to an event bus and a store of versions.

    Parameters
    ----------
    config : InnerUniverseConfig, optional
        Settings; by default those of the environment.

    Returns
    -------
    tuple
        The controller, whose `stop` ends all of it, and the two adapters.
    """
    controller = InnerUniverseController(config)
    await controller.start_server_mode()
    controller.event_bus.subscribe_to_events()
    return controller, controller.event_bus, controller.temporal_store


async def _in_thread(client: InnerUniverseClient) -> None:
    """Close a client that would block the loop, in a thread that nobody has to wait for."""
    loop = asyncio.get_running_loop()
    closed: asyncio.Future[None] = loop.create_future()

    def tell(error: NervError | None) -> None:
        if closed.done():
            return
        if error is None:
            closed.set_result(None)
        else:
            closed.set_exception(error)

    def close() -> None:
        failed: NervError | None = None
        coroutine = client.close()
        try:
            coroutine.send(None)
        except StopIteration:
            pass
        except NervError as error:
            failed = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, failed)

    threading.Thread(target=close, name="nerv-close", daemon=True).start()
    await closed
