"""Commands from the browser: it asks, the Lab does, and a reply says how it went."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from nerv_lab.core.errors import NervError, ValidationError
from nerv_lab.widgets.commands.arguments import (
    Command,
    Commanded,
    Prepared,
    go_live,
    labelled_row,
    required_text,
)
from nerv_lab.widgets.commands.branching import BRANCH_COMMANDS
from nerv_lab.widgets.commands.comparing import COMPARE_COMMANDS
from nerv_lab.widgets.commands.details import details, seen
from nerv_lab.widgets.commands.editing import EDIT_COMMANDS
from nerv_lab.widgets.commands.merging import MERGE_COMMANDS
from nerv_lab.widgets.commands.narrowing import NARROW_COMMANDS
from nerv_lab.widgets.commands.querying import FIND_COMMANDS

__all__ = ["COMMANDS", "LOOKS", "answer"]

logger = logging.getLogger(__name__)


def _commit(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    description = required_text(args, "description", "say in a few words what changed")
    return labelled_row(widget, widget.lab.commit(description))


def _rollback(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    restored = widget.lab.rollback(_place(args, "choose the version to restore"))
    go_live(widget)
    return labelled_row(widget, restored)


def _at(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    place = _place(args, "choose the version to look at")
    if isinstance(place, int):
        widget.position = place
    else:
        widget.version = place
    return {"version": widget.version, "position": widget.position}


def _place(args: Mapping[str, Any], hint: str) -> str | int:
    """Return a version, or the number of an event."""
    seq = args.get("seq")
    return seq if type(seq) is int else required_text(args, "version", hint)


def _live(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    go_live(widget)
    return {"version": None, "position": None}


def _inspect(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    id = required_text(args, "id", "choose an entity or a relation")
    state, perspectives = widget.shown_state, widget.lab.perspectives
    if state.entity(id) is None and state.relation(id) is None:
        state = widget.scene  # what stands for many is part of the scene alone
    shown = {**details(state, id), "perspectives": list(perspectives.names)}
    name = args.get("perspective")
    if isinstance(name, str) and name:
        shown["seen"] = seen(perspectives.view(name, state), id)
    return shown


COMMANDS: Final[dict[str, Command]] = {
    "at": _at,
    "commit": _commit,
    "inspect": _inspect,
    "live": _live,
    "rollback": _rollback,
    **BRANCH_COMMANDS,
    **COMPARE_COMMANDS,
    **EDIT_COMMANDS,
    **FIND_COMMANDS,
    **MERGE_COMMANDS,
    **NARROW_COMMANDS,
}


def _look_at(*names: str) -> Callable[[Commanded, Mapping[str, Any]], None]:
    """Return what works out the places that arguments of these names stand for."""

    def look(widget: Commanded, args: Mapping[str, Any]) -> None:
        for name in names:
            place = args.get(name)
            if isinstance(place, (str, int)):
                widget.lab.at(place)

    return look


def _look_at_parent(widget: Commanded, args: Mapping[str, Any]) -> None:
    version = widget.lab.version(str(args.get("version")))
    widget.lab.at(version)
    for parent in version.parents[:1]:
        widget.lab.at(parent)


LOOKS: Final[dict[str, Callable[[Commanded, Mapping[str, Any]], object]]] = {
    **{name: c.prepare for name, c in COMMANDS.items() if isinstance(c, Prepared)},
    "at": _look_at("version", "seq"),
    "compare": _look_at("base", "seq"),
    "range": _look_at("from", "to"),
    "rollback": _look_at("version", "seq"),
    "summary": _look_at_parent,
}
"""What a command may spend long on, to be done before it, in any thread: it changes nothing."""


def answer(
    widget: Commanded, message: Mapping[str, Any], prepared: object = None
) -> dict[str, Any]:
    """Carry out a command and return the reply; an error is a reply too, for people to read.

    Parameters
    ----------
    widget : Commanded
        The widget whose view asks.
    message : mapping
        ``{type: "command", id, name, args}``.
    prepared : object, optional
        What the look before it has worked out.

    Returns
    -------
    dict
        ``{type: "reply", id, ok, result}`` or ``{type: "reply", id, ok, error: {kind, text}}``;
        where a field was refused the error names it too: ``field`` and ``reason``.
    """
    reply: dict[str, Any] = {"type": "reply", "id": message.get("id")}
    name, args = message.get("name"), message.get("args")
    try:
        command = COMMANDS.get(name) if isinstance(name, str) else None
        if command is None:
            raise ValidationError("name", f"no command {name!r}; there are {', '.join(COMMANDS)}")
        given = args if isinstance(args, Mapping) else {}
        if isinstance(command, Prepared) and prepared is not None:
            result = command.finish(widget, given, prepared)
        else:
            result = command(widget, given)
    except NervError as error:
        return {**reply, "ok": False, "error": _told(error)}
    except Exception as error:  # whatever it is, the person at the button must see it
        logger.exception("command %r failed", name)
        text = f"{name} failed unexpectedly: {error}"
        return {**reply, "ok": False, "error": {"kind": type(error).__name__, "text": text}}
    return {**reply, "ok": True, "result": result}


def _told(error: NervError) -> dict[str, Any]:
    told = {"kind": type(error).__name__, "text": str(error)}
    if isinstance(error, ValidationError):
        told |= {"field": error.field, "reason": error.reason}
    return told
