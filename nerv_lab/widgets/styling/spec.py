"""What a user says about looks, checked: `by`, and the mapping that a style is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.styling.fields import reader
from nerv_lab.widgets.styling.palettes import CATEGORIES, NAMED, RAMPS, tone
from nerv_lab.widgets.styling.scales import CURVES

__all__ = ["CHANNELS", "DASHES", "SHAPES", "By", "by", "checked_output", "parse_style"]

SHAPES: Final = ("circle", "square", "diamond", "triangle", "hexagon", "star")
DASHES: Final = ("solid", "dashed", "dotted")
CHANNELS: Final[Mapping[str, tuple[str, ...]]] = {
    "node": ("color", "size", "label", "icon", "shape"),
    "edge": ("color", "width", "label", "dash"),
}
LIMITS: Final = {"size": (1.0, 60.0), "width": (0.2, 20.0)}
RANGES: Final = {"size": (4.0, 20.0), "width": (1.0, 6.0)}
_NAMES: Final = {"shape": SHAPES, "dash": DASHES}
_SCALES: Final = (*CURVES, "category", "identity")
_MAX_ICON: Final = 4
_MAX_LABEL: Final = 200


@dataclass(frozen=True, eq=False)
class By:
    """An encoding: what is read of an item, and what becomes of it; made by `by`."""

    field: str | Callable[[Any], Any]
    range: Any = None
    domain: Sequence[Any] | None = None
    palette: str | None = None
    scale: str | None = None
    default: Any = None
    title: str | None = None


def by(
    field: str | Callable[[Any], Any],
    range: Any = None,
    *,
    domain: Sequence[Any] | None = None,
    palette: str | None = None,
    scale: str | None = None,
    default: Any = None,
    title: str | None = None,
) -> By:
    """Return an encoding for a style: a colour, size, shape, … by what the data say.

    Parameters
    ----------
    field : str or callable
        A field (``"type"``, ``"name"``, ``"strength"``, …), ``"degree"``, ``"tag"`` (the first),
        or else a property, with dots into dicts; or a function of the entity or relation.
    range : optional
        What values become: for sizes and widths ``(least, most)``, in pixels; a list of colours,
        shapes, … for the categories in their order; a dict from value to colour, shape, ….
    domain : sequence, optional
        The numbers that the range goes over, two of them, or the categories, in order. By
        default those that are shown; a domain of numbers grows to round ends and never shrinks.
    palette : str, optional
        Colours: ``"okabe-ito"`` or ``"calm"`` for categories, ``"viridis"``, ``"cividis"``,
        ``"blues"`` or ``"blue-orange"`` for numbers.
    scale : str, optional
        ``"linear"``, ``"sqrt"`` or ``"log"`` for numbers and times, ``"category"``, or
        ``"identity"`` where the values are colours, pixels, … themselves. By default what fits
        the values.
    default : optional
        For items without a value, and for categories beyond the range.
    title : str, optional
        Heading in the legend; by default the field.

    Returns
    -------
    By
        For ``style={"node": {"color": nl.by(…)}}``, where it is checked.
    """
    return By(field, range, domain, palette, scale, default, title)


def checked_output(channel: str, value: Any, where: str) -> Any:
    """Return what a channel can paint; colours as a pair for light and dark.

    Raises
    ------
    ValidationError
        The channel cannot paint it.
    """
    if channel == "color":
        return tone(value, where)
    if channel in LIMITS:
        low, high = LIMITS[channel]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValidationError(where, f"must be a number of pixels, not {value!r}")
        if not low <= value <= high:
            raise ValidationError(where, f"must be {low:g} to {high:g} pixels, not {value!r}")
        return float(value)
    if channel in _NAMES:
        if value not in _NAMES[channel]:
            known = ", ".join(_NAMES[channel])
            raise ValidationError(where, f"{value!r} is no {channel}; there are {known}")
        return value
    if channel == "icon" and (not isinstance(value, str) or len(value) > _MAX_ICON):
        raise ValidationError(
            where, f"must be an emoji, a sign or up to {_MAX_ICON} letters, not {value!r}"
        )
    return str(value)[:_MAX_LABEL]


def parse_style(style: object) -> dict[str, dict[str, By]]:
    """Return the encodings of a style by ``"node"`` or ``"edge"`` and channel, checked.

    Raises
    ------
    ValidationError
        Some part makes no sense; the error names it, such as ``style.node.size``.
    """
    if style is None:
        return {}
    if not isinstance(style, Mapping):
        raise ValidationError("style", "must be a dict such as {'node': {'color': 'type'}}")
    parsed: dict[str, dict[str, By]] = {}
    for of, channels in style.items():
        if of not in CHANNELS:
            raise ValidationError(f"style.{of}", _unknown(of, CHANNELS))
        if not isinstance(channels, Mapping):
            raise ValidationError(f"style.{of}", f"must be a dict, not {channels!r}")
        for channel, said in channels.items():
            if channel not in CHANNELS[of]:
                raise ValidationError(f"style.{of}.{channel}", _unknown(channel, CHANNELS[of]))
            if said is not None:
                where = f"style.{of}.{channel}"
                parsed.setdefault(of, {})[channel] = _encoding(of, channel, said, where)
    return parsed


def _unknown(name: object, known: Any) -> str:
    near = get_close_matches(str(name), known, n=1)
    return f"there is {', '.join(known)}{f'; did you mean {near[0]!r}?' if near else ''}"


def _encoding(of: str, channel: str, said: Any, where: str) -> By:
    if isinstance(said, Mapping):
        said = By("type", dict(said))
    elif callable(said):
        said = By(said, scale="identity", title="")
    elif not isinstance(said, By):
        if _is_constant(channel, said):
            value = checked_output(channel, said, where)
            return By(lambda item: value, scale="identity", title="")
        if not isinstance(said, str):
            raise ValidationError(where, f"names a field, or is nl.by(…), a dict, …, not {said!r}")
        said = By(said)
    reader(of, said.field, where)
    return _checked(channel, said, where)


def _is_constant(channel: str, said: Any) -> bool:
    if channel in LIMITS:
        return isinstance(said, (int, float))
    if channel == "color":
        return not isinstance(said, str) or said.startswith("#") or said in NAMED
    if channel == "icon":  # a sign; letters are the name of a field
        return isinstance(said, str) and not any(c.isascii() and c.isalnum() for c in said)
    return channel in _NAMES and said in _NAMES[channel]


def _checked(channel: str, said: By, where: str) -> By:
    if said.scale is not None and said.scale not in _SCALES:
        raise ValidationError(where, f"scale: {_unknown(said.scale, _SCALES)}")
    palettes = (*CATEGORIES, *RAMPS)
    if said.palette is not None and (channel != "color" or said.palette not in palettes):
        reason = _unknown(said.palette, palettes) if channel == "color" else "is for colours alone"
        raise ValidationError(where, f"palette: {reason}")
    if said.palette is not None and said.range is not None:
        raise ValidationError(where, "give a range or a palette, not both")
    if isinstance(said.domain, str) or not isinstance(said.domain, (Sequence, type(None))):
        raise ValidationError(where, f"domain: must be a list of values, not {said.domain!r}")
    default = said.default
    if default is not None:
        default = checked_output(channel, default, f"{where}.default")
    scale, range = _ranged(channel, said, where)
    return By(said.field, range, said.domain, said.palette, scale, default, said.title)


def _ranged(channel: str, said: By, where: str) -> tuple[str | None, Any]:
    """Return the scale and the range of an encoding; no scale where the values decide."""
    range, scale = said.range, said.scale
    if isinstance(range, Mapping):
        if scale not in (None, "category") or said.domain is not None:
            raise ValidationError(where, "a dict is a range of categories, its keys the domain")
        checked = {k: checked_output(channel, v, f"{where}[{k!r}]") for k, v in range.items()}
        return "category", checked
    if scale == "identity" or (scale is None and range is None and channel in ("label", "icon")):
        if range is not None:
            raise ValidationError(where, "values that are taken as they are have no range")
        return "identity", None
    if range is not None:
        if isinstance(range, str) or not isinstance(range, Sequence) or len(range) < 2:
            raise ValidationError(where, f"range: must be two or more values, not {range!r}")
        range = [checked_output(channel, v, f"{where}.range[{i}]") for i, v in enumerate(range)]
    if channel in LIMITS and scale != "category":
        if range is not None and len(range) != 2:
            raise ValidationError(where, f"range: must be (least, most), not {said.range!r}")
        return scale or "linear", range or list(RANGES[channel])
    if channel in ("label", "icon", "shape", "dash"):
        if scale not in (None, "category"):
            raise ValidationError(where, f"a {channel} comes from categories, not from a line")
        scale = "category"
    if scale in CURVES or said.palette in RAMPS:
        if said.palette in CATEGORIES:
            raise ValidationError(where, f"palette: {said.palette!r} is for categories")
        return scale or "linear", range
    return ("category" if said.palette in CATEGORIES else scale), range
