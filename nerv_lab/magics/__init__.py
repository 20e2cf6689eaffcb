"""The ``%nerv`` commands of IPython: ``%load_ext nerv_lab``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nerv_lab.magics.completion import NervMatcher
from nerv_lab.magics.item_completion import ItemMatcher
from nerv_lab.magics.key_completion import KeyMatcher
from nerv_lab.magics.magic import NervMagics
from nerv_lab.magics.tracebacks import shorten_tracebacks, show_whole_tracebacks

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["NervMagics", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Add ``%nerv`` and ``%%nerv`` to a shell, with their completion, and shorten tracebacks."""
    unload_ipython_extension(ipython)
    magics = NervMagics(ipython)
    ipython.register_magics(magics)
    matchers = NervMatcher(magics), KeyMatcher(ipython), ItemMatcher(ipython)
    ipython.Completer.custom_matchers.extend(matcher.match for matcher in matchers)
    shorten_tracebacks(ipython)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Take the commands away again. Labs stay open."""
    manager = ipython.magics_manager
    for kind in ("line", "cell"):
        manager.magics[kind].pop("nerv", None)
    manager.registry.pop(NervMagics.__name__, None)
    show_whole_tracebacks(ipython)
    matchers = ipython.Completer.custom_matchers
    ours = (NervMatcher, KeyMatcher, ItemMatcher)
    matchers[:] = [m for m in matchers if not isinstance(getattr(m, "__self__", None), ours)]
