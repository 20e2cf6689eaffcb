"""Commands from the browser: it asks, the Lab does, and a reply says how it went."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from nerv_lab.core.errors import NervError, ValidationError
from nerv_lab.core.state import GraphState
from nerv_lab.core.versions import Version
from nerv_lab.lab.lab import Lab
from nerv_lab.widgets.details import details
from nerv_lab.widgets.history import version_row

__all__ = ["COMMANDS", "Commanded", "answer"]

logger = logging.getLogger(__name__)


class Commanded(Protocol):
    """A widget, as far as its commands need it."""

    lab: Lab
    version: str | None

    @property
    def shown_state(self) -> GraphState:
        """The graph that is shown."""


def _text(args: Mapping[str, Any], name: str, hint: str) -> str:
    value = args.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValidationError(name, hint)
    return value.strip()


def _row(widget: Commanded, version: Version) -> dict[str, Any]:
    return version_row(widget.lab.version_label(version), version)


def _commit(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    description = _text(args, "description", "say in a few words what changed")
    return _row(widget, widget.lab.commit(description))


def _rollback(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    restored = widget.lab.rollback(_text(args, "version", "choose the version to restore"))
    widget.version = None
    return _row(widget, restored)


def _at(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    widget.version = _text(args, "version", "choose the version to look at")
    return {"version": widget.version}


def _live(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    widget.version = None
    return {"version": None}


def _inspect(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    return details(widget.shown_state, _text(args, "id", "choose an entity or a relation"))


COMMANDS: dict[str, Callable[[Commanded, Mapping[str, Any]], dict[str, Any]]] = {
    "at": _at,
    "commit": _commit,
    "inspect": _inspect,
    "live": _live,
    "rollback": _rollback,
}


def answer(widget: Commanded, message: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a command and return the reply; an error is a reply too, for people to read.

    Parameters
    ----------
    widget : Commanded
        The widget whose view asks.
    message : mapping
        ``{type: "command", id, name, args}``.

    Returns
    -------
    dict
        ``{type: "reply", id, ok, result}`` or ``{type: "reply", id, ok, error: {kind, text}}``.
    """
    reply: dict[str, Any] = {"type": "reply", "id": message.get("id")}
    name, args = message.get("name"), message.get("args")
    try:
        command = COMMANDS.get(name) if isinstance(name, str) else None
        if command is None:
            raise ValidationError("name", f"no command {name!r}; there are {', '.join(COMMANDS)}")
        result = command(widget, args if isinstance(args, Mapping) else {})
    except NervError as error:
        return {**reply, "ok": False, "error": {"kind": type(error).__name__, "text": str(error)}}
    except Exception as error:  # whatever it is, the person at the button must see it
        logger.exception("command %r failed", name)
        text = f"{name} failed unexpectedly: {error}"
        return {**reply, "ok": False, "error": {"kind": type(error).__name__, "text": text}}
    return {**reply, "ok": True, "result": result}
