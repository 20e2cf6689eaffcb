"""The ``%nerv`` commands of IPython: ``%load_ext nerv_lab``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nerv_lab.magics.completion import NervMatcher
from nerv_lab.magics.magic import NervMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["NervMagics", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Add ``%nerv`` and ``%%nerv`` to a shell, with their completion."""
    unload_ipython_extension(ipython)
    magics = NervMagics(ipython)
    ipython.register_magics(magics)
    ipython.Completer.custom_matchers.append(NervMatcher(magics).match)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Take the commands away again. Labs stay open."""
    manager = ipython.magics_manager
    for kind in ("line", "cell"):
        manager.magics[kind].pop("nerv", None)
    manager.registry.pop(NervMagics.__name__, None)
    matchers = ipython.Completer.custom_matchers
    matchers[:] = [m for m in matchers if not isinstance(getattr(m, "__self__", None), NervMatcher)]
