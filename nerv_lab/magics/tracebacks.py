"""Errors of nerv-lab in a notebook: the user's own lines and the reason, and nothing between."""

from __future__ import annotations

import contextlib
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from nerv_lab.core.errors import NervError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["shorten_tracebacks", "show_whole_tracebacks"]

_PACKAGE = str(Path(__file__).resolve().parents[1])
_LIBRARIES = (
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<string>",  # the methods that dataclasses write
)


def shorten_tracebacks(shell: InteractiveShell) -> None:
    """Leave the frames of this package out when one of its errors is shown.

    ``%tb`` shows all of them, and ``%debug`` enters them. A handler that the user has set for
    errors stays.
    """
    if not shell.custom_exceptions:
        shell.set_custom_exc((NervError,), _show)  # type: ignore[no-untyped-call]


def show_whole_tracebacks(shell: InteractiveShell) -> None:
    """Take that back."""
    if shell.custom_exceptions == (NervError,):
        shell.set_custom_exc((), None)  # type: ignore[no-untyped-call]


def _show(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> list[str]:
    # As IPython does for errors that nobody handles; %tb and %debug look there.
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace
    if hasattr(error, "_render_traceback_"):  # as a wrong command does, in a line
        shown = error._render_traceback_()
    else:
        shown = shell.InteractiveTB.structured_traceback(
            kind, error, _outside(trace), tb_offset=tb_offset
        )
    shell._showtraceback(kind, error, shown)
    lines: list[str] = shown
    return lines


def _outside(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without this package and what it calls, or all if nothing were left.

    What a library calls on behalf of the user stays: only below a frame of this package are those
    of libraries left out, such as contextlib's, and functions of the user stay there too.
    """
    kept = None
    for frame in reversed([*_of_the_user(trace)]):
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept or trace


def _of_the_user(trace: TracebackType | None) -> Iterator[TracebackType]:
    inside = False
    while trace is not None:
        ours = _file(trace).startswith(_PACKAGE)
        inside = inside or ours or _decorates_ours(trace)
        if not (ours or (inside and _file(trace).startswith(_LIBRARIES))):
            yield trace
        trace = trace.tb_next


def _decorates_ours(trace: TracebackType) -> bool:
    """Return whether a frame is that of a method of this package which contextlib wraps."""
    after = trace.tb_next
    wraps = after is not None and _file(after).startswith(_PACKAGE)
    return wraps and _file(trace) == contextlib.__file__


def _file(trace: TracebackType) -> str:
    return trace.tb_frame.f_code.co_filename
