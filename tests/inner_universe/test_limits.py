"""The limits are those of every store: as much as that goes in, and one more is refused."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shared.effort import EFFORT

from nerv_lab.core import limits
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import (
    Change,
    CreateEntity,
    CreateRelation,
    RestoreEntity,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.model import Entity, EntityMetadata, RelationMetadata
from nerv_lab.core.history.versions import version_digest
from nerv_lab.core.limits import (
    LIMITS,
    MAX_BYTES,
    MAX_CHANGES,
    MAX_DEPTH,
    MAX_MESSAGE,
    MAX_NAME,
    MAX_PROPERTIES,
    MAX_SENT_CHANGES,
    MAX_TAGS,
    MAX_TEXT,
    limits_table,
)
from nerv_lab.inner_universe import InnerUniverseClient
from nerv_lab.inner_universe.batching import EventBatcher
from nerv_lab.inner_universe.bundles import manifest, reader, writer

Make = Callable[[int], Sequence[Change]]


def many(count: int) -> dict[str, Any]:
    return dict.fromkeys(map(str, range(count)), 0)


def tags(count: int) -> tuple[str, ...]:
    return ("t",) * count


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels - 1):  # the properties themselves are the first
        value = [value]
    return {"a": value}


def filled(size: int) -> CreateEntity:
    """Return an entity whose content takes so many bytes."""
    bare = len(Entity("x", "t", EntityMetadata(description="")).content)
    return CreateEntity("x", "t", EntityMetadata(description="x" * (size - bare)))


# For each: how much is allowed, the field of the error, and changes that have so much of it.
CHANGES: dict[str, tuple[int, str, Make]] = {
    "an id": (MAX_NAME, "id", lambda n: [CreateEntity("x" * n, "t")]),
    "a type": (MAX_NAME, "type", lambda n: [CreateEntity("x", "t" * n)]),
    "an end": (MAX_NAME, "id", lambda n: [CreateEntity("ä" * n, "t")]),
    "a tag": (
        MAX_NAME,
        "tags[0]",
        lambda n: [CreateEntity("x", "t", EntityMetadata(tags=("x" * n,)))],
    ),
    "tags": (MAX_TAGS, "tags", lambda n: [CreateEntity("x", "t", EntityMetadata(tags=tags(n)))]),
    "tags that are set": (MAX_TAGS, "tags", lambda n: [UpdateEntity("known", tags=tags(n))]),
    "tags of a relation": (
        MAX_TAGS,
        "tags",
        lambda n: [CreateRelation("r", "known", "known", "t", RelationMetadata(tags=tags(n)))],
    ),
    "properties": (
        MAX_PROPERTIES,
        "properties",
        lambda n: [CreateEntity("x", "t", EntityMetadata(properties=many(n)))],
    ),
    "properties that are added": (
        MAX_PROPERTIES,
        "properties",
        # It has one already.
        lambda n: [UpdateEntity("known", properties=many(n - 1))],
    ),
    "properties of a relation": (
        MAX_PROPERTIES,
        "properties",
        lambda n: [
            CreateRelation("r", "known", "known", "t"),
            UpdateRelation("r", properties=many(n)),
        ],
    ),
    "properties that are restored": (
        MAX_PROPERTIES,
        "properties",
        lambda n: [RestoreEntity(Entity("x", "t", EntityMetadata(properties=many(n))))],
    ),
    "levels": (
        MAX_DEPTH,
        "properties.a",
        lambda n: [CreateEntity("x", "t", EntityMetadata(properties=nested(n)))],
    ),
    "bytes of an item": (MAX_BYTES, "metadata", lambda n: [filled(n)]),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_as_much_goes_in_and_one_more_is_refused(
    client: InnerUniverseClient, what: str
) -> None:
    most, field, make = CHANGES[what]
    await client.apply([CreateEntity("known", "t", EntityMetadata(properties={"first": 1}))])
    before = await client.snapshot()
    with pytest.raises(ValidationError) as refused:
        await client.apply(make(most + 1))
    assert refused.value.field.startswith(field)
    if field != "properties.a":  # of nesting the path says how deep it is
        assert str(most + 1) in refused.value.reason
    assert str(most) in refused.value.reason
    assert await client.snapshot() == before
    await client.apply(make(most))
    assert await client.verify() == []


@pytest.mark.parametrize("field", ["reason", "source"])
async def test_a_reason_and_a_source_are_bounded(client: InnerUniverseClient, field: str) -> None:
    given: dict[str, Any] = {field: "ü" * (MAX_TEXT + 1)}
    with pytest.raises(ValidationError, match=rf"{field}: has {MAX_TEXT + 1} characters"):
        await client.apply([CreateEntity("x", "t")], **given)
    given = {field: "ü" * MAX_TEXT}
    await client.apply([CreateEntity("x", "t")], **given)
    assert await client.verify() == []


async def test_the_words_of_a_version_are_bounded(
    client: InnerUniverseClient, next_version: Any
) -> None:
    version, delta = await next_version(client, "d" * MAX_TEXT)
    for field in ("description", "author"):
        longer = replace(version, **{field: "d" * (MAX_TEXT + 1)})
        longer = replace(longer, digest=version_digest(longer, delta))
        with pytest.raises(ValidationError, match=f"{field}: has {MAX_TEXT + 1} characters"):
            await client.commit_version(longer, delta)
    await client.commit_version(version, delta)
    assert await client.verify() == []


async def test_the_delta_of_a_version_is_bounded(
    client: InnerUniverseClient, next_version: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nerv_lab.inner_universe.contract import writing

    version, delta = await next_version(client)
    monkeypatch.setattr(writing, "MAX_RECORD", len(delta) - 1)
    reason = f"delta: takes {len(delta)} bytes; at most {len(delta) - 1} are allowed"
    with pytest.raises(ValidationError, match=reason):
        await client.commit_version(version, delta)
    monkeypatch.setattr(writing, "MAX_RECORD", len(delta))
    await client.commit_version(version, delta)


async def test_the_data_of_an_event_is_bounded(client: InnerUniverseClient) -> None:
    bare = len('{"text":""}')
    with pytest.raises(ValidationError, match=f"data: takes {MAX_BYTES + 1} bytes; at most"):
        await client.publish([Event("a", "X", {"text": "x" * (MAX_BYTES + 1 - bare)})])
    await client.publish([Event("a", "X", {"text": "x" * (MAX_BYTES - bare)})])
    assert await client.verify() == []


async def test_the_names_of_an_event_are_bounded(client: InnerUniverseClient) -> None:
    for field, event in (
        ("event_id", Event("x" * (MAX_NAME + 1), "X")),
        ("event_type", Event("a", "X" * (MAX_NAME + 1))),
        ("branch", Event("a", "X", branch="x" * (MAX_NAME + 1))),
    ):
        with pytest.raises(ValidationError, match=f"{field}: must have 1 to {MAX_NAME}"):
            await client.publish([event])
    await client.publish([Event("x" * MAX_NAME, "X" * MAX_NAME)])


def most_changes(client: InnerUniverseClient) -> int:
    return MAX_CHANGES if client.completes_inline else MAX_SENT_CHANGES


async def test_a_batch_is_bounded(client: InnerUniverseClient) -> None:
    await client.apply([CreateEntity("x", "t")])
    nothing, most = UpdateEntity("x"), most_changes(client)
    for given in ([nothing] * (most + 1), (nothing for _ in range(most + 1))):
        with pytest.raises(ValidationError, match=f"changes: has {most + 1} changes.*{most}"):
            await client.apply(given)  # type: ignore[arg-type]
    # In a file, as many take a minute.
    if EFFORT > 1 or not client.completes_inline:
        assert (await client.apply([nothing] * most)).changes == ()
    assert await client.last_seq() == 1


async def test_who_commits_is_told_of_the_bound_of_a_server_before_anything_is_sent(
    client: InnerUniverseClient, next_version: Any
) -> None:
    sealed: list[int] = []

    def seal(changes: Sequence[Any], seq: int) -> Any:
        sealed.append(seq)
        raise AssertionError("it was not refused")

    most = most_changes(client)
    with pytest.raises(ValidationError, match=f"changes: has {most + 1} changes"):
        await client.apply_and_commit([UpdateEntity("x")] * (most + 1), seal)
    assert sealed == []


async def test_a_batch_of_events_is_bounded(
    client: InnerUniverseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nerv_lab.inner_universe.contract import checked_events

    monkeypatch.setattr(checked_events, "MAX_CHANGES", 3)
    with pytest.raises(ValidationError, match="events: has 4 events; at most 3 are allowed"):
        await client.publish([Event(str(n), "X") for n in range(4)])
    await client.publish([Event(str(n), "X") for n in range(3)])


# One set of numbers


def test_the_server_has_the_same_numbers(project_root: Path) -> None:
    module = project_root / "spacetime_module" / "src"
    source = (module / "validate.rs").read_text() + (module / "canonical.rs").read_text()
    found = {
        name: int(number.replace("_", ""))
        for name, number in re.findall(r"pub const (MAX_\w+): \w+ = ([\d_]+);", source)
    }
    assert found == {name: getattr(limits, name) for name in found}
    names = "MAX_NAME MAX_TEXT MAX_BYTES MAX_PROPERTIES MAX_TAGS MAX_CHANGES MAX_DEPTH"
    assert found.keys() == set(names.split())


def test_every_number_is_among_the_documented_limits(project_root: Path) -> None:
    numbers = [value for name, value in vars(limits).items() if name.startswith("MAX_")]
    assert sorted(numbers) == sorted(limit.most for limit in LIMITS)
    page = (project_root / "docs" / "reference" / "limits.md").read_text()
    assert limits_table() in page


def test_a_request_that_is_too_large_for_a_server_is_refused() -> None:
    from nerv_lab.inner_universe.spacetime.module.calls import sized

    with pytest.raises(ValidationError, match=f"changes: take {MAX_MESSAGE} bytes") as refused:
        sized("changes", bytes(MAX_MESSAGE))
    assert str(MAX_MESSAGE) in refused.value.reason


def test_the_bounds_of_a_bundle_are_those_that_are_used() -> None:
    assert manifest.MAX_BUNDLE is limits.MAX_BUNDLE
    assert (reader.MAX_RECORD, reader.MAX_MANIFEST) == (limits.MAX_RECORD, limits.MAX_MANIFEST)
    assert writer.MAX_RECORD is limits.MAX_RECORD


def test_a_delta_that_would_unpack_to_more_than_a_delta_may_be_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from nerv_lab.core.errors import CorruptStoreError
    from nerv_lab.inner_universe.embedded import rows

    packed = rows.pack(bytes(1_000_000))
    assert len(packed) < 10_000
    assert rows.unpack(packed, "v") == bytes(1_000_000)
    monkeypatch.setattr(rows, "MAX_RECORD", 999_999)
    with pytest.raises(CorruptStoreError, match="takes more than 999999 bytes"):
        rows.unpack(packed, "v")


def test_a_bundle_that_does_not_fit_on_the_disk_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nerv_lab as nl
    from nerv_lab.core.errors import StoreFullError

    with nl.open() as lab:
        lab.add_entity("person")
        lab.commit("one")
        lab.export(tmp_path / "bundle")
    disk = type("Disk", (), {"free": 3})()
    monkeypatch.setattr(reader.shutil, "disk_usage", lambda place: disk)
    with pytest.raises(StoreFullError, match=r"unpacking takes \d+ bytes, and .* has 3"):
        nl.import_bundle(tmp_path / "bundle", tmp_path / "store.nerv")
    assert not (tmp_path / "store.nerv").exists()


# Waiting in place of growth


class Slow:
    """A store that writes a batch when it is told to."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.go = asyncio.Semaphore(0)

    async def publish(self, events: Sequence[Event]) -> None:
        await self.go.acquire()
        self.written.append(len(events))


def event(number: int) -> Event:
    return Event(str(number), "X", {"text": "x" * 500})


async def as_far_as_they_go() -> None:
    """Let every task run until it waits for the store or for room."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_who_adds_events_faster_than_they_are_written_waits() -> None:
    slow, most = Slow(), 20_000
    batcher = EventBatcher(slow.publish, most=4, seconds=0.001, room=most)
    adding = [asyncio.create_task(batcher.add(event(n))) for n in range(200)]
    await as_far_as_they_go()
    assert batcher._waiting
    queued = sum(len(batch.events) for batch in batcher._unwritten)
    assert 0 < queued < 30
    assert batcher._queued <= most
    for _ in range(200):
        slow.go.release()
        await as_far_as_they_go()
        assert batcher._queued <= most
    await asyncio.gather(*adding)
    assert sum(slow.written) == 200
    assert (batcher._queued, batcher._waiting) == (0, [])


async def test_an_event_larger_than_all_the_room_goes_alone() -> None:
    slow = Slow()
    batcher = EventBatcher(slow.publish, most=4, seconds=0.001, room=10)
    adding = [asyncio.create_task(batcher.add(event(n))) for n in range(3)]
    for _ in range(3):
        slow.go.release()
    await asyncio.gather(*adding)
    assert slow.written == [1, 1, 1]


async def test_who_gives_up_waiting_leaves_no_trace() -> None:
    slow = Slow()
    batcher = EventBatcher(slow.publish, most=4, seconds=0.001, room=10)
    first = asyncio.create_task(batcher.add(event(0)))
    second = asyncio.create_task(batcher.add(event(1)))
    await as_far_as_they_go()
    assert len(batcher._waiting) == 1
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    slow.go.release()
    await first
    assert slow.written == [1]
    assert (batcher._queued, batcher._waiting) == (0, [])


async def test_a_batch_that_fails_makes_room_too() -> None:
    async def fail(events: Sequence[Event]) -> None:
        raise OSError("no")

    batcher = EventBatcher(fail, most=4, seconds=0.001, room=10)
    adding = [asyncio.create_task(batcher.add(event(n))) for n in range(3)]
    assert [type(e) for e in await asyncio.gather(*adding, return_exceptions=True)] == [OSError] * 3
    assert batcher._queued == 0
