"""How hard the tests try: NERV_TEST_EFFORT=20 gives twenty times the examples."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine

EFFORT = int(os.environ.get("NERV_TEST_EFFORT", "1"))


def case_on(machine: type[RuleBasedStateMachine], kind: str, examples: int, steps: int) -> Any:
    """Return the test case of a machine on a backend, which it knows as its ``kind``."""
    made: Any = type(f"{machine.__name__} on {kind}", (machine,), {"kind": kind})
    made.TestCase.settings = settings(max_examples=examples * EFFORT, stateful_step_count=steps)
    return made.TestCase
