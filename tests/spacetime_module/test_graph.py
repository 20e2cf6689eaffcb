"""Changing the graph by the module's reducers: the same rules as in the package."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.graphs import ADA, NOTE, WROTE, changes
from shared.spacetime_database import Database, RefusedError, entity_meta, relation_meta, some
from shared.spacetime_server import the_server

from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.changes import (
    REMOVE,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata, Item, Relation, RelationMetadata
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values import decode, encode


def _items(database: Database, branch: str = "main") -> dict[str, Item]:
    found: dict[str, Item] = {}
    where = f" WHERE branch = '{branch}'"
    for row in database.rows("entity", where):
        fields = _metadata(row["metadata"])
        entity = Entity(
            row["entity_id"], row["entity_type"], EntityMetadata(**fields), *_history(row)
        )
        assert row["key"] == f"{branch}\x1f{entity.id}"
        found[entity.key] = entity
    for row in database.rows("relation", where):
        fields = _metadata(row["metadata"])
        ends = row["from_entity"], row["to_entity"]
        relation = Relation(
            row["relation_id"], *ends, row["relation_type"], RelationMetadata(**fields),
            *_history(row),
        )  # fmt: skip
        assert (row["from_key"], row["to_key"]) == tuple(f"{branch}\x1f{end}" for end in ends)
        found[relation.key] = relation
    return found


def _metadata(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "properties": {p["name"]: decode(p["value"]) for p in fields["properties"]}}


def _history(row: dict[str, Any]) -> tuple[int, int, int]:
    return row["created_at"], row["updated_at"], row["revision"]


def _changes(database: Database) -> list[ItemChange]:
    return [ItemChange.from_data(decode(row["data"])) for row in database.log()]


def _without_times(change: ItemChange) -> tuple[Any, ...]:
    def fields(item: Item | None) -> Any:
        return item and (item.key, type(item), item.content, item.revision)

    return fields(change.old), fields(change.new)


def test_a_batch_writes_rows_events_and_a_receipt(database: Database) -> None:
    database.apply(ADA, NOTE, WROTE, batch_id="b", reason="why", source="me", origin_id="o")
    log = database.log()
    assert [row["seq"] for row in log] == [1, 2, 3]
    assert [row["event_id"] for row in log] == ["b.0", "b.1", "b.2"]
    assert [row["origin_seq"] for row in log] == [1, 2, 3]
    assert [row["event_type"] for row in log] == [
        "ENTITY_CREATED",
        "ENTITY_CREATED",
        "RELATION_CREATED",
    ]
    for row in log:
        assert (row["origin_id"], row["batch_id"], row["branch"]) == ("o", "b", "main")
        assert (row["source"], row["actor"]) == ("me", database.identity)
        assert decode(row["data"])["reason"] == "why"
    assert _items(database) == {c.key: c.new for c in _changes(database)}
    assert database.rows("batch") == [
        {"batch_id": "b", "origin_id": "o", "first_seq": 1, "last_seq": 3, "outcome": "applied"}
    ]
    assert database.rows("origin_cursor") == [{"origin_id": "o", "origin_seq": 3, "event_seq": 3}]


def test_an_events_payload_is_canonical(database: Database) -> None:
    database.apply(
        CreateEntity(
            "x", "thing", EntityMetadata('"\\\x01ü', None, (), {"$nerv": 1.5, "a": [1e300]})
        )
    )
    (row,) = database.log()
    assert encode(decode(row["data"])).decode() == row["data"]


@settings(max_examples=40)
@given(st.lists(changes, min_size=1, max_size=20))
def test_the_module_does_what_the_package_does(wanted: list[Change]) -> None:
    """Each change as a batch of its own; refusals and results must agree."""
    database = _shared_database()
    branch = f"b{database.counted}"
    state, log = GraphState.empty(), []
    for change in wanted:
        expected, planned = None, []
        try:
            planned = plan(state, [change], 1)
        except NervError as error:
            expected = error
        try:
            database.apply(change, branch=branch)
            assert expected is None
        except RefusedError as refused:
            _same_error(refused, expected)
        state = state.apply(planned)
        log += planned
    rows = sorted(database.rows("event_log", f" WHERE branch = '{branch}'"), key=lambda r: r["seq"])
    done = [ItemChange.from_data(decode(row["data"])) for row in rows]
    assert list(map(_without_times, done)) == list(map(_without_times, log))
    assert [encode(decode(row["data"])).decode() for row in rows] == [row["data"] for row in rows]
    items = _items(database, branch)
    assert {k: i.content for k, i in items.items()} == {i.key: i.content for i in state.items()}
    assert items == {c.key: c.new for c in done if c.key in items}


@settings(max_examples=40)
@given(st.lists(changes, min_size=1, max_size=12))
def test_a_batch_is_planned_as_in_the_package(wanted: list[Change]) -> None:
    database = _shared_database()
    branch = f"b{database.counted}"
    base: list[Change] = [CreateEntity(id, "person") for id in "abcd"]
    state = GraphState.empty().apply(plan(GraphState.empty(), base, 1))
    database.apply(*base, branch=branch)
    expected, planned = None, []
    try:
        planned = plan(state, wanted, 1)
    except NervError as error:
        expected = error
    try:
        database.apply(*wanted, branch=branch, batch_id=branch)
        assert expected is None
    except RefusedError as refused:
        _same_error(refused, expected)
    rows = sorted(
        database.rows("event_log", f" WHERE batch_id = '{branch}'"), key=lambda row: row["seq"]
    )
    done = [ItemChange.from_data(decode(row["data"])) for row in rows]
    # A cascade's relations come in the order of their ids here, and in no order there.
    assert sorted(map(repr, map(_without_times, done))) == sorted(
        map(repr, map(_without_times, planned))
    )
    items = _items(database, branch)
    state = state.apply(planned)
    assert {k: i.content for k, i in items.items()} == {i.key: i.content for i in state.items()}


class _Counting(Database):
    @property
    def counted(self) -> int:
        self._count = getattr(self, "_count", 0) + 1
        return self._count


_databases: list[_Counting] = []


def _shared_database() -> _Counting:
    """Return one database for all examples, which use a branch each."""
    if not _databases:
        database = _Counting(the_server())
        database.publish()
        _databases.append(database)
    return _databases[0]


def _same_error(refused: RefusedError, expected: NervError | None) -> None:
    assert expected is not None, refused
    given_name = type(expected).__name__
    assert refused.name in (given_name, given_name.removesuffix("Error"))
    names = inspect.signature(type(expected).__init__).parameters
    wanted = {n: getattr(expected, n) for n in names if n != "self"}
    said = {n: tuple(v) if isinstance(v, list) else v for n, v in refused.fields.items()}
    if "relations" in wanted:  # no order is promised
        wanted["relations"], said["relations"] = set(wanted["relations"]), set(said["relations"])
    assert said == wanted


BASE: list[Change] = [ADA, NOTE, WROTE]
LONG = "x" * 513
GONE = Entity("gone", "thing")


@pytest.mark.parametrize(
    "wanted",
    [
        [ADA],
        [CreateEntity("", "x")],
        [CreateEntity(LONG, "x")],
        [CreateEntity("a\x1fb", "x")],
        [CreateEntity("new", "")],
        [CreateEntity("new", "a\nb")],
        [UpdateEntity("nobody", name="x")],
        [UpdateEntity("ada", type=LONG)],
        [UpdateEntity("ada", tags=["fine", ""])],
        [UpdateEntity("ada", properties={"x": "y" * 1_048_577})],
        [UpdateEntity("ada", description="y" * 1_048_577)],
        [DeleteEntity("nobody")],
        [DeleteEntity("ada")],
        [WROTE],
        [CreateRelation("", "ada", "note", "x")],
        [CreateRelation("new", LONG, "note", "x")],
        [CreateRelation("new", "ada", "", "x")],
        [CreateRelation("new", "ada", "note", "")],
        [CreateRelation("new", "nobody", "note", "x")],
        [CreateRelation("new", "ada", "nobody", "x")],
        [UpdateRelation("nothing", strength=1.0)],
        [UpdateRelation("r", type="")],
        [DeleteRelation("nothing")],
        [RestoreRelation(Relation("new", "ada", "nobody", "x"))],
        [DeleteEntity("ada", cascade=True), UpdateEntity("ada", name="x")],
        [DeleteEntity("ada", cascade=True), DeleteRelation("r")],
        [DeleteRelation("r"), DeleteEntity("note"), WROTE],
    ],
    ids=lambda wanted: " ".join(f"{type(c).__name__}" for c in wanted),
)
def test_a_refusal_is_that_of_the_package(database: Database, wanted: list[Change]) -> None:
    database.apply(*BASE)
    state = GraphState.empty().apply(plan(GraphState.empty(), BASE, 1))
    before = _items(database), database.log()
    with pytest.raises(NervError) as expected:
        plan(state, [UpdateEntity("note", name="changed"), *wanted], 1)
    with pytest.raises(RefusedError) as refused:
        database.apply(UpdateEntity("note", name="changed"), *wanted)
    _same_error(refused.value, expected.value)
    assert (_items(database), database.log()) == before


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ([{"name": "x", "value": "NaN"}], "properties.x"),
        ([{"name": "x", "value": "[1, 2]"}], "properties.x[1]"),
        ([{"name": "x", "value": "[9223372036854775808]"}], "properties.x[0]"),
        ([{"name": "x", "value": '{"a":1,"a":2}'}], "properties.x"),
        ([{"name": "x", "value": '{"$nerv":"date","value":"x"}'}], "properties.x"),
        ([{"name": "x", "value": "[" * 32 + "]" * 32}], "properties.x" + "[0]" * 31),
    ],
)
def test_a_value_that_no_client_could_read_is_refused(
    database: Database, properties: list[dict[str, str]], field: str
) -> None:
    metadata = {**entity_meta(EntityMetadata()), "properties": properties}
    with pytest.raises(RefusedError) as refused:
        database.call("create_entity", "x", "thing", metadata, "n")
    assert (refused.value.name, refused.value.fields["field"]) == ("ValueRefused", field)
    assert database.log() == []


def test_the_same_batch_again_writes_nothing(database: Database) -> None:
    database.apply(ADA, batch_id="b", origin_seq=1)
    database.apply(UpdateEntity("ada", name="later"))
    before = database.log()
    database.apply(ADA, batch_id="b", origin_seq=1)
    database.other().apply(ADA, batch_id="b")
    assert database.log() == before


def test_a_batch_that_changes_nothing_has_a_receipt_too(database: Database) -> None:
    database.apply(ADA)
    database.apply(UpdateEntity("ada", name="Ada"), batch_id="nothing")
    assert len(database.log()) == 1
    (row,) = (row for row in database.rows("batch") if row["batch_id"] == "nothing")
    assert (row["first_seq"], row["last_seq"]) == (2, 1)


def test_a_batch_id_that_clashes_is_refused(database: Database) -> None:
    database.call("publish_event", "b.0", "mine", some(None), some(None))
    with pytest.raises(RefusedError) as refused:
        database.apply(ADA, batch_id="b")
    assert refused.value.fields == {"kind": "event", "id": "b.0"}
    database.call("publish_event", "c.1", "mine", some(None), some(None))
    with pytest.raises(RefusedError) as refused:
        database.apply(ADA, NOTE, batch_id="c")
    assert refused.value.fields == {"kind": "event", "id": "c.1"}
    assert len(database.log()) == 2
    assert _items(database) == {}


def test_a_gap_in_the_origins_count_is_refused(database: Database) -> None:
    database.apply(ADA, NOTE, origin_seq=1)
    for wrong in (1, 2, 4):
        with pytest.raises(RefusedError) as refused:
            database.apply(WROTE, origin_seq=wrong)
        assert (refused.value.name, refused.value.fields) == (
            "OriginGap",
            {"expected": 3, "got": wrong},
        )
    database.apply(WROTE, origin_seq=3)
    database.apply(UpdateEntity("ada", name="unchecked"), origin_seq=0)
    assert [row["origin_seq"] for row in database.log()] == [1, 2, 3, 4]


@pytest.mark.parametrize("field", ["batch_id", "branch", "origin_id"])
def test_the_names_of_a_batch_are_checked(database: Database, field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        database.apply(ADA, **{field: ""})
    assert refused.value.fields["field"] == field


def test_branches_have_their_own_rows(database: Database) -> None:
    database.apply(ADA)
    database.apply(ADA, NOTE, WROTE, branch="aside")
    database.apply(DeleteEntity("ada", cascade=True), branch="aside")
    assert set(_items(database)) == {"e:ada"}
    assert set(_items(database, "aside")) == {"e:note"}


def test_a_restored_entity_keeps_its_birth_and_counts_on(database: Database) -> None:
    database.apply(ADA)
    ada = _items(database)["e:ada"]
    database.apply(DeleteEntity("ada"))
    assert isinstance(ada, Entity)
    database.apply(RestoreEntity(ada))
    restored = _items(database)["e:ada"]
    assert (restored.created_at, restored.revision) == (ada.created_at, 2)
    assert restored.content == ada.content


def test_the_guides_single_reducers_work(database: Database) -> None:
    plain = relation_meta(RelationMetadata())
    database.call("create_entity", "ada", "person", entity_meta(EntityMetadata("Ada")), "1")
    database.call("create_entity", "note", "text", entity_meta(EntityMetadata()), "1")
    database.call("create_relation", "r", "ada", "note", "wrote", plain, "1")
    none = some(None)
    patch = [{"name": "born", "value": some("1815")}]
    for _ in range(2):  # the same nonce is the same change
        database.call("update_entity", "ada", some("author"), none, none, none, patch, "2")
    database.call("update_relation", "r", none, none, some(0.5), none, some(["x"]), [], "2")
    items = _items(database)
    assert isinstance(ada := items["e:ada"], Entity)
    assert (ada.type, ada.name, dict(ada.properties), ada.revision) == (
        "author",
        "Ada",
        {"born": 1815},
        2,
    )
    assert isinstance(wrote := items["r:r"], Relation)
    assert (wrote.strength, wrote.tags) == (0.5, ("x",))
    database.call("delete_relation", "r", "3")
    database.call("delete_entity", "ada", False, "3")
    assert set(_items(database)) == {"e:note"}
    log = database.log()
    assert {row["origin_id"] for row in log} == {database.identity}
    assert [row["origin_seq"] for row in log] == [row["seq"] for row in log]
    assert log[0]["batch_id"] == "ada:1"


def test_a_property_is_removed(database: Database) -> None:
    database.apply(ADA, UpdateEntity("ada", properties={"born": REMOVE, "died": 1852}))
    assert isinstance(ada := _items(database)["e:ada"], Entity)
    assert dict(ada.properties) == {"died": 1852}
