"""Looks by data: what a style says, checked, and given to what is shown.

Encodings (`spec`) read fields of items (`fields`), put them on scales (`scales`) and give
colours (`palettes`), sizes, shapes and texts (`channel`), in columns for the browser (`styler`).
"""

from __future__ import annotations

from nerv_lab.widgets.styling.spec import By, by
from nerv_lab.widgets.styling.styler import Styler

__all__ = ["By", "Styler", "by"]
