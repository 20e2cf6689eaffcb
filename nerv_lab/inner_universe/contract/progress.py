"""How far long work has come: an import, an export, a copy, a look far back, a merge.

What is done is told in the unit of the source (bytes of files, rows, items, commits). The total
does not change once it was told, and is reached when everything is in, and not before.
"""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, TypeVar

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.walking import following_walks, is_followed

__all__ = ["Meter", "Progress", "counted_file", "shown_when_slow", "told"]

Progress: TypeAlias = bool | Callable[[int, int], object] | None
"""None, True for a bar, or what is called as ``progress(done, total)``."""
_T = TypeVar("_T")
_MOST_TOLD: Final = 100
_SLOW_SECONDS: Final = 0.5
_BETWEEN_SECONDS: Final = 0.1


class Meter:
    """Counts what is done, and tells it about a hundred times.

    Parameters
    ----------
    tell : callable, optional
        Given what is done, and the total.
    """

    def __init__(self, tell: Callable[[int, int], object] | None = None) -> None:
        self._tell = tell or (lambda done, total: None)
        self._done = self._told = self._total = 0

    def expect(self, count: int) -> None:
        """Add to the total; before the first step."""
        self._total += count

    def advance(self, count: int = 1) -> None:
        """Note that so much is done. The last step is told by :meth:`finish`."""
        self._done = min(self._done + count, self._total)
        step = -(-self._total // _MOST_TOLD)
        if self._told + step <= self._done < self._total:
            self._told = self._done
            self._tell(self._done, self._total)

    def each(self, items: Iterable[_T]) -> Iterator[_T]:
        """Yield items, and count those that were dealt with."""
        for item in items:
            yield item
            self.advance()

    def spread(self, items: Sequence[_T], count: int) -> Iterator[_T]:
        """Yield items, and count so much for all of them together."""
        for position, item in enumerate(items):
            yield item
            before, after = (count * n // len(items) for n in (position, position + 1))
            self.advance(after - before)

    def finish(self) -> None:
        """Tell that all is done."""
        self._tell(self._total, self._total)


@contextmanager
def told(progress: Progress) -> Iterator[Meter]:
    """Tell how far a block is; that all is done only where it ends well.

    Raises
    ------
    ValidationError
        It is no progress.
    """
    meter = Meter(_teller(progress))
    yield meter
    meter.finish()


def _teller(progress: Progress) -> Callable[[int, int], object] | None:
    if progress is None or progress is False:
        return None
    if progress is True:
        return _bar()
    if not callable(progress):
        raise ValidationError("progress", f"must be True or a callable, not {progress!r}")
    return progress


@contextmanager
def shown_when_slow() -> Iterator[None]:
    """Show a bar in the cell once the walks of a block take longer than half a second.

    Where somebody follows them already, or there is no cell to show it in, nothing is shown.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if is_followed() or not (in_main_thread and _has_shell()):
        yield
        return
    bar = _bar(_SLOW_SECONDS)
    with following_walks(bar):
        yield
    bar.finish()


def _bar(after: float = 0.0) -> _Bar:
    """Return what shows a bar: IPython's own where there is a shell, a line of text elsewhere."""
    return _Bar(_ShellBar() if _has_shell() else _text_bar, after)


def _has_shell() -> bool:
    # Who has not loaded IPython does not sit in a shell of it.
    shells = sys.modules.get("IPython.core.interactiveshell")
    return shells is not None and bool(shells.InteractiveShell.initialized())


class _Bar:
    """Shows what it is told, once it is worth a look, and a few times a second."""

    def __init__(self, show: Callable[[int, int], object], after: float) -> None:
        self._show = show
        self._due = time.monotonic() + after
        self.last: tuple[int, int] | None = None

    def finish(self) -> None:
        """Show that all is done, where anything was shown."""
        if self.last is not None:
            self(self.last[1], self.last[1])

    def __call__(self, done: int, total: int) -> None:
        """Take word of how far it is."""
        now = time.monotonic()
        if now >= self._due or (self.last is not None and done == total):
            self._due = now + _BETWEEN_SECONDS
            self.last = done, total
            self._show(done, total)


class _ShellBar:
    """A bar of IPython."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        from IPython.display import ProgressBar

        if self._bar is None:
            self._bar = ProgressBar(max(total, 1))  # type: ignore[no-untyped-call]
            self._bar.display()
        self._bar.total = max(total, 1)
        self._bar.progress = done if total else 1


def _text_bar(done: int, total: int) -> None:
    is_last = done == total or not sys.stderr.isatty()
    sys.stderr.write(f"{done}/{total}{chr(10) if is_last else chr(13)}")
    sys.stderr.flush()


class _Counted(io.RawIOBase):
    def __init__(self, file: io.FileIO, meter: Meter) -> None:
        self._file = file
        self._meter = meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer)
        self._meter.advance(count)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def counted_file(path: Path, meter: Meter) -> BinaryIO:
    """Open a file so that every byte that is read of it is counted."""
    return io.BufferedReader(_Counted(io.FileIO(path), meter))
