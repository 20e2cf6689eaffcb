"""Errors of nerv-lab in a notebook: the user's own lines and the reason, and nothing between."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from nerv_lab.core.errors import NervError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["shorten_tracebacks", "show_whole_tracebacks"]

_PACKAGE = str(Path(__file__).resolve().parents[1])


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
    """Return a traceback without the frames of this package, or all of it if nothing were left."""
    kept = None
    for frame in reversed([*_frames(trace)]):
        if not frame.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept or trace


def _frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next
