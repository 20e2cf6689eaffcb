"""Where nodes go: the layouts there are, and what those by data read of each entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity
from nerv_lab.widgets.styling.fields import Degrees, reader
from nerv_lab.widgets.styling.scales import Categories, Line, written

__all__ = ["LAYOUTS", "Arranger", "parse_layout"]

LAYOUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "force": (),
    "layered": ("direction",),
    "circular": (),
    "grouped": ("by",),
    "axes": ("x", "y"),
    "fixed": (),
}
DIRECTIONS: Final = ("down", "up", "right", "left")
_MAX_GROUPS: Final = 200  # those beyond are one
_LONG_TITLE: Final = 80
_USUAL: Final = {"direction": "down", "by": "type"}


def parse_layout(layout: object) -> dict[str, Any]:
    """Return a layout as a dict with its name and all of its options.

    Parameters
    ----------
    layout : str or dict
        ``"force"``, ``"layered"``, ``"circular"``, ``"grouped"`` or ``"fixed"``; or a dict with
        the name and options: ``{"name": "layered", "direction": "right"}``, ``{"name":
        "grouped", "by": "country"}``, ``{"name": "axes", "x": "born", "y": "degree"}``.

    Raises
    ------
    ValidationError
        There is no such layout or option.
    """
    said = {"name": layout} if isinstance(layout, str) else layout
    if not isinstance(said, Mapping) or said.get("name") not in LAYOUTS:
        raise ValidationError("layout", f"must be one of {', '.join(LAYOUTS)}, not {layout!r}")
    options = LAYOUTS[said["name"]]
    parsed: dict[str, Any] = {"name": said["name"]}
    for option in said:
        if option != "name" and option not in options:
            known = f"takes {', '.join(options)}" if options else "takes no options"
            raise ValidationError(f"layout.{option}", f"{said['name']} {known}")
    for option in options:
        value = said.get(option, _USUAL.get(option))
        where = f"layout.{option}"
        if option == "direction":
            if value not in DIRECTIONS:
                raise ValidationError(where, f"must be one of {', '.join(DIRECTIONS)}")
        elif not isinstance(value, str):
            raise ValidationError(where, "names a field, a property or the degree")
        parsed[option] = value
    return parsed


class Arranger:
    """Reads what a layout by data needs: a group, or a place on each axis.

    Parameters
    ----------
    layout : dict, optional
        As `parse_layout` returns it.
    """

    def __init__(self, layout: Mapping[str, Any] | None = None) -> None:
        said = layout or {"name": "force"}
        fields = {name: said[name] for name in ("by", "x", "y") if name in said}
        self._titles = fields
        self._reads = {n: reader("node", f, f"layout.{n}") for n, f in fields.items()}
        self._groups = Categories(None)
        self._axes = {n: Line("linear", None, f"layout.{n}") for n in fields if n != "by"}
        self.by_degree = "degree" in fields.values()

    def learn(self, state: Degrees, entities: Sequence[Entity]) -> bool:
        """Take in entities; return whether those that were there lie elsewhere now."""
        moved = False
        for name, read in self._reads.items():
            values = [read(state, entity) for entity in entities]
            scale = self._axes.get(name)
            moved |= scale.learn(values) if scale else self._groups.learn(values)
        return moved

    def columns(self, state: Degrees, entities: Sequence[Entity]) -> dict[str, Any]:
        """Return what the layout needs of entities.

        That is ``group``, from 1 and 0 for none, with ``titles`` of the groups by number; or
        ``x`` and ``y``, 0 to 1 and NaN for none.
        """
        found: dict[str, Any] = {}
        for name, read in self._reads.items():
            values = [read(state, entity) for entity in entities]
            if scale := self._axes.get(name):
                found[name] = np.array([scale.share(v) for v in values], dtype="<f4").tobytes()
            else:
                numbers = [self._group(v) for v in values]
                found["group"] = np.array(numbers, dtype="<u4").tobytes()
                found["titles"] = [[number, self.title(number)] for number in sorted({*numbers})]
        return found

    def _group(self, value: Any) -> int:
        number = self._groups.number(value)
        return 0 if number is None or number >= _MAX_GROUPS else number + 1

    def titles(self, state: Degrees, entities: Iterable[Entity]) -> dict[str, str]:
        """Return the title of the group of each entity, by id; none where nothing is grouped."""
        read = self._reads.get("by")
        if read is None:
            return {}
        return {e.id: self.title(self._group(read(state, e))) for e in entities}

    def title(self, number: int) -> str:
        """Return the title of a group."""
        if number:
            return self._groups.names[number - 1][:_LONG_TITLE]
        return "others" if len(self._groups.names) > _MAX_GROUPS else f"no {self._titles['by']}"

    def legend(self) -> list[dict[str, Any]]:
        """Return what the axes mean."""
        return [
            {
                "of": "node",
                "channel": name,
                "kind": "axis",
                "title": f"{'→' if name == 'x' else '↑'} {self._titles[name]}",
                "ends": [written(end, scale.of_times) for end in scale.ends],
            }
            for name, scale in self._axes.items()
            if scale.ends
        ]
