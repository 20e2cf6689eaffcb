"""The clerk: takes commands from the browser, each once, and long looks off the kernel's loop.

A message may come twice, since the browser asks again when no reply arrives; the reply of the
first time is given again. What may take long, such as working out a version of long ago, is done
by a thread first, so that the loop and the cells go on; the command itself then finds it done.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nerv_lab.core.errors import NervError
from nerv_lab.core.walking import following_walks
from nerv_lab.widgets.commands.arguments import Commanded
from nerv_lab.widgets.commands.commands import LOOKS, answer
from nerv_lab.widgets.hop import Hop

__all__ = ["Clerk"]

logger = logging.getLogger(__name__)

_REPLIES_KEPT: Final = 32
_TELL_SECONDS: Final = 0.1
_PLACES: Final = frozenset({"at", "live", "merge", "rollback", "switch"})


class _StoppedError(NervError):
    """The browser no longer wants what it asked for."""


@dataclass
class _Job:
    """A command under way."""

    message: Mapping[str, Any]
    stopped: bool = False
    told: float = 0.0
    prepared: object = None


class Clerk:
    """Answers the commands of one widget's views.

    Parameters
    ----------
    widget : Commanded
        The widget.
    send : callable
        Takes a message to the browser; called on the kernel's loop.
    hop : Hop
        How to get back to the loop.
    clock : callable
        Seconds that only grow; for tests.
    """

    def __init__(
        self,
        widget: Commanded,
        send: Callable[[dict[str, Any]], None],
        hop: Hop,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._widget = widget
        self._send = send
        self._hop = hop
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._replies: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._place: str | None = None

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take a command, or the wish to stop one; called on the loop."""
        id = str(message.get("id"))
        if message.get("type") == "stop":
            if id in self._jobs:
                self._jobs[id].stopped = True
        elif id in self._replies:
            self._send(self._replies[id])
        elif id not in self._jobs:
            self._begin(id, message)

    def _begin(self, id: str, message: Mapping[str, Any]) -> None:
        name = message.get("name")
        if name in _PLACES:
            # The newest wish counts; a look under way for an older one is given up.
            if self._place in self._jobs:
                self._jobs[self._place].stopped = True
            self._place = id
        look = LOOKS.get(name) if isinstance(name, str) else None
        job = self._jobs[id] = _Job(message, told=self._clock())
        if look is None or not self._hop.has_loop:
            self._finish(id)
            return
        threading.Thread(target=self._look, args=(id, job, look), daemon=True).start()

    def _look(self, id: str, job: _Job, look: Callable[..., object]) -> None:
        args = job.message.get("args")
        try:
            with following_walks(lambda done, total: self._tell(id, job, done, total)):
                job.prepared = look(self._widget, args if isinstance(args, Mapping) else {})
        except NervError as error:  # the command itself runs into it again, and says so
            logger.debug("a look before %r ended: %s", job.message.get("name"), error)
        except Exception:
            logger.exception("a look before %r failed", job.message.get("name"))
        self._hop.call(lambda: self._finish(id))

    def _tell(self, id: str, job: _Job, done: int, total: int) -> None:
        if job.stopped:
            raise _StoppedError("stopped")
        now = self._clock()
        if now - job.told >= _TELL_SECONDS:
            job.told = now
            told = {"type": "progress", "id": id, "done": done, "total": total}
            self._hop.call(lambda: self._send(told))

    def _finish(self, id: str) -> None:
        job = self._jobs.pop(id)
        if job.stopped:
            error = {"kind": "Stopped", "text": "stopped"}
            reply: dict[str, Any] = {"type": "reply", "id": id, "ok": False, "error": error}
        else:
            # No cell runs in which a bar could be shown.
            with following_walks(lambda done, total: None):
                reply = answer(self._widget, job.message, job.prepared)
        self._replies[id] = reply
        while len(self._replies) > _REPLIES_KEPT:
            self._replies.popitem(last=False)
        self._send(reply)
