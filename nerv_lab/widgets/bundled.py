"""What every widget with the one bundle as its front end has to see to."""

from __future__ import annotations

from typing import Any

import anywidget

from nerv_lab.widgets.loading import bundle_module

__all__ = ["BundledWidget"]


class BundledWidget(anywidget.AnyWidget):
    """A widget whose front end is the bundle, which tells widgets apart by their ``_mode``."""

    _esm = bundle_module()

    def _get_embed_state(self, drop_defaults: bool = False) -> Any:
        # The front end of anywidget has no defaults: what is dropped, code and all, is missing.
        return super()._get_embed_state(drop_defaults=False)
