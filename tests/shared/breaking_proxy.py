"""A network between client and server that cuts, delays, stalls, splits and drops, by chance."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import threading
from collections.abc import Iterator

__all__ = ["BreakingProxy", "breaking_proxy"]

_LONGEST = 0.02
_STALL = 0.3
_CHUNK = 1 << 14


class BreakingProxy:
    """Passes bytes on to a server, and breaks by a plan that a seed decides.

    It runs on a thread of its own, so that no client waits for itself.

    Parameters
    ----------
    port : int
        The server's, on this machine.
    keeping : bool
        Whether to keep what passes, each connection's questions and answers for themselves.
    serving : ssl.SSLContext, optional
        What clients are to be spoken to with; the server is spoken to in plain text.
    """

    def __init__(
        self, port: int, *, keeping: bool = False, serving: ssl.SSLContext | None = None
    ) -> None:
        self._serving = serving
        self._server_port = port
        self._keeping = keeping
        self._chance = random.Random(0)
        self._loop = asyncio.new_event_loop()
        self._breaking = False
        self._mild = 1.0
        self._shut = False
        self._links: set[asyncio.Task[None]] = set()
        self.cuts = 0
        self.port = 0
        self.kept: list[tuple[bytearray, bytearray]] = []

    def plan(self, seed: int, *, mild: float = 1.0) -> None:
        """Begin to break, by the plan of a seed; a mild one cuts so many times more rarely."""
        self._mild = mild
        self._chance = random.Random(seed)
        self._breaking = True

    def heal(self) -> None:
        """Pass on everything from now on, as it comes."""
        self._breaking = False

    def shut(self) -> None:
        """Cut every link, and let nobody through until `open`."""
        self._shut = True
        self._loop.call_soon_threadsafe(self._cut_all)

    def open(self) -> None:
        """Let everybody through again."""
        self._shut = False

    def _cut_all(self) -> None:
        for link in self._links:
            link.cancel()

    def serve(self, ready: threading.Event) -> None:
        """Run until `stop`."""
        asyncio.set_event_loop(self._loop)
        starting = asyncio.start_server(self._link, "127.0.0.1", 0, ssl=self._serving)
        server = self._loop.run_until_complete(starting)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """End it; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._shut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        if self._shut:  # meanwhile
            back.transport.abort()
            writer.transport.abort()
            return
        asked, answered = bytearray(), bytearray()
        if self._keeping:
            self.kept.append((asked, answered))
        ways = {
            asyncio.create_task(self._pass_on(reader, back, asked)),
            asyncio.create_task(self._pass_on(there, writer, answered)),
        }
        self._links |= ways
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._links -= ways
            for way in ways:
                way.cancel()
            for end in (writer, back):
                end.transport.abort()

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, kept: bytearray
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(_CHUNK):
                if self._keeping:
                    kept += data
                for part in await self._parts(data):
                    sink.write(part)
                    await sink.drain()
                    await asyncio.sleep(0)
                if self._breaking and self._chance.random() < 0.02 / self._mild:
                    self.cuts += 1
                    return

    async def _parts(self, data: bytes) -> list[bytes]:
        """Return what of some bytes is passed on, and in which pieces, after a while maybe."""
        if not self._breaking:
            return [data]
        chance = self._chance
        cut = 50 / self._mild
        ways = {"whole": 690, "late": 150, "split": 100, "cut": cut, "stall": 5, "drop": 5}
        match chance.choices([*ways], [*ways.values()])[0]:
            case "late":
                await asyncio.sleep(chance.random() * _LONGEST)  # the network is slow, not the test
            case "stall":
                await asyncio.sleep(_STALL)
            case "drop":
                # What was taken never arrives, and the sender hears of it later.
                await asyncio.sleep(chance.random() * _LONGEST)
                self.cuts += 1
                raise ConnectionResetError
            case "split":
                at = sorted(chance.sample(range(len(data) + 1), min(4, len(data) + 1)))
                return [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True) if a < b]
            case "cut":
                self.cuts += 1
                raise ConnectionResetError
        return [data]


@contextlib.contextmanager
def breaking_proxy(
    port: int, *, keeping: bool = False, serving: ssl.SSLContext | None = None
) -> Iterator[BreakingProxy]:
    """Run a proxy in front of a server; it breaks nothing until it is given a plan."""
    proxy = BreakingProxy(port, keeping=keeping, serving=serving)
    ready = threading.Event()
    thread = threading.Thread(target=proxy.serve, args=(ready,), name="breaking-proxy")
    thread.start()
    ready.wait()
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join()
