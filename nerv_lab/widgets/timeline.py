"""The versions and events over time, live."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets as t

from nerv_lab.widgets.base import LabWidget, with_signature
from nerv_lab.widgets.shown.board import HISTORY

__all__ = ["Timeline"]


@with_signature
class Timeline(LabWidget):
    """The timeline of a Lab, live.

    Choosing a version sets ``version``; ``traitlets.link((timeline, "version"), (view,
    "version"))`` shows it in a graph.

    Parameters
    ----------
    lab : Lab
        Whose history.
    height, theme, version
        See `LabWidget`.

    Raises
    ------
    ValidationError
        When a keyword argument is not one of the above.
    """

    _mode = t.Unicode("timeline").tag(sync=True)
    height: Any = t.Int(170, min=80, max=4_000).tag(sync=True)

    parts: ClassVar[tuple[str, ...]] = (HISTORY,)
