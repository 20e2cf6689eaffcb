"""The styler: a style at work on the items that are shown, in columns for the browser."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.styling.channel import Channel
from nerv_lab.widgets.styling.fields import Degrees
from nerv_lab.widgets.styling.palettes import Tone
from nerv_lab.widgets.styling.spec import DASHES, SHAPES, parse_style

__all__ = ["Styler"]

logger = logging.getLogger(__name__)
_NUMBERED: Final = {"shape": SHAPES, "dash": DASHES}
_MOST_DEGREES: Final = 10_000
_OF: Final = {"node": Entity, "edge": Relation}


class Styler:
    """Gives looks to items by a style, and a legend of them.

    Parameters
    ----------
    style : mapping, optional
        As `parse_style` takes it; without one there is nothing to give.

    Attributes
    ----------
    colors : list of Tone
        Every colour that was given, which columns name by number, from 1.
    trouble : str
        What went wrong with the items that came last, for people to read; else empty.

    Raises
    ------
    ValidationError
        The style makes no sense.
    """

    def __init__(self, style: Mapping[str, Any] | None = None) -> None:
        self.channels = [
            Channel(of, name, said)
            for of, channels in parse_style(style).items()
            for name, said in channels.items()
        ]
        self.colors: list[Tone] = []
        self.trouble = ""
        self._numbers: dict[Tone, int] = {}
        self.by_degree = any(channel.by_degree for channel in self.channels)

    def start(self, state: GraphState, scene: GraphState) -> None:
        """Learn from a whole graph, degrees from what is shown of it, and try every look once.

        Looks do not depend on what a filter leaves of the graph, but degrees are of what is
        shown.

        Raises
        ------
        ValidationError
            A function of the style fails, or gives what cannot be painted.
        """
        for channel in self.channels:
            known = scene if channel.by_degree else state
            items: Mapping[str, Item] = known.entities if channel.of == "node" else known.relations
            channel.learn(known, items.values())
            for item in items.values():
                channel.output(known, item)

    def learn(self, state: Degrees, items: Iterable[Item]) -> bool:
        """Take in new items; return whether those that were there look different now."""
        self.trouble = ""
        if not self.channels:
            return False
        known, moved = list(items), False
        for channel in self.channels:
            ours = [item for item in known if isinstance(item, _OF[channel.of])]
            try:
                moved |= channel.learn(state, ours)
            except ValidationError as error:
                self._note(error)
        return moved

    def columns(self, of: str, state: Degrees, items: Sequence[Item]) -> dict[str, Any]:
        """Return a column per channel: colours, shapes and dashes by number, sizes in pixels.

        Number 0, NaN and None stand for the usual look.
        """
        return {
            channel.name: self._packed(
                channel.name, [self._output(channel, state, item) for item in items]
            )
            for channel in self.channels
            if channel.of == of
        }

    def look(self, state: Degrees, item: Item) -> dict[str, Any]:
        """Return what each channel paints of an item, colours as a pair; without usual looks."""
        of = "node" if isinstance(item, Entity) else "edge"
        return {
            channel.name: output
            for channel in self.channels
            if channel.of == of and (output := self._output(channel, state, item)) is not None
        }

    def recorded(self, state: GraphState, items: Sequence[Item]) -> dict[str, Any]:
        """Return the looks of items that may be of many states, for a page without a kernel.

        Parameters
        ----------
        state : GraphState
            The newest; how many relations there are at most is taken from it.
        items : sequence of Item
            Their looks, but for what goes by degree, depend on nothing else.

        Returns
        -------
        dict
            ``items`` (by channel, or None; one each), ``by_degree`` (by channel, for 0 relations
            and more), ``nodes`` and ``edges`` (names of channels), ``colors``, ``legend``.
        """
        most = max(map(state.degree, state.entities), default=0)
        fixed = [channel for channel in self.channels if not channel.by_degree]
        return {
            "items": [self._recorded(fixed, state, item) for item in items],
            "by_degree": {
                channel.name: [
                    self._code(channel.name, channel.painted(count))
                    for count in range(min(most, _MOST_DEGREES) + 1)
                ]
                for channel in self.channels
                if channel.by_degree
            },
            "nodes": [channel.name for channel in self.channels if channel.of == "node"],
            "edges": [channel.name for channel in self.channels if channel.of == "edge"],
            "legend": self.legend(),
            "colors": [list(color) for color in self.colors],
        }

    def _recorded(
        self, channels: Sequence[Channel], state: GraphState, item: Item
    ) -> dict[str, Any] | None:
        of = "node" if isinstance(item, Entity) else "edge"
        look = {
            channel.name: self._code(channel.name, output)
            for channel in channels
            if channel.of == of and (output := self._output(channel, state, item)) is not None
        }
        return look or None

    def _output(self, channel: Channel, state: Degrees, item: Item) -> Any:
        try:
            return channel.output(state, item)
        except ValidationError as error:
            self._note(error)
            return None

    def _note(self, error: ValidationError) -> None:
        if not self.trouble:  # one is enough to see what is wrong
            logger.warning("%s", error)
        self.trouble = self.trouble or str(error)

    def _code(self, name: str, output: Any) -> Any:
        if name == "color":
            return 0 if output is None else self._number(output)
        if name in _NUMBERED:
            return 0 if output is None else 1 + _NUMBERED[name].index(output)
        return output

    def _number(self, color: Tone) -> int:
        if color not in self._numbers:
            self.colors.append(color)
            self._numbers[color] = len(self.colors)
        return self._numbers[color]

    def _packed(self, name: str, outputs: list[Any]) -> Any:
        coded = [self._code(name, output) for output in outputs]
        if name == "color":
            return np.fromiter(coded, dtype="<u4").tobytes()
        if name in _NUMBERED:
            return bytes(coded)
        if name in ("size", "width"):
            numbers = (math.nan if v is None else v for v in coded)
            return np.fromiter(numbers, dtype="<f4").tobytes()
        return coded

    def legend(self) -> list[dict[str, Any]]:
        """Return the sections of the legend: what looks mean.

        Categories that several channels tell apart by one field are one section.
        """
        sections: list[dict[str, Any]] = []
        for channel in self.channels:
            section = channel.legend()
            if section is None:
                continue
            same = next((s for s in sections if _tells_the_same(s, section)), None)
            if same is None:
                sections.append(section)
                continue
            rows = {row["text"]: row for row in same["rows"]}
            for row in section["rows"]:
                rows[row["text"]] = {**rows.get(row["text"], {}), **row}
            same["rows"] = list(rows.values())
        return sections


def _tells_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[k] == other[k] for k in ("of", "title", "kind")) and one["kind"] == "category"
