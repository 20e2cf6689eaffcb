"""What commands are given: the widget they are for, and arguments from the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.lab import Lab
from nerv_lab.widgets.shown.history import version_row
from nerv_lab.widgets.styling import Styler

__all__ = [
    "Command",
    "Commanded",
    "Prepared",
    "go_live",
    "labelled_row",
    "required_seq",
    "required_text",
    "shown_place",
]

_T = TypeVar("_T")


class Commanded(Protocol):
    """A widget, as far as its commands need it."""

    lab: Lab
    version: str | None
    position: int | None

    @property
    def shown_state(self) -> GraphState:
        """The graph that is looked at."""

    @property
    def scene(self) -> GraphState:
        """What of it is shown."""

    @property
    def styler(self) -> Styler:
        """What gives looks."""


Command: TypeAlias = Callable[[Commanded, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Prepared(Generic[_T]):
    """A command in two parts.

    Attributes
    ----------
    prepare : callable
        Works out, in any thread and changing nothing, what the command needs.
    finish : callable
        Does the rest, on the kernel's loop, with what was worked out.
    """

    prepare: Callable[[Commanded, Mapping[str, Any]], _T]
    finish: Callable[[Commanded, Mapping[str, Any], _T], dict[str, Any]]

    def __call__(self, widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
        """Do both."""
        return self.finish(widget, args, self.prepare(widget, args))


def required_text(args: Mapping[str, Any], name: str, hint: str) -> str:
    """Return an argument that must be a text.

    Raises
    ------
    ValidationError
        It is missing or blank; the message ends with the hint.
    """
    value = args.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValidationError(name, hint)
    return value.strip()


def required_seq(args: Mapping[str, Any], name: str) -> int:
    """Return an argument that must be a position in the log.

    Raises
    ------
    ValidationError
        It is missing or no integer.
    """
    value = args.get(name)
    if type(value) is not int:
        raise ValidationError(name, "must be a position in the log")
    return value


def go_live(widget: Commanded) -> None:
    """Show the present again."""
    widget.version = None
    widget.position = None


def shown_place(widget: Commanded) -> View | str:
    """Return the version that is shown, or the head where the present is.

    Raises
    ------
    VersionNotFoundError
        What is shown lies between two versions.
    """
    if widget.position is not None:
        return widget.lab.at(widget.position)
    return widget.version or "head"


def labelled_row(widget: Commanded, version: Version) -> dict[str, Any]:
    """Return a version as the browser takes it."""
    return version_row(widget.lab.version_label(version), version)
