"""``nerv-lab lab``: JupyterLab on a notebook that explores a store."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from nerv_lab.core.errors import StoreNotFoundError, ValidationError

__all__ = ["add_lab_command", "notebook_for"]

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
_TITLE = "# {store}\n\nRun the cell below (Shift+Enter): it opens the store and its explorer."
_CODE = "import nerv_lab as nl\n\nlab = nl.open({store!r})\nlab.explorer()"


def add_lab_command(commands: _Commands) -> None:
    """Add the command to a parser."""
    text = "open JupyterLab on a notebook that explores a store"
    said = f"{text.capitalize()}; the notebook stands beside the store and is yours to go on with."
    command = commands.add_parser("lab", help=text, description=said)
    command.add_argument("store", help="the store, such as team.nerv, or spacetimedb://…")
    command.add_argument("--new", action="store_true", help="make the store if it is not there")
    text = "the notebook, if not STORE.ipynb beside the store; one that is there is opened as it is"
    command.add_argument("--notebook", metavar="FILE", help=text)
    command.add_argument("--no-browser", action="store_true", help="only say the address")
    command.add_argument("--port", type=int, metavar="N", help="where to listen (default: 8888)")
    command.add_argument("--json", action="store_true", help="answer in JSON, at the end")
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> tuple[int, str, Any]:
    from jupyterlab.labapp import LabApp

    path = notebook_for(given.store, given.notebook, new=given.new)
    options = ["--no-browser"] if given.no_browser else []
    options += [f"--port={given.port}"] if given.port is not None else []
    # In a container one is root, and Jupyter wants to be told that this is meant.
    options += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # The store is named as seen from its notebook.
    shown = f"--LabApp.default_url=/lab/tree/{quote(path.name)}"
    LabApp.launch_instance([f"--ServerApp.root_dir={path.parent}", shown, *options])
    return 0, f"the notebook is {path}", {"notebook": str(path)}


def notebook_for(store: str, notebook: str | None = None, *, new: bool = False) -> Path:
    """Return the notebook that explores a store; it is written where it is not there.

    Parameters
    ----------
    store : str
        A file, or an address of a server.
    notebook : str, optional
        Where the notebook is; by default beside the file, or here.
    new : bool
        Whether the store may be made.

    Raises
    ------
    StoreNotFoundError
        There is no such store, and none may be made.
    ValidationError
        The notebook cannot be written there.
    """
    on_server = "://" in store
    if not (on_server or new or Path(store).exists()):
        raise StoreNotFoundError(f"there is no store {store!r}; check the name, or give --new")
    beside = Path(f"{store.rstrip('/').rpartition('/')[2]}.ipynb") if on_server else Path(store)
    path = Path(notebook) if notebook is not None else beside.with_suffix(".ipynb")
    path = path.expanduser().resolve()
    if not path.exists():
        named = store if on_server else os.path.relpath(Path(store).resolve(), path.parent)
        try:
            path.write_text(json.dumps(_notebook(named), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise ValidationError(
                "notebook", f"{path} cannot be written: {error.strerror}"
            ) from None
    return path


def _notebook(store: str) -> dict[str, Any]:
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    title = {"cell_type": "markdown", "id": "title", "source": _TITLE.format(store=store)}
    code: dict[str, Any] = {
        "cell_type": "code",
        "id": "explorer",
        "execution_count": None,
        "outputs": [],
        "source": _CODE.format(store=store),
    }
    return {
        "cells": [cell | {"metadata": {}} for cell in (title, code)],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
