"""Where things are in a view: camera, positions and pins, read from the browser and set in it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import traitlets as t

from nerv_lab.core.errors import EntityNotFoundError, ValidationError
from nerv_lab.core.graph.model import Entity
from nerv_lab.widgets.asking import Answer, Asker, BrowserError
from nerv_lab.widgets.narrowed import Narrowed
from nerv_lab.widgets.pins import Place, checked_places

__all__ = ["Placed"]

_MOST_TOLD: Final = 20_000  # as in js/src/view.js
_CAMERA: Final = ("x", "y", "ratio")
_PNG: Final = b"\x89PNG\r\n\x1a\n"


class Placed(Narrowed):
    """A widget whose nodes have places; see `GraphView`."""

    camera: Any = t.Any(None, allow_none=True).tag(sync=True)

    def __init__(self, lab: Any, **kwargs: Any) -> None:
        self._asker = Asker(self._send_quietly, self._tell_failure)
        self._places: dict[str, Place] | None = None
        super().__init__(lab, **kwargs)

    @t.validate("camera")
    def _valid_camera(self, proposal: Any) -> dict[str, float] | None:
        said = proposal["value"]
        if said is None:
            return None
        if not isinstance(said, Mapping) or set(said) != set(_CAMERA):
            raise ValidationError("camera", f"must be a dict of x, y and ratio, not {said!r}")
        for name in _CAMERA:
            value = said[name]
            fits = isinstance(value, (int, float)) and math.isfinite(value)
            if not fits or (name == "ratio" and value <= 0):
                raise ValidationError(f"camera.{name}", f"must be a finite number, not {value!r}")
        return {name: float(said[name]) for name in _CAMERA}

    def _hear(self, message: Any, buffers: Any = ()) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "answer":
            self._asker.hear(message, list(buffers))
        elif kind == "places":
            self._take_places(message, [bytes(buffer) for buffer in buffers])
        else:
            super()._hear(message, buffers)

    def _tell_failure(self, text: str) -> None:
        """Show what went wrong where the user looks."""
        self._send_quietly({"type": "failure", "text": text}, [])

    # -- positions ------------------------------------------------------------------------------

    @property
    def positions(self) -> dict[str, Place]:
        """Where the nodes are, by id; setting some holds them there.

        The browser tells whenever nodes have come to rest, of graphs above 20,000 nodes when it
        is asked. What is set may be a dict from id (or entity) to ``(x, y)``, such as a layout
        of networkx, or a frame by id with the columns ``x`` and ``y``; y grows upwards.

        Raises
        ------
        BrowserError
            No browser shows the view, or it has not told yet; then the next cell has it.
        """
        if self._places is None or len(self.scene.entities) > _MOST_TOLD:
            view = self._open_feed().viewers.newest
            self._asker.ask(view, "positions", {}, self._take_places, "positions")
        if self._places is None:
            raise BrowserError("the browser is asked now; the next cell has the positions")
        return dict(self._places)

    @positions.setter
    def positions(self, positions: object) -> None:
        places = checked_places(positions)
        self._refuse_absent("positions", places)
        self._pins().hold(places)
        self._open_feed().pinned()

    def _take_places(self, answer: Mapping[str, Any], buffers: list[bytes]) -> None:
        spots = np.frombuffer(buffers[0], dtype="<f4").reshape(-1, 2).tolist()
        self._places = {id: (x, y) for id, (x, y) in zip(answer["ids"], spots, strict=True)}

    @property
    def pinned(self) -> tuple[str, ...]:
        """Ids of the nodes that are held in their place, from here or by dragging."""
        return tuple(self._pins().places)

    @pinned.setter
    def pinned(self, items: Iterable[Entity | str]) -> None:
        given = (items,) if isinstance(items, (str, Entity)) else items
        ids = [item if isinstance(item, str) else item.id for item in given]
        self._refuse_absent("pinned", ids)
        self._pins().keep(ids)
        self._open_feed().pinned()

    def _refuse_absent(self, name: str, ids: Iterable[str]) -> None:
        for id in ids:
            if self.scene.entity(id) is None and self.shown_state.entity(id) is None:
                raise EntityNotFoundError(id, f"{name} are of what is there")

    def _pins(self) -> Any:
        return self._open_feed().board.pins

    # -- a picture --------------------------------------------------------------------------

    def to_png(self, path: str | os.PathLike[str], *, scale: float = 2.0) -> Answer[Path]:
        """Write what the view shows as a PNG image, which the browser paints.

        Parameters
        ----------
        path : str or path-like
            The file; what was there is replaced.
        scale : float
            Pixels of the image per pixel on the screen, 0.5 to 8.

        Returns
        -------
        Answer of Path
            The file, which is there after this cell, or, on newer kernels, once this is awaited.
            What goes wrong is shown in the view too.

        Raises
        ------
        BrowserError
            No browser shows the view.
        ValidationError
            The scale is out of range.
        """
        if not 0.5 <= scale <= 8:
            raise ValidationError("scale", f"must be 0.5 to 8, not {scale!r}")
        target = Path(path)

        def take(answer: Mapping[str, Any], buffers: list[bytes]) -> Path:
            if not buffers or not buffers[0].startswith(_PNG):
                raise BrowserError("the browser sent no picture")
            target.write_bytes(buffers[0])
            return target

        view = self._open_feed().viewers.newest
        return self._asker.ask(view, "png", {"scale": scale}, take, f"picture {target.name}")
