"""What every client keeps, whatever is behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from shared.graphs import ADA, NOTE, WROTE

from nerv_lab.core.errors import (
    DanglingRelationError,
    DuplicateIdError,
    EntityInUseError,
    EntityNotFoundError,
    HeadMovedError,
    RelationNotFoundError,
    StoreClosedError,
    ValidationError,
    ValueRefusedError,
    VersionNotFoundError,
)
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.changes import (
    REMOVE,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation
from nerv_lab.core.history.versions import Version, version_digest
from nerv_lab.core.values import json_hash
from nerv_lab.inner_universe import InnerUniverseClient

TIMEOUT = 10.0


async def _items(client: InnerUniverseClient, branch: str = "main") -> dict[str, Any]:
    return {item.key: item for item in (await client.snapshot(branch)).items}


# Writing


async def test_a_batch_gives_one_event_for_each_change(client: InnerUniverseClient) -> None:
    receipt = await client.apply([ADA, NOTE, WROTE])
    assert (receipt.first_seq, receipt.last_seq) == (1, 3)
    events = await client.events()
    assert [event.type for event in events] == [
        "ENTITY_CREATED",
        "ENTITY_CREATED",
        "RELATION_CREATED",
    ]
    assert [event.data for event in events] == [change.data() for change in receipt.changes]


async def test_the_rows_are_what_the_batch_says(client: InnerUniverseClient) -> None:
    receipt = await client.apply([ADA, NOTE, WROTE])
    snapshot = await client.snapshot()
    assert {item.key: item for item in snapshot.items} == {
        change.key: change.new for change in receipt.changes
    }
    assert snapshot.seq == 3
    assert [type(item) for item in snapshot.items] == [Entity, Entity, Relation]


async def test_an_update_records_old_and_new(client: InnerUniverseClient) -> None:
    await client.apply([ADA])
    receipt = await client.apply([UpdateEntity("ada", properties={"died": 1852, "born": REMOVE})])
    (change,) = receipt.changes
    assert isinstance(change.old, Entity)
    assert isinstance(change.new, Entity)
    assert change.old.properties == {"born": 1815}
    assert change.new.properties == {"died": 1852}
    assert change.new.revision == 2
    assert change.new.name == "Ada"
    assert (await client.events(after=1))[0].data == change.data()


async def test_a_relation_is_updated_and_deleted(client: InnerUniverseClient) -> None:
    await client.apply([ADA, NOTE, WROTE])
    await client.apply([UpdateRelation("r", strength=2.0, bidirectional=True)])
    relation = await client.get_relation("r")
    assert (relation.strength, relation.bidirectional) == (2.0, True)
    await client.apply([DeleteRelation("r")])
    assert set(await _items(client)) == {"e:ada", "e:note"}


async def test_a_deleted_entity_is_gone_from_the_rows(client: InnerUniverseClient) -> None:
    await client.apply([ADA])
    await client.apply([DeleteEntity("ada")])
    assert await _items(client) == {}
    assert [e.type for e in await client.events()][-1] == EventType.ENTITY_DELETED


async def test_an_entity_in_use_is_not_deleted(client: InnerUniverseClient) -> None:
    await client.apply([ADA, NOTE, WROTE])
    with pytest.raises(EntityInUseError):
        await client.apply([DeleteEntity("ada")])
    assert len(await _items(client)) == 3


async def test_a_cascade_deletes_the_relations_first(client: InnerUniverseClient) -> None:
    await client.apply([ADA, NOTE, WROTE])
    receipt = await client.apply([DeleteEntity("ada", cascade=True)])
    assert [change.key for change in receipt.changes] == ["r:r", "e:ada"]
    assert set(await _items(client)) == {"e:note"}


async def test_a_relation_to_itself_is_deleted_once(client: InnerUniverseClient) -> None:
    await client.apply([ADA, CreateRelation("self", "ada", "ada", "knows")])
    receipt = await client.apply([DeleteEntity("ada", cascade=True)])
    assert [change.key for change in receipt.changes] == ["r:self", "e:ada"]


async def test_a_deleted_entity_can_be_restored(client: InnerUniverseClient) -> None:
    await client.apply([ADA])
    ada = await client.get_entity("ada")
    await client.apply([DeleteEntity("ada")])
    await client.apply([RestoreEntity(ada)])
    assert (await client.get_entity("ada")).content == ada.content


async def test_one_item_may_change_twice_in_a_batch(client: InnerUniverseClient) -> None:
    receipt = await client.apply([ADA, UpdateEntity("ada", name="Lovelace")])
    assert len(receipt.changes) == 2
    assert (await client.get_entity("ada")).name == "Lovelace"
    assert await client.verify() == []


async def test_an_item_may_come_and_go_in_a_batch(client: InnerUniverseClient) -> None:
    receipt = await client.apply([ADA, DeleteEntity("ada")])
    assert len(receipt.changes) == 2
    assert await _items(client) == {}
    assert await client.verify() == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (ADA, DuplicateIdError),
        (UpdateEntity("nobody", name="x"), EntityNotFoundError),
        (DeleteEntity("nobody"), EntityNotFoundError),
        (DeleteRelation("nothing"), RelationNotFoundError),
        (CreateRelation("r", "ada", "nobody", "knows"), DanglingRelationError),
        (UpdateEntity("ada", properties={"x": float("nan")}), ValueRefusedError),
        (UpdateEntity("ada", properties={"x": 2**63}), ValueRefusedError),
        (UpdateEntity("ada", properties={"x": "y" * 1_048_577}), ValidationError),
        ("not a change", ValidationError),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, type) else value.__name__,
)
async def test_a_refused_change_undoes_its_whole_batch(
    client: InnerUniverseClient, change: Any, error: type[Exception]
) -> None:
    await client.apply([ADA])
    before = await client.snapshot()
    with pytest.raises(error):
        await client.apply([NOTE, UpdateEntity("ada", name="changed"), change])
    assert await client.snapshot() == before
    assert await client.last_seq() == 1
    # The next write must not see anything of the refused one.
    receipt = await client.apply([UpdateEntity("ada", description="second")])
    assert receipt.changes[0].old == before.items[0]
    assert await client.verify() == []


async def test_a_change_that_alters_nothing_writes_nothing(client: InnerUniverseClient) -> None:
    await client.apply([ADA])
    receipt = await client.apply([UpdateEntity("ada", name="Ada")])
    assert receipt.changes == ()
    assert (receipt.first_seq, receipt.last_seq) == (2, 1)
    assert await client.last_seq() == 1


async def test_the_same_batch_again_writes_nothing(client: InnerUniverseClient) -> None:
    first = await client.apply([ADA, NOTE], batch_id="b")
    await client.apply([UpdateEntity("ada", name="later")])
    assert await client.apply([ADA, NOTE], batch_id="b") == first
    assert await client.last_seq() == 3


async def test_a_batch_of_another_client_is_recognised(
    client: InnerUniverseClient, other: InnerUniverseClient
) -> None:
    first = await client.apply([ADA], batch_id="b")
    assert await other.apply([ADA], batch_id="b") == first


async def test_a_batch_id_that_clashes_with_an_event_is_refused(
    client: InnerUniverseClient,
) -> None:
    await client.publish_event("mine", event_id="b.0")
    with pytest.raises(DuplicateIdError):
        await client.apply([ADA], batch_id="b")
    assert await _items(client) == {}


async def test_reason_and_source_are_recorded(client: InnerUniverseClient) -> None:
    await client.apply([ADA], reason="because", source="test")
    (event,) = await client.events()
    assert event.source == "test"
    assert event.data is not None
    assert event.data["reason"] == "because"


async def test_an_event_names_its_writer_and_that_writers_count(
    client: InnerUniverseClient,
) -> None:
    await client.apply([ADA, NOTE])
    await client.publish_event("hello")
    events = await client.events()
    assert {event.origin_id for event in events} == {client.origin_id}
    assert [event.origin_seq for event in events] == [1, 2, 3]


async def test_branches_have_their_own_rows(client: InnerUniverseClient) -> None:
    await client.apply([ADA])
    await client.apply([NOTE], branch="aside")
    assert set(await _items(client)) == {"e:ada"}
    assert set(await _items(client, "aside")) == {"e:note"}
    assert [event.branch for event in await client.events()] == ["main", "aside"]


async def test_values_of_the_type_table_come_back_as_they_were(
    client: InnerUniverseClient,
) -> None:
    values = {"i": 1, "f": 1.0, "t": True, "n": None, "e": {}, "l": [], "s": "", "$nerv": "mine"}
    await client.apply([CreateEntity("x", "thing", EntityMetadata(properties=values))])
    found = (await client.get_entity("x")).properties
    assert found == values
    assert {k: type(v) for k, v in found.items() if not isinstance(v, dict | list)} == {
        k: type(v) for k, v in values.items() if not isinstance(v, dict | list)
    }
    (event,) = await client.events()
    assert event.data is not None
    assert event.data["new"]["metadata"]["properties"] == values


async def test_any_text_is_kept(client: InnerUniverseClient) -> None:
    text = 'ü "quoted" \\ \x00 \n \U0001f30d \u2028'
    await client.apply([CreateEntity("x", "thing", EntityMetadata(text, text, (), {text: text}))])
    entity = await client.get_entity("x")
    assert (entity.name, entity.description, dict(entity.properties)) == (text, text, {text: text})
    assert await client.verify() == []


# Events of the user's own


async def test_an_event_of_ones_own_is_kept(client: InnerUniverseClient) -> None:
    event_id = await client.publish_event("greeted", "me", {"to": ["world"]})
    (event,) = await client.events()
    assert (event.id, event.type, event.source, event.data, event.seq) == (
        event_id,
        "greeted",
        "me",
        {"to": ["world"]},
        1,
    )


async def test_the_same_event_again_writes_nothing(client: InnerUniverseClient) -> None:
    for _ in range(2):
        assert await client.publish_event("greeted", None, {"x": 1}, event_id="one") == "one"
    assert await client.last_seq() == 1


async def test_another_event_under_the_same_id_is_refused(client: InnerUniverseClient) -> None:
    await client.publish_event("greeted", event_id="one")
    with pytest.raises(DuplicateIdError):
        await client.publish([Event("two", "fine"), Event("one", "insulted")])
    assert await client.last_seq() == 1


async def test_events_are_published_as_one_batch(client: InnerUniverseClient) -> None:
    assert await client.publish([Event("a", "x"), Event("b", "y"), Event("a", "x")]) == [
        "a",
        "b",
        "a",
    ]
    assert [event.id for event in await client.events()] == ["a", "b"]


async def test_an_events_time_is_kept_to_the_microsecond(client: InnerUniverseClient) -> None:
    await client.publish([Event("a", "x", timestamp=1_700_000_000.123456)])
    assert (await client.events())[0].timestamp == 1_700_000_000.123456


@pytest.mark.parametrize(
    "event",
    [
        Event("a", "ENTITY_CREATED"),
        Event("a", "STATE_VERSION_COMMITTED"),
        Event("a", ""),
        Event("", "x"),
        Event("a", "x", {"bad": float("inf")}),
        Event("a", "x", {"big": "y" * 1_048_577}),
        Event("a", "x", timestamp=float("nan")),
    ],
)
async def test_an_event_that_is_not_valid_is_refused(
    client: InnerUniverseClient, event: Event
) -> None:
    with pytest.raises(ValidationError):
        await client.publish([event])
    assert await client.last_seq() == 0


async def test_a_part_of_the_log_can_be_read(client: InnerUniverseClient) -> None:
    await client.publish([Event(str(i), "x") for i in range(1, 7)])
    assert [e.seq for e in await client.events(after=1, until=5)] == [2, 3, 4, 5]
    assert [e.seq for e in await client.events(after=3, limit=2)] == [4, 5]
    assert [e.seq for e in await client.events(limit=0)] == []
    assert [e.seq for e in await client.events(after=9)] == []


# Versions


async def test_a_version_is_kept_with_its_delta(
    client: InnerUniverseClient, next_version: Any
) -> None:
    await client.apply([ADA])
    version, delta = await next_version(client, "first")
    assert await client.commit_version(version, delta) == version
    assert await client.branch_head() == version.id
    assert await client.version(version.id) == version
    assert await client.delta(version.id) == delta
    assert await client.versions() == [version]
    assert (await client.snapshot()).head == version.id
    event = (await client.events())[-1]
    assert (event.type, event.data) == ("STATE_VERSION_COMMITTED", version.record())


async def test_the_deltas_of_many_versions_are_given_at_once(
    client: InnerUniverseClient, next_version: Any
) -> None:
    await client.apply([ADA])
    version, delta = await next_version(client, "first")
    await client.commit_version(version, delta)
    other, later = await next_version(client, "second")
    await client.commit_version(other, later)
    both = {other.id: later, version.id: delta}
    assert await client.deltas([other.id, version.id]) == both
    assert await client.deltas([]) == {}
    with pytest.raises(VersionNotFoundError):
        await client.deltas([version.id, "nowhere"])


async def test_a_version_must_follow_the_head(
    client: InnerUniverseClient, next_version: Any, commit: Any
) -> None:
    late, delta = await next_version(client, "late")
    first = await commit(client, "first")
    with pytest.raises(HeadMovedError) as caught:
        await client.commit_version(late, delta)
    assert (caught.value.expected, caught.value.actual) == (None, first.id)
    assert await client.versions() == [first]


async def test_the_same_version_again_writes_nothing(
    client: InnerUniverseClient, next_version: Any, commit: Any
) -> None:
    version, delta = await next_version(client)
    await client.commit_version(version, delta)
    await client.apply([ADA])
    await commit(client, "second")
    seq = await client.last_seq()
    assert await client.commit_version(version, delta) == version
    assert await client.last_seq() == seq


async def test_another_version_under_the_same_id_is_refused(
    client: InnerUniverseClient, next_version: Any
) -> None:
    version, delta = await next_version(client)
    await client.commit_version(version, delta)
    twin = replace(version, description="twin")
    with pytest.raises(DuplicateIdError):
        await client.commit_version(replace(twin, digest=version_digest(twin, delta)), delta)


async def test_a_version_with_a_wrong_digest_is_refused(
    client: InnerUniverseClient, next_version: Any
) -> None:
    version, delta = await next_version(client)
    with pytest.raises(ValidationError):
        await client.commit_version(version, delta + b" ")
    assert await client.versions() == []


async def test_a_second_parent_must_exist(
    client: InnerUniverseClient, next_version: Any, commit: Any
) -> None:
    await commit(client)
    version, delta = await next_version(client)
    merged = replace(version, parents=(*version.parents, "nowhere"))
    with pytest.raises(VersionNotFoundError):
        await client.commit_version(replace(merged, digest=version_digest(merged, delta)), delta)
    assert len(await client.versions()) == 1


@pytest.mark.parametrize("place", [-1, 1])
async def test_a_version_cannot_include_events_that_are_not_there(
    client: InnerUniverseClient, next_version: Any, place: int
) -> None:
    version, delta = await next_version(client)
    ahead = replace(version, event_seq=place)
    with pytest.raises(ValidationError, match="event_seq"):
        await client.commit_version(replace(ahead, digest=version_digest(ahead, delta)), delta)
    assert await client.versions() == []


async def test_versions_come_in_log_order(client: InnerUniverseClient, commit: Any) -> None:
    made = []
    for i in range(3):
        await client.apply([CreateEntity(str(i), "thing")])
        made.append(await commit(client, f"v{i}"))
    assert await client.versions() == made
    assert [v.parent for v in made] == [None, made[0].id, made[1].id]


async def test_unknown_versions_are_not_found(client: InnerUniverseClient) -> None:
    for ask in (client.version, client.delta):
        with pytest.raises(VersionNotFoundError):
            await ask("nowhere")
    assert await client.branch_head() is None


async def test_a_tag_stands_for_a_version_and_can_move(
    client: InnerUniverseClient, commit: Any
) -> None:
    first, second = await commit(client), await commit(client)
    await client.set_tag("release", first.id)
    await client.set_tag("release", second.id)
    assert await client.tags() == {"release": second.id}
    with pytest.raises(VersionNotFoundError):
        await client.set_tag("lost", "nowhere")


class Seen:
    """The tags that a client was told of, newest last."""

    def __init__(self, client: InnerUniverseClient) -> None:
        self.told: list[dict[str, str]] = []
        self._loop, self._changed = asyncio.get_running_loop(), asyncio.Event()
        self.forget = client.on_tags(self._take)

    def _take(self, tags: Mapping[str, str]) -> None:
        self.told.append(dict(tags))
        self._loop.call_soon_threadsafe(self._changed.set)

    async def until(self, tags: dict[str, str]) -> None:
        while not self.told or self.told[-1] != tags:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), TIMEOUT)


async def test_who_watches_tags_is_told_of_all_when_one_is_set_or_moves(
    client: InnerUniverseClient, commit: Any
) -> None:
    first, second = await commit(client), await commit(client)
    await client.set_tag("before", first.id)
    seen = Seen(client)
    await client.set_tag("release", first.id)
    await seen.until({"before": first.id, "release": first.id})
    await client.set_tag("release", second.id)
    await seen.until({"before": first.id, "release": second.id})


async def test_a_tag_that_another_client_sets_is_told(
    client: InnerUniverseClient, other: InnerUniverseClient, commit: Any
) -> None:
    first = await commit(client)
    seen = Seen(other)
    await client.set_tag("release", first.id)
    await seen.until({"release": first.id})
    assert await other.tags() == {"release": first.id}


async def test_who_has_seen_enough_of_tags_is_told_of_no_other(
    client: InnerUniverseClient, commit: Any
) -> None:
    first = await commit(client)
    quiet, seen = Seen(client), Seen(client)
    quiet.forget()
    quiet.forget()
    await client.set_tag("release", first.id)
    await seen.until({"release": first.id})
    assert quiet.told == []


# Subscriptions


async def test_own_events_are_delivered_in_order(
    client: InnerUniverseClient, collect: Any, commit: Any
) -> None:
    seen = collect(client)
    await client.apply([ADA, NOTE])
    await client.publish_event("hello")
    await commit(client)
    assert await seen.until(4) == await client.events()


async def test_a_delivered_batch_is_a_whole_transaction(
    client: InnerUniverseClient, collect: Any
) -> None:
    seen = collect(client)
    await client.apply([CreateEntity(str(i), "thing") for i in range(1500)])
    await seen.until(1500)
    assert [len(batch) for batch in seen.batches] == [1500]


async def test_foreign_events_are_delivered_in_order(
    client: InnerUniverseClient, other: InnerUniverseClient, collect: Any
) -> None:
    mine, theirs = collect(client), collect(other)
    for i in range(20):
        await (client if i % 2 else other).publish_event(f"e{i}")
    log = await client.events()
    assert [event.type for event in log] == [f"e{i}" for i in range(20)]
    assert await mine.until(20) == log
    assert await theirs.until(20) == log


async def test_refresh_delivers_what_others_wrote(
    client: InnerUniverseClient, other: InnerUniverseClient, collect: Any
) -> None:
    seen = collect(client)
    await other.publish_event("hello")
    await client.refresh()
    assert seen.seqs == [1]


async def test_a_subscription_starts_now(client: InnerUniverseClient, collect: Any) -> None:
    await client.publish_event("before")
    seen = collect(client)
    await client.publish_event("after")
    assert [event.type for event in await seen.until(1)] == ["after"]


async def test_a_subscription_can_start_in_the_past(
    client: InnerUniverseClient, collect: Any
) -> None:
    for name in "abc":
        await client.publish_event(name)
    seen = collect(client, after=1)
    assert [event.type for event in await seen.until(2)] == ["b", "c"]
    await client.publish_event("d")
    assert [event.type for event in await seen.until(3)] == ["b", "c", "d"]


async def test_a_subscription_in_the_past_reads_what_others_wrote_once(
    client: InnerUniverseClient, other: InnerUniverseClient, collect: Any
) -> None:
    first = collect(client)
    for i in range(5):
        await other.publish_event(f"e{i}")
    second = collect(client, after=0)
    await client.publish_event("last")
    assert [e.seq for e in await first.until(6)] == [1, 2, 3, 4, 5, 6]
    assert [e.seq for e in await second.until(6)] == [1, 2, 3, 4, 5, 6]


async def test_a_subscription_can_start_in_the_future(
    client: InnerUniverseClient, collect: Any
) -> None:
    seen = collect(client, after=2)
    for name in "abc":
        await client.publish_event(name)
    assert [event.type for event in await seen.until(1)] == ["c"]


async def test_after_unsubscribing_nothing_comes(client: InnerUniverseClient, collect: Any) -> None:
    seen, witness = collect(client), collect(client)
    seen.unsubscribe()
    seen.unsubscribe()
    await client.publish_event("hello")
    await witness.until(1)
    assert seen.events == []


async def test_a_failing_handler_does_not_stop_the_others(
    client: InnerUniverseClient, collect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(events: tuple[Event, ...]) -> None:
        raise RuntimeError("handler is broken")

    client.subscribe(fail)
    seen = collect(client)
    await client.publish_event("hello")
    await client.publish_event("again")
    assert len(await seen.until(2)) == 2
    assert "handler is broken" in caplog.text


async def test_settled_runs_after_the_handlers(client: InnerUniverseClient, collect: Any) -> None:
    calls: list[str] = []
    client.subscribe(lambda e: calls.append("first"), settled=lambda: calls.append("settled"))
    client.subscribe(lambda e: calls.append("second"))
    seen = collect(client)
    await client.publish_event("hello")
    await seen.until(1)
    await client.refresh()
    assert calls == ["first", "second", "settled"]


async def test_the_guides_event_log_handler_is_called_row_by_row(
    client: InnerUniverseClient, collect: Any
) -> None:
    rows: list[tuple[str, dict[str, Any]]] = []
    seen = collect(client)
    client.subscribe_event_log_changes(lambda change, event: rows.append((change, event)))
    event_id = await client.publish_event("hello", "me", {"x": 1})
    (event,) = await seen.until(1)
    await client.refresh()
    assert rows == [
        (
            "INSERTED",
            {
                "event_id": event_id,
                "event_type": "hello",
                "source": "me",
                "timestamp": event.timestamp * 1000,
                "data": {"x": 1},
            },
        )
    ]


# The vocabulary of the integration guide


async def test_the_guides_vocabulary_works(client: InnerUniverseClient) -> None:
    ada = await client.create_entity("person", {"name": "Ada", "properties": {"born": 1815}})
    note = await client.create_entity("text", EntityMetadata("Note G"), "note-g")
    assert note == "note-g"
    wrote = await client.create_relation(ada, note, "wrote", {"strength": 0.5})
    updated = await client.update_entity(ada, {"properties": {"died": 1852}})
    assert updated.properties == {"born": 1815, "died": 1852}
    assert (await client.update_entity(ada, entity_type="author")).type == "author"
    assert (await client.update_relation(wrote, {"tags": ["x"]})).tags == ("x",)
    assert (await client.get_relation(wrote)).strength == 0.5
    await client.delete_relation(wrote)
    await client.delete_entity(note)
    await client.delete_entity(ada, cascade=True)
    assert await _items(client) == {}
    for get, error in (
        (client.get_entity, EntityNotFoundError),
        (client.get_relation, RelationNotFoundError),
    ):
        with pytest.raises(error):
            await get(ada)
    assert await client.verify() == []


async def test_an_unknown_metadata_field_is_refused(client: InnerUniverseClient) -> None:
    with pytest.raises(ValidationError, match="nmae"):
        await client.create_entity("person", {"nmae": "Ada"})
    assert await client.last_seq() == 0


async def test_a_state_version_is_known_by_its_hash(client: InnerUniverseClient) -> None:
    first = await client.commit_state_version(None, "first", json_hash({"x": 1}))
    second = await client.commit_state_version(first, "second", json_hash({"x": 2}))
    version = await client.version(second)
    assert (version.parents, version.description) == ((first,), "second")
    assert version.data_hash == json_hash({"x": 2})
    with pytest.raises(HeadMovedError):
        await client.commit_state_version(first, "late", json_hash({}))
    assert await client.branch_head() is None
    assert await client.verify() == []


# Life and integrity


async def test_connecting_and_closing_may_be_repeated(client: InnerUniverseClient) -> None:
    await client.connect()
    assert client.connected
    await client.close()
    await client.close()
    assert not client.connected


async def test_a_closed_client_says_so(client: InnerUniverseClient) -> None:
    await client.close()
    for ask in (client.snapshot, client.last_seq, client.refresh, client.verify):
        with pytest.raises(StoreClosedError, match="connect"):
            await ask()
    with pytest.raises(StoreClosedError):
        client.subscribe(print)


async def test_what_was_written_is_there_for_the_next_client(
    client: InnerUniverseClient, other: InnerUniverseClient, commit: Any
) -> None:
    await client.apply([ADA, NOTE, WROTE])
    version = await commit(client)
    before = await client.snapshot()
    await client.close()
    assert await other.snapshot() == before
    assert await other.versions() == [version]
    assert await other.verify() == []


async def test_a_store_with_everything_in_it_verifies(
    client: InnerUniverseClient, commit: Any
) -> None:
    await client.apply([ADA, NOTE, WROTE])
    first: Version = await commit(client, "first")
    await client.apply([UpdateEntity("ada", name="x"), DeleteRelation("r")])
    await commit(client, "second")
    await client.apply([DeleteEntity("note")], branch="main")
    await client.publish_event("hello")
    await client.set_tag("t", first.id)
    await client.commit_state_version(None, "x", json_hash({}), delta=b"{}")
    assert await client.verify() == []
