"""The view comes to what the store holds, whatever happens to the messages on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nerv_lab as nl

FAULTS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "dropped": lambda sent: [m for i, m in enumerate(sent) if i % 2],
    "reordered": lambda sent: sent[::-1],
    "duplicated": lambda sent: [m for message in sent for m in (message, message)],
    "delayed": lambda sent: [*sent[3:], *sent[:3]],
}


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        opened.add_entity("thing", name="start", id="start")
        opened.commit("start")
        yield opened


def shown_nodes(table: Any) -> set[str]:
    return set(table.root.evaluate("root => Object.keys(root.nerv.positions())"))


@pytest.mark.parametrize("fault", FAULTS)
def test_it_converges(bench: Callable[..., Any], lab: Any, fault: str) -> None:
    table = bench(lab)
    for number in range(12):
        lab.add_entity("thing", name=f"thing {number}")
    lab.delete("start")
    table._outbox = FAULTS[fault](table._outbox)
    table.flush()
    lab.commit("after the fault")
    table.flush()
    table.wait(seq=lab.seq, nodes=12, version="v2", uncommitted=0)
    assert shown_nodes(table) == set(lab.state.entities)
    gaps = int(table.root.get_attribute("data-gaps") or 0)
    assert (gaps > 0) == (fault != "duplicated")
