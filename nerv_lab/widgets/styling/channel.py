"""One channel at work: reads values of items, learns its scale, and gives what is painted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from nerv_lab.core.graph.model import Item
from nerv_lab.widgets.styling.fields import Degrees, is_number, reader
from nerv_lab.widgets.styling.palettes import CATEGORIES, OTHER, Tone, ramp
from nerv_lab.widgets.styling.scales import Categories, Line, written
from nerv_lab.widgets.styling.spec import DASHES, RANGES, SHAPES, By, checked_output

__all__ = ["Channel"]

_MAX_ROWS: Final = 12
_RAMP_STOPS: Final = 9
_NAMED: Final = {"shape": SHAPES, "dash": DASHES}


class Channel:
    """An encoding, with the scale it has learnt.

    Parameters
    ----------
    of : "node" or "edge"
        What it paints.
    name : str
        Which of its channels.
    said : By
        Checked.

    Attributes
    ----------
    by_degree : bool
        Whether a relation changes how its ends look.
    """

    def __init__(self, of: str, name: str, said: By) -> None:
        self.of, self.name, self.said = of, name, said
        self.where = f"style.{of}.{name}"
        self.by_degree = said.field == "degree"
        self._read = reader(of, said.field, self.where)
        self._scale: Line | Categories | None = None
        self._outputs: Sequence[Any] = ()
        if said.scale not in (None, "identity"):
            self._choose(said.scale)

    def _choose(self, scale: str) -> None:
        said = self.said
        if scale == "category":
            chosen = isinstance(said.range, dict)
            self._scale = Categories(tuple(said.range) if chosen else said.domain)
            self._outputs = tuple(said.range.values()) if chosen else said.range or self._usual()
            return
        self._scale = Line(scale, said.domain, self.where)
        if self.name == "color":
            self._outputs = self._ramp()
        else:
            self._outputs = said.range or RANGES[self.name]

    def _usual(self) -> Sequence[Any]:
        if self.name == "color":
            return CATEGORIES[self.said.palette or "okabe-ito"]
        if self.name in RANGES:
            low, high = RANGES[self.name]
            return [low + (high - low) * i / 4 for i in range(5)]
        return _NAMED.get(self.name, ())

    def _ramp(self) -> Sequence[Tone]:
        return self.said.range or ramp(self.said.palette or "viridis")

    # -- values ---------------------------------------------------------------------------------

    def learn(self, state: Degrees, items: Iterable[Item]) -> bool:
        """Take in the values of items; return whether others look different now."""
        if self.said.scale == "identity":
            return False
        values = [v for item in items if (v := self._read(state, item)) is not None]
        if self._scale is None and values:
            self._choose("linear" if all(map(is_number, values)) else "category")
        return self._scale.learn(values) if self._scale else False

    def output(self, state: Degrees, item: Item) -> Any:
        """Return what is painted; None for the usual look.

        Raises
        ------
        ValidationError
            A function fails, or gives what cannot be painted.
        """
        return self.painted(self._read(state, item))

    def painted(self, value: Any) -> Any:
        """Return what is painted for a value; None for the usual look.

        Raises
        ------
        ValidationError
            The value is to be painted as it is, and cannot be.
        """
        if self.said.scale == "identity":
            if value is None:
                return self.said.default
            return checked_output(self.name, value, self.where)
        if isinstance(self._scale, Line):
            return self._on_line(self._scale.share(value))
        number = self._scale.number(value) if self._scale else None
        if number is not None and number < len(self._outputs):
            return self._outputs[number]
        return self.said.default if self.said.default is not None else self._beyond()

    def _on_line(self, share: float | None) -> Any:
        if share is None:
            return self.said.default if self.said.default is not None else self._beyond()
        if self.name != "color":
            low, high = self._outputs
            return low + (high - low) * share
        return self._outputs[round(share * (len(self._outputs) - 1))]

    def _beyond(self) -> Any:
        return OTHER if self.name == "color" else None

    # -- legend ---------------------------------------------------------------------------------

    def legend(self) -> dict[str, Any] | None:
        """Return what the legend tells of the channel; None where there is nothing to tell."""
        title = self._title()
        if not title or self.name == "label" or self._scale is None:
            return None
        section = {"of": self.of, "channel": self.name, "title": title}
        if isinstance(self._scale, Categories):
            return {**section, "kind": "category", "rows": self._rows(self._scale)}
        if self._scale.ends is None:
            return None
        low, high = self._scale.ends
        texts = [written(low, self._scale.of_times), written(high, self._scale.of_times)]
        if self.name == "color":
            last = len(self._outputs) - 1
            stops = [self._outputs[round(i * last / (_RAMP_STOPS - 1))] for i in range(_RAMP_STOPS)]
            return {**section, "kind": "ramp", "ends": texts, "colors": [list(s) for s in stops]}
        outputs = self._outputs if low != high else [sum(self._outputs) / 2]
        rows = zip(texts, outputs, strict=False)
        return {**section, "kind": "line", "rows": [_row(t, self.name, o) for t, o in rows]}

    def _title(self) -> str:
        if self.said.title is not None:
            return self.said.title
        return self.said.field if isinstance(self.said.field, str) else ""

    def _rows(self, scale: Categories) -> list[dict[str, Any]]:
        shown = list(zip(scale.names, self._outputs, strict=False))[:_MAX_ROWS]
        rows = [_row(name, self.name, output) for name, output in shown]
        rest = len(scale.names) - len(shown)
        if rest:
            beyond = self.said.default if self.said.default is not None else self._beyond()
            rows.append(_row(f"{rest} more", self.name, beyond))
        return rows


def _row(text: str, channel: str, output: Any) -> dict[str, Any]:
    if output is None:
        return {"text": text}
    return {"text": text, channel: list(output) if channel == "color" else output}
