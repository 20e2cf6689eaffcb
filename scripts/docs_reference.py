"""A hook of mkdocs: the build fails where the reference lacks a public name."""

from __future__ import annotations

import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

# Where users find what they call; what stands elsewhere is not for them.
PUBLIC = (
    "nerv_lab",
    "nerv_lab.exchange",
    "nerv_lab.inner_universe",
    "nerv_lab.inner_universe.bundles",
    "nerv_lab.inner_universe.embedded",
    "nerv_lab.inner_universe.metrics",
    "nerv_lab.inner_universe.spacetime",
    "nerv_lab.lab",
    "nerv_lab.magics",
    "nerv_lab.testing",
    "nerv_lab.widgets",
)


def on_post_build(config: Any) -> None:
    """Compare what the site describes with what the packages offer."""
    described = _described(Path(config.site_dir) / "objects.inv")
    missing = [
        f"{package}.{name}"
        for package in PUBLIC
        for name in import_module(package).__all__
        if name not in described
    ]
    if missing:
        raise PluginError(f"the reference lacks {', '.join(missing)}")


def _described(inventory: Path) -> set[str]:
    """Return the last parts of all names in the inventory of a site."""
    *_, packed = inventory.read_bytes().split(b"\n", 4)
    lines = zlib.decompress(packed).decode().splitlines()
    return {line.split(" ", 1)[0].rpartition(".")[2] for line in lines}
