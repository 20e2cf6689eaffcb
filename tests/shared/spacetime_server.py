"""A real SpacetimeDB server for tests, where there is one."""

from __future__ import annotations

import atexit
import http.client
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import pytest
from shared.ports import free_port

VERSION = "1.2.0"
_START_SECONDS = 240.0


def binary() -> str | None:
    """Return the server's path: NERV_SPACETIMEDB, the cache, or the one on the path."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    cached = cache / "nerv-lab" / f"spacetimedb-{VERSION}" / "bin" / "spacetimedb-standalone"
    named = os.environ.get("NERV_SPACETIMEDB")
    return named or (str(cached) if cached.exists() else shutil.which("spacetimedb-standalone"))


def required_binary() -> str:
    """Return the server's path; without one, skip, or fail where it is required."""
    found = binary()
    if found is not None:
        return found
    reason = "there is no spacetimedb-standalone; set NERV_SPACETIMEDB to its path"
    if os.environ.get("NERV_REQUIRE_SPACETIMEDB") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class SpacetimeServer:
    """A server process on a port of its own, which may be killed and started again."""

    def __init__(self, folder: Path, *, in_memory: bool = False) -> None:
        self.folder = folder
        self._options = ["--in-memory"] if in_memory else []
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._binary = required_binary()
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, database: str) -> str:
        return f"spacetimedb://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [
            *(self._binary, "start", "-l", f"127.0.0.1:{self.port}"),
            *("--data-dir", str(self.folder / "data")),
            *("--jwt-pub-key-path", str(self.folder / "key.pub")),
            *("--jwt-priv-key-path", str(self.folder / "key")),
            *self._options,
        ]
        with (self.folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                pytest.fail(f"the server ended at once: {self.log()[-2000:]}")
            if self._is_healthy():
                return
            time.sleep(0.05)  # a process has no event to wait for
        pytest.fail(f"the server did not start within {_START_SECONDS} s: {self.log()[-2000:]}")

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/v1/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(errors="replace")

    def kill(self) -> None:
        """End the process as a power cut would, without giving it a moment."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


_shared: dict[bool, SpacetimeServer] = {}


def the_server(*, in_memory: bool = False) -> SpacetimeServer:
    """Return a server that runs until the tests end; each test makes databases of its own."""
    if in_memory not in _shared:
        folder = Path(tempfile.mkdtemp(prefix="nerv-spacetimedb-"))
        server = SpacetimeServer(folder, in_memory=in_memory)
        server.start()
        atexit.register(_end, server)
        _shared[in_memory] = server
    return _shared[in_memory]


def _end(server: SpacetimeServer) -> None:
    server.kill()
    shutil.rmtree(server.folder, ignore_errors=True)


def new_database() -> str:
    """Return a name that no database has."""
    return f"test-{uuid.uuid4().hex[:16]}"
