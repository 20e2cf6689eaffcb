"""Reaching up to the layers that build on the Lab, when their methods are called on it."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar, cast

from nerv_lab.core.collecting import collector_paused

__all__ = ["delegated", "explained_by"]

_F = TypeVar("_F", bound=Callable[..., Any])
# What stands for the Lab, which is the method's self.
_LAB = re.compile(r"^lab : .*\n(?: .*\n)+", re.MULTILINE)


def delegated(package: str, name: str) -> Callable[..., Any]:
    """Return a function of an upper layer, imported on first use.

    The Lab offers ``lab.to_pandas()`` and ``lab.explorer()`` as methods, since that is where
    users look for them; what they do lives above, and is loaded only by those who call it.
    """
    with collector_paused():
        function: Callable[..., Any] = getattr(importlib.import_module(f"nerv_lab.{package}"), name)
    return function


def explained_by(package: str, name: str | None = None) -> Callable[[_F], _F]:
    """Let a method show the parameters and the help of what it calls, once it is reached for.

    Whoever looks at ``lab.import_csv`` in a notebook, or completes its keywords, finds those of
    `nerv_lab.exchange.import_csv`.

    Parameters
    ----------
    package : str
        Of the upper layer.
    name : str, optional
        What is called, a function or a class; by default it has the name of the method.
    """

    def explain(method: _F) -> _F:
        function = cast(FunctionType, method)
        return cast(_F, _Explained(function, package, name or function.__name__))

    return explain


class _Explained:
    """A method whose help is fetched from above when somebody reaches for it."""

    def __init__(self, method: FunctionType, package: str, name: str) -> None:
        self.__doc__ = method.__doc__
        self._method = method
        self._where: tuple[str, str] | None = (package, name)

    def __get__(self, instance: object, owner: type) -> Any:
        if self._where is not None:
            self._fetch(*self._where)
        return self._method.__get__(instance, owner)

    def _fetch(self, package: str, name: str) -> None:
        try:
            target = delegated(package, name)
        except ImportError:  # of an extra that is not there, which the call itself explains
            return
        self._where = None
        own = inspect.signature(self._method)
        _, *given = inspect.signature(target).parameters.values()
        shown = own.replace(parameters=[own.parameters["self"], *given])
        self._method.__signature__ = shown  # type: ignore[attr-defined]
        explained = _LAB.sub("", (inspect.getdoc(target) or "").partition("\n\n")[2])
        self._method.__doc__ = f"{inspect.getdoc(self._method)}\n\n{explained}"
