"""Branches and tags from the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nerv_lab.widgets.commands.arguments import (
    Command,
    Commanded,
    go_live,
    labelled_row,
    required_text,
    shown_place,
)

__all__ = ["BRANCH_COMMANDS"]


def _refs(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    lab = widget.lab
    labels = {version.id: f"v{number}" for number, version in enumerate(lab.versions, start=1)}
    return {
        "branches": [
            {
                "name": name,
                "label": labels[head.id] if head else "",
                "description": head.description if head else "nothing committed yet",
                "current": name == lab.branch_name,
            }
            for name, head in lab.branches.items()
        ],
        "tags": [
            {"name": name, "version": id, "label": labels[id]}
            for name, id in sorted(lab.tags.items())
            if id in labels
        ],
    }


def _create_branch(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    name = required_text(args, "name", "name the new branch")
    start = widget.lab.create_branch(name, shown_place(widget))
    widget.lab.switch(name)
    go_live(widget)
    return labelled_row(widget, start)


def _switch(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    widget.lab.switch(required_text(args, "name", "choose the branch to go to"))
    go_live(widget)
    return {"branch": widget.lab.branch_name}


def _tag(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    name = required_text(args, "name", "name the version in a word")
    return labelled_row(widget, widget.lab.tag(name, shown_place(widget)))


BRANCH_COMMANDS: Final[dict[str, Command]] = {
    "create_branch": _create_branch,
    "refs": _refs,
    "switch": _switch,
    "tag": _tag,
}
