"""When a view is at rest: all is answered, arranged and painted, and its parts have their sizes."""

from __future__ import annotations

from typing import Any

__all__ = ["settle"]

# The parts of a page may change their sizes after a picture, and ask for another one.
_PICTURES = 3
_CALM = f"""root => {{
    root.calm = root.nerv.isAtRest ? root.calm + 1 : 0;
    return root.calm >= {_PICTURES};
}}"""


def settle(root: Any) -> None:
    """Wait until nothing changes in a view by itself any more."""
    root.evaluate("root => { root.calm = 0; }")
    root.page.wait_for_function(_CALM, arg=root.element_handle(), polling="raf")
