"""One file that shows a Lab anywhere: the explorer, and a recording in the kernel's place."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Any, Final

import orjson

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.text import counted, graph_size
from nerv_lab.lab.lab import Lab
from nerv_lab.widgets.loading import BUNDLE, packed_text
from nerv_lab.widgets.pins import checked_places
from nerv_lab.widgets.recording import MAX_BYTES, record
from nerv_lab.widgets.shown.arrangement import parse_layout
from nerv_lab.widgets.stills.graph import graph_svg
from nerv_lab.widgets.styling import Styler

__all__ = ["to_html", "to_svg"]

_PAGE: Final = Path(__file__).parent / "page"
# One script in the page, so that the policy names one hash; each part uses those before it.
_SCRIPTS: Final = ("packing.js", "recording.js", "asking.js", "model.js")
_THEMES: Final = ("auto", "light", "dark")


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _note(recording: dict[str, Any]) -> str:
    rows, total = recording["versions"], recording["total"]
    if not rows:
        return f"It leaves out {counted(total, 'version')}." if total else "It holds no versions."
    if len(rows) == total:
        return f"It holds all versions, {rows[0]['label']} to {rows[-1]['label']}."
    return f"It holds the newest {len(rows)} of {total} versions; older ones are left out."


def to_html(
    lab: Lab,
    path: str | os.PathLike[str],
    *,
    versions: int = 200,
    title: str = "Knowledge graph",
    theme: str = "auto",
    height: int = 720,
    max_bytes: int = MAX_BYTES,
    style: Any = None,
    layout: Any = "force",
) -> Path:
    """Write graph, timeline, inspector and past versions into one HTML file.

    It needs no kernel, no server and no network, and a content security policy in it forbids
    both network and eval. It can be searched, compared and looked through, not changed. Between
    two versions it shows the earlier one.

    Parameters
    ----------
    lab : Lab
        What to write.
    path : str or path-like
        The file; what was there is replaced.
    versions : int
        Most versions to keep, the newest; 0 keeps the present alone.
    title : str
        Heading of the page.
    theme : str
        ``"auto"`` follows the browser; ``"light"``, ``"dark"``.
    height : int
        Pixels, 80 to 4,000.
    max_bytes : int
        Most bytes of data before compression. Older versions that do not fit are left out, and
        the page says so.
    style, layout
        What looks mean, and where nodes go; see `GraphView`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValidationError
        An argument is out of range or makes no sense, or the present alone takes more than
        ``max_bytes``.
    """
    if theme not in _THEMES:
        raise ValidationError("theme", f"must be one of {', '.join(_THEMES)}")
    for name, value, least, most in (
        ("height", height, 80, 4_000),
        ("versions", versions, 0, 100_000),
        ("max_bytes", max_bytes, 1, 500_000_000),
    ):
        if type(value) is not int or not least <= value <= most:
            raise ValidationError(name, f"must be an integer from {least:,} to {most:,}")
    import jinja2  # slow to import

    recording = record(lab, versions=versions, max_bytes=max_bytes, style=style)
    traits = {"_mode": "explorer", "theme": theme, "height": height, "seed": 1}
    recording |= {"traits": {**traits, "renderer": "auto", "selection": []}}
    recording["traits"]["arrangement"] = parse_layout(layout)
    script = "\n".join((_PAGE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    template = (_PAGE / "page.html").read_text(encoding="utf-8")
    written = (
        jinja2.Environment(autoescape=True)
        .from_string(template)
        .render(
            title=title,
            theme=theme,
            note=_note(recording),
            script=script,
            hash=_hash(script),
            bundle=packed_text(BUNDLE.read_bytes()),
            recording=packed_text(orjson.dumps(recording)),
            picture=graph_svg(lab.state, title, styler=_styler(lab.state, style)),
        )
    )
    target = Path(path)
    target.write_text(written, encoding="utf-8", errors="replace")
    return target


def _styler(state: GraphState, style: Any) -> Styler:
    styler = Styler(style)
    styler.start(state, state)
    return styler


def to_svg(
    lab: Lab,
    path: str | os.PathLike[str],
    *,
    title: str = "",
    seed: int = 1,
    style: Any = None,
    positions: Any = None,
) -> Path:
    """Write a still picture of the graph, or of its most connected entities, as SVG.

    Parameters
    ----------
    lab : Lab
        What to draw.
    path : str or path-like
        The file; what was there is replaced.
    title : str
        A line of text below it; by default, how much there is.
    seed : int
        The same graph and seed give the same picture.
    style : mapping, optional
        What looks mean; see `GraphView`.
    positions : mapping or DataFrame, optional
        Where nodes are, as `GraphView.positions` takes it; others are put around them.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValidationError
        The style or the positions make no sense.
    """
    state = lab.state
    places = checked_places({} if positions is None else positions)
    styler = _styler(state, style)
    counts = graph_size(len(state.entities), len(state.relations))
    target = Path(path)
    target.write_text(
        graph_svg(state, title or counts, seed=seed, styler=styler, places=places), encoding="utf-8"
    )
    return target
