"""What a front end asks of a widget, without a front end."""

from __future__ import annotations

from typing import Any

from nerv_lab.widgets.commands.commands import answer


def ask(widget: Any, name: Any, /, **args: Any) -> dict[str, Any]:
    """Send a command and return the whole reply."""
    return answer(widget, {"type": "command", "id": "view:1", "name": name, "args": args})


def result(widget: Any, name: str, /, **args: Any) -> Any:
    """Send a command that must succeed and return what came of it."""
    reply = ask(widget, name, **args)
    assert reply["ok"], reply
    return reply["result"]


def error(widget: Any, name: str, /, **args: Any) -> dict[str, Any]:
    """Send a command that must fail and return what is said of it."""
    reply = ask(widget, name, **args)
    assert not reply["ok"], reply
    told: dict[str, Any] = reply["error"]
    return told
