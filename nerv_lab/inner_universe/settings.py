"""The settings that hold: those that are given, or else what the environment sets, or nobody.

`InnerUniverseConfig` checks what is given and reads the environment with pydantic, which takes
as long to import as all of nerv-lab. Who opens a graph and sets nothing needs none of that.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from nerv_lab.inner_universe.defaults import PREFIX, DefaultSettings

if TYPE_CHECKING:
    from nerv_lab.inner_universe.config import InnerUniverseConfig

__all__ = ["Settings", "settings_of"]

Settings: TypeAlias = "InnerUniverseConfig | DefaultSettings"


def settings_of(uri: str, given: Settings | None) -> Settings:
    """Return the settings that were given, or else those of the environment and the defaults.

    Raises
    ------
    ValidationError
        When one of the environment is refused.
    """
    if given is not None:
        return given
    if not any(name.upper().startswith(PREFIX) for name in os.environ):
        return DefaultSettings(uri)
    from nerv_lab.inner_universe.config import InnerUniverseConfig  # slow to import

    return InnerUniverseConfig(uri=uri)
