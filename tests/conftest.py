"""Settings and fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from nerv_lab.lab import Lab

ROOT = Path(__file__).resolve().parents[1]

# A shared machine may stall any example, so time is never what a property is judged by.
_CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", **_CALM)
settings.register_profile("ci", derandomize=True, database=None, print_blob=True, **_CALM)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Return the folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    """Return where a store file may be made; there is none yet."""
    return tmp_path / "store.nerv"


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Return an empty Lab in memory."""
    import nerv_lab as nl

    with nl.open() as opened:
        yield opened
