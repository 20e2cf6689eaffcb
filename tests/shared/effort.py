"""How hard the tests try: NERV_TEST_EFFORT=20 gives twenty times the examples."""

from __future__ import annotations

import os

EFFORT = int(os.environ.get("NERV_TEST_EFFORT", "1"))
