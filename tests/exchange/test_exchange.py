from __future__ import annotations

import subprocess
import sys

import pytest

import nerv_lab.exchange as exchange


def test_every_public_name_is_there() -> None:
    assert all(hasattr(exchange, name) for name in exchange.__all__)
    assert dir(exchange) == sorted(exchange.__all__)


def test_an_unknown_name_is_missing() -> None:
    with pytest.raises(AttributeError, match="no attribute 'to_excel'"):
        exchange.to_excel  # noqa: B018 - looking it up is the test


def test_the_heavy_libraries_wait_until_they_are_used() -> None:
    program = (
        "import sys, nerv_lab.exchange; print(*{'pandas', 'networkx', 'pyvis'} & {*sys.modules})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ""
