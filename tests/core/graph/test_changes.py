"""Changes as they are asked for."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from nerv_lab.core.graph.changes import REMOVE, UNSET


@pytest.mark.parametrize("mark", [REMOVE, UNSET])
def test_a_mark_stays_itself_when_copied_or_pickled(mark: Any) -> None:
    assert copy.deepcopy(mark) is mark
    assert pickle.loads(pickle.dumps(mark)) is mark
    assert repr(mark) in ("REMOVE", "UNSET")
