"""What all widgets share: one bundle, one protocol, one way to close."""

from __future__ import annotations

import base64
import inspect
from difflib import get_close_matches
from typing import Any, ClassVar, TypeVar

import anywidget
import traitlets as t

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.text import graph_size
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.lab import Lab
from nerv_lab.widgets.bundled import BundledWidget
from nerv_lab.widgets.commands.clerk import Clerk
from nerv_lab.widgets.hop import Hop
from nerv_lab.widgets.sending.feed import Feed
from nerv_lab.widgets.stills.graph import graph_svg
from nerv_lab.widgets.styling import Styler

__all__ = ["LabWidget", "with_signature"]

_W = TypeVar("_W", bound="type[LabWidget]")


def with_signature(widget: _W) -> _W:
    """Give a class of widgets the signature that its options make, for help and completion."""
    lab = inspect.Parameter("lab", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    defaults = {n: trait.default_value for n, trait in widget.class_traits().items()}
    defaults["layout"] = None  # made anew for each widget
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name))
        for name in widget._options()
    ]
    widget.__signature__ = inspect.Signature([lab, *options])
    return widget


class LabWidget(BundledWidget):
    """A live view of a Lab.

    The graph travels in binary messages, never in traits; what is synced is small and is the
    user's: what is selected, which version is shown, how it looks.

    Attributes
    ----------
    height : int
        Pixels, 80 to 4,000.
    theme : str
        ``"auto"`` follows JupyterLab; ``"light"``, ``"dark"``.
    version : str or None
        Id of the version that is shown; None shows the live graph. Takes whatever ``lab.at``
        takes for a version: a Version, an id, ``"v2"``, a tag.
    position : int or None
        Number of the event after which the graph is shown, between versions too; None where
        nothing but a version or the live graph is. Setting one of the two clears the other.
    """

    _mode = t.Unicode("explorer").tag(sync=True)
    _still = t.Unicode("").tag(sync=True)

    height = t.Int(560, min=80, max=4_000).tag(sync=True)
    theme = t.Enum(["auto", "light", "dark"], "auto").tag(sync=True)
    version: Any = t.Any(None, allow_none=True).tag(sync=True)
    position: Any = t.Int(None, allow_none=True).tag(sync=True)

    parts: ClassVar[tuple[str, ...]] = ()
    _feed: Feed | None = None

    def __init__(self, lab: Lab, **kwargs: Any) -> None:
        self._refuse_unknown(kwargs)
        self.lab = lab
        self._hop = Hop()
        self._view: View | None = None
        version, position = kwargs.pop("version", None), kwargs.pop("position", None)
        super().__init__(**kwargs)
        self._feed = Feed(
            lab, self.parts, self._send_quietly, on_change=self._board_changed, hop=self._hop
        )
        self._clerk = Clerk(self, lambda message: self._send_quietly(message, []), self._hop)
        self.on_msg(self._on_message)
        self._leave = lab.on_close(self._lab_closed)
        self.version = version
        if position is not None:
            self.position = position

    @classmethod
    def _options(cls) -> list[str]:
        """Return the keyword arguments that there are."""
        own = {n for c in cls.__mro__[: -len(anywidget.AnyWidget.__mro__)] for n in vars(c)}
        return [*sorted(own & {n for n in cls.class_traits() if not n.startswith("_")}), "layout"]

    def _refuse_unknown(self, kwargs: dict[str, Any]) -> None:
        options = self._options()
        for name in kwargs:
            if name not in options:
                near = get_close_matches(name, options, 1)
                meant = f"; did you mean {near[0]!r}?" if near else ""
                raise ValidationError(
                    name, f"{type(self).__name__} takes: {', '.join(options)}{meant}"
                )

    # -- what is shown -----------------------------------------------------------------------

    @property
    def shown_state(self) -> GraphState:
        """The graph that is shown: the live one, or that of ``version`` or ``position``."""
        return self._open_feed().board.state

    @property
    def scene(self) -> GraphState:
        """What is shown of `shown_state`: all of it, or the part that was chosen."""
        return self._open_feed().board.scene

    @property
    def styler(self) -> Styler:
        """What gives looks by the style."""
        return self._open_feed().board.styler

    def _open_feed(self) -> Feed:
        assert self._feed is not None
        return self._feed

    @t.validate("version")
    def _valid_version(self, proposal: Any) -> str | None:
        ref = proposal["value"]
        return None if ref is None else self.lab.version(ref).id

    @t.validate("position")
    def _valid_position(self, proposal: Any) -> int:
        seq: int = proposal["value"]
        self._view = self.lab.at(seq)  # kept, since looking means reading the log
        return seq

    @t.observe("version", "position")
    def _place_changed(self, change: Any) -> None:
        if change["new"] is not None:
            self.set_trait("position" if change["name"] == "version" else "version", None)
        if self._feed is not None:
            self._feed.show(self._looked_at())

    def _looked_at(self) -> View | None:
        if self.version is not None:
            return self.lab.at(self.version)
        return None if self.position is None else self._view

    def _board_changed(self) -> None:
        """Follow a change of the board; called on the kernel's loop."""

    # -- messages ------------------------------------------------------------------------------

    def _on_message(self, widget: Any, message: Any, buffers: Any) -> None:
        # Newer kernels deliver comm messages in a thread of their own.
        self._hop.call(lambda: self._hear(message, buffers or ()))

    def _hear(self, message: Any, buffers: Any = ()) -> None:
        if not isinstance(message, dict) or self._feed is None:
            return
        if message.get("type") in ("command", "stop"):
            self._clerk.hear(message)
        elif isinstance(message.get("view"), str) and isinstance(message.get("seq"), int):
            self._feed.hear(message["view"], str(message.get("type")), message["seq"])

    def _send_quietly(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        if self.comm is not None:
            self.send(message, buffers)

    # -- end -----------------------------------------------------------------------------------

    def _lab_closed(self) -> None:
        if self._feed is not None:
            self._feed.source_closed()

    def close(self) -> None:
        """Stop following the Lab and take the views away."""
        if self._feed is not None:
            self._feed.close()
            self._leave()
        super().close()

    # -- without a browser -----------------------------------------------------------------------

    def __repr__(self) -> str:
        if self._feed is None:
            return f"<{type(self).__name__}>"
        meta = self._feed.board.meta
        head = meta["head_label"] or "none"
        return f"<{type(self).__name__} of {graph_size(meta['nodes'], meta['edges'])}, head {head}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None or self._feed is None:
            return bundle
        data, metadata = bundle
        return {**data, "image/svg+xml": self._keep_picture()}, metadata

    def _get_embed_state(self, drop_defaults: bool = False) -> Any:
        self._keep_picture()
        return super()._get_embed_state(drop_defaults=drop_defaults)

    def _keep_picture(self) -> str:
        """Keep a picture in what is saved, for pages that run widgets without a kernel."""
        picture = self._picture(repr(self).strip("<>"))
        self._still = base64.b64encode(picture.encode()).decode()  # which no format of pages breaks
        return picture

    def _picture(self, caption: str) -> str:
        return graph_svg(self.shown_state, caption)
