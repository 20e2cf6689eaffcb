"""Keeping an interrupt back until what is under way is whole.

A write that was cut off between the store and the state would leave a Lab that does not know what
its store holds. What is short is therefore finished first.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["interrupts_held"]


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Let an interrupt of the user come after the block; a second one comes at once.

    Python runs handlers of signals in the main thread alone, so that in any other nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.getsignal(signal.SIGINT)
    if not callable(usual):  # interrupts are ignored, or end the process
        yield
        return
    held: list[FrameType | None] = []

    def hold(number: int, frame: FrameType | None) -> None:
        held.append(frame)
        if len(held) > 1:
            usual(number, frame)

    signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if len(held) == 1:
            usual(signal.SIGINT, held[0])
