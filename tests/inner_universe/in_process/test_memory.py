from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from nerv_lab.core.errors import NERVPersistenceError, StoreBusyError, ValidationError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe import MockInnerUniverse


@pytest.fixture
async def mock() -> AsyncIterator[MockInnerUniverse]:
    mock = MockInnerUniverse()
    await mock.connect()
    yield mock
    await mock.close()


async def test_an_injected_error_of_ours_is_raised_as_it_is(mock: MockInnerUniverse) -> None:
    mock.fail_next(StoreBusyError("busy"), times=2)
    for _ in range(2):
        with pytest.raises(StoreBusyError):
            await mock.create_entity("thing")
    await mock.create_entity("thing")
    assert await mock.last_seq() == 1


async def test_any_other_error_becomes_ours(mock: MockInnerUniverse) -> None:
    boom = RuntimeError("boom")
    mock.fail_next(boom)
    with pytest.raises(NERVPersistenceError, match="apply failed on mock://") as caught:
        await mock.create_entity("thing")
    assert caught.value.__cause__ is boom
    assert await mock.last_seq() == 0


async def test_a_simulated_graph_event_is_refused(mock: MockInnerUniverse) -> None:
    with pytest.raises(ValidationError):
        await mock.simulate_event("ENTITY_CREATED", {"old": None, "new": None})


async def test_handlers_of_two_clients_may_write_to_each_other(mock: MockInnerUniverse) -> None:
    other = MockInnerUniverse(share=mock)
    await other.connect()
    seen: list[str] = []

    def answer(events: tuple[Event, ...]) -> None:
        for event in events:
            if event.type == "question":
                coroutine = other.publish_event("answer")
                with pytest.raises(StopIteration):
                    coroutine.send(None)

    other.subscribe(answer)
    mock.subscribe(lambda events: seen.extend(event.type for event in events))
    await mock.publish_event("question")
    assert seen == ["question", "answer"]
    await other.close()
