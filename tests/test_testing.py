from __future__ import annotations

from typing import Any

from nerv_lab.testing import MockInnerUniverse, mock_inner_universe

__all__ = ["mock_inner_universe"]


async def test_the_guides_mock_lets_events_arrive(mock_inner_universe: MockInnerUniverse) -> None:
    seen: list[tuple[str, Any]] = []
    mock_inner_universe.subscribe_event_log_changes(
        lambda change, event: seen.append((change, event["data"]))
    )
    await mock_inner_universe.simulate_event("test", {"n": 1}, source="elsewhere")
    assert seen == [("INSERTED", {"n": 1})]


async def test_the_guides_mock_keeps_entities(mock_inner_universe: MockInnerUniverse) -> None:
    id = await mock_inner_universe.create_entity("person", {"name": "Ada"})
    assert (await mock_inner_universe.get_entity(id)).name == "Ada"
