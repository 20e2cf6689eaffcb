"""What is queued is tried on what the server holds by then, before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import (
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    RestoreEntity,
    UpdateEntity,
)
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.records import BranchMove
from nerv_lab.inner_universe.outbox.forking import fork_name, forked, relocated
from nerv_lab.inner_universe.outbox.rehearsing import Rehearsal, waits_for
from nerv_lab.inner_universe.outbox.writes import QueuedWrite, TagMove, touched

NOW = 1_000_000


def after(state: GraphState, *wanted: Change) -> GraphState:
    return state.apply(plan(state, wanted, NOW))


BASE = after(
    GraphState.empty(),
    CreateEntity("ada", "person", EntityMetadata(name="Ada", properties={"a": 1, "b": 1})),
    CreateEntity("bob", "person"),
)


def queued(state: GraphState, *wanted: Change, id: str = "b") -> QueuedWrite:
    done = tuple(plan(state, wanted, NOW))
    return QueuedWrite(id, "apply", changes=wanted, befores=touched(done), count=len(done))


def problems(server: GraphState, writes: Sequence[QueuedWrite]) -> list[str | None]:
    rehearsal = Rehearsal({"main": server}, {}, lambda _: GraphState.empty(), NOW)
    return [step.problem for step in rehearsal.steps(writes)]


def test_what_others_did_elsewhere_is_no_problem() -> None:
    server = after(
        BASE,
        CreateEntity("eve", "person"),
        UpdateEntity("ada", properties={"b": 2}),
        DeleteEntity("bob"),
    )
    writes = [
        queued(BASE, UpdateEntity("ada", properties={"a": 2}), id="1"),
        queued(BASE, CreateEntity("kim", "person"), id="2"),
    ]
    assert problems(server, writes) == [None, None]


@pytest.mark.parametrize(
    "ours",
    [
        UpdateEntity("ada", name="Ada Lovelace"),
        UpdateEntity("ada", type="woman", name="Ada L."),
        DeleteEntity("ada"),
        RestoreEntity(Entity("ada", "person")),
    ],
)
def test_what_others_changed_at_the_same_place_is_one(ours: Change) -> None:
    server = after(BASE, UpdateEntity("ada", name="Augusta"))
    assert problems(server, [queued(BASE, ours)]) == ["e:ada was changed by others meanwhile"]


def test_a_property_that_others_changed_is_noticed_by_a_later_write_too() -> None:
    server = after(BASE, UpdateEntity("ada", properties={"b": 2}))
    first = queued(BASE, UpdateEntity("ada", properties={"a": 2}), id="1")
    second = queued(after(BASE, *first.changes), UpdateEntity("ada", properties={"b": 3}), id="2")
    assert problems(server, [first, second])[0] is None
    assert "was changed by others" in str(problems(server, [first, second])[1])


def test_what_the_rules_refuse_by_now_is_a_problem() -> None:
    server = after(BASE, DeleteEntity("bob"))
    write = queued(BASE, CreateRelation("k", "ada", "bob", "knows"))
    assert "DanglingRelationError" in str(problems(server, [write])[0])


def test_a_relation_of_others_does_not_go_with_its_end_unseen() -> None:
    server = after(BASE, CreateRelation("k", "ada", "bob", "knows"))
    write = queued(BASE, DeleteEntity("bob", cascade=True))
    assert problems(server, [write]) == ["r:k was changed by others meanwhile"]


def test_writes_that_build_on_each_other_fit_together() -> None:
    first = queued(BASE, CreateEntity("kim", "person"), id="1")
    state = after(BASE, *first.changes)
    second = queued(state, UpdateEntity("kim", name="Kim"), id="2")
    third = queued(after(state, *second.changes), DeleteEntity("kim"), id="3")
    assert problems(BASE, [first, second, third]) == [None, None, None]


def committed(
    history: TemporalStore, state: GraphState, write: QueuedWrite, text: str
) -> QueuedWrite:
    version, delta = history.draft(state, text)
    history.add(version, delta, state)
    return QueuedWrite(
        write.id,
        "apply",
        changes=write.changes,
        befores=write.befores,
        version=version,
        delta=delta,
        count=write.count + 1,
    )


def test_a_version_fits_where_its_state_comes_out_and_nowhere_else() -> None:
    write = queued(BASE, UpdateEntity("ada", name="A"))
    version = committed(TemporalStore(), after(BASE, *write.changes), write, "x")
    assert problems(BASE, [version]) == [None]
    server = after(BASE, CreateEntity("eve", "person"))
    assert problems(server, [version]) == ["branch 'main' was changed by others meanwhile"]
    rehearsal = Rehearsal({"main": BASE}, {"main": "v9"}, lambda _: BASE, NOW)
    assert "other versions" in str(rehearsal.steps([version])[0].problem)


def move(id: str, expected: str | None, to: str | None, name: str = "aside") -> QueuedWrite:
    return QueuedWrite(id, "move", name, move=BranchMove(id, name, expected, to, "main"))


def rehearsed(
    heads: dict[str, str | None],
    writes: Sequence[QueuedWrite],
    tags: dict[str, str] | None = None,
    aside: Sequence[QueuedWrite] = (),
) -> list[str | None]:
    rehearsal = Rehearsal({"main": BASE}, heads, lambda _: BASE, NOW, tags, aside)
    return [step.problem for step in rehearsal.steps(writes)]


def test_events_always_fit_and_a_branch_only_where_it_is_expected() -> None:
    event = QueuedWrite("e", "publish", events=(Event("e", "said"),))
    moves = [move("m", None, "v"), move("n", "v", "w"), move("o", "w", None)]
    assert rehearsed({}, [event, *moves]) == [None] * 4
    (taken,) = rehearsed({"aside": "x"}, [move("m", None, "v")])
    assert taken == "others have made a branch 'aside' meanwhile"
    (moved,) = rehearsed({"aside": "x"}, [move("m", "v", "w")])
    assert moved == "branch 'aside' was moved by others meanwhile"


def test_what_was_made_on_a_branch_that_is_not_put_in_place_waits_for_it() -> None:
    history = TemporalStore()
    write = replace(queued(BASE, UpdateEntity("ada", name="A")), branch="aside")
    version = replace(
        committed(history, after(BASE, *write.changes), write, "x"), branch="aside", id="w"
    )
    assert version.version is not None
    on_it = replace(version, version=replace(version.version, branch="aside"))
    id = version.version.id
    tag = QueuedWrite("t", "tag", tag=TagMove("mark", id))
    other = QueuedWrite("p", "tag", tag=TagMove("free", "v"))
    why = waits_for("aside")
    problems = rehearsed({"aside": "x"}, [move("m", None, "v"), write, on_it, tag, other])
    assert problems[1:] == [why, why, why, None]
    # So it is when the branch was set aside before.
    aside = [move("m", None, "v"), on_it]
    assert rehearsed({"aside": "x"}, [write, tag], aside=aside) == [why, why]
    # What goes on from there elsewhere waits, too, and what follows that.
    begun = move("n", None, id, "further")
    assert rehearsed({}, [begun, move("o", "v", None, "further")], aside=aside) == [why, why]


def test_a_tag_is_set_unless_others_set_it_meanwhile() -> None:
    tag = QueuedWrite("t", "tag", tag=TagMove("mark", "w", "v"))
    for before, problem in (
        ("v", None),
        ("w", None),  # it is there already
        ("x", "tag 'mark' was set by others meanwhile"),
    ):
        assert rehearsed({}, [tag], {"mark": before}) == [problem]
    again = QueuedWrite("u", "tag", tag=TagMove("mark", "x", "w"))
    assert rehearsed({}, [tag, again], {"mark": "v"}) == [None, None]


def test_forked_work_leads_to_the_states_it_led_to_where_it_was_made() -> None:
    history = TemporalStore()
    head, delta = history.draft(BASE, "head")
    history.add(head, delta, BASE)
    loose = after(BASE, CreateEntity("loose", "person"))  # not committed when the server went
    first = queued(loose, UpdateEntity("ada", name="A"), id="1")
    at_first = after(loose, *first.changes)
    version = committed(history, at_first, first, "ours")
    event = QueuedWrite("e", "publish", events=(Event("e", "said"),))
    last = queued(at_first, DeleteEntity("bob"), id="2")
    out = forked([version, event, last], "offline-1", "main", loose, head.id, BASE)
    assert [w.kind for w in out] == ["move", "apply", "apply", "publish", "apply", "apply"]
    assert [w.things for w in out] == [0, 0, 2, 1, 1, 0]
    move = out[0].move
    assert move is not None
    assert (move.name, move.expected, move.to) == ("offline-1", None, head.id)
    rehearsal = Rehearsal({}, {"main": head.id}, lambda _: BASE, NOW)
    assert [step.problem for step in rehearsal.steps(out)] == [None] * 6
    ours, end = out[2].version, out[5].version
    assert version.version is not None
    assert ours is not None
    assert end is not None
    assert (ours.id, ours.data_hash) == (version.version.id, version.version.data_hash)
    assert ours.branch == "offline-1"
    assert end.parents == (ours.id,)
    assert end.data_hash == after(at_first, *last.changes).data_hash


def test_a_version_whose_state_cannot_come_out_is_made_of_what_does() -> None:
    refused = queued(GraphState.empty(), CreateEntity("ada", "person"), id="1")
    version = committed(TemporalStore(), after(GraphState.empty(), *refused.changes), refused, "x")
    bare = QueuedWrite("2", "apply", befores={}, version=version.version, delta=version.delta)
    out = forked([refused, bare], "f", "main", BASE, None, GraphState.empty())
    made = out[-1].version
    assert made is not None
    assert made.id == version.version.id if version.version else False
    assert made.data_hash == BASE.data_hash


def test_a_fork_gets_a_name_that_is_free() -> None:
    origin = "0123-4567-89ab-cdef"
    assert fork_name(origin, []) == "offline-89abcdef"
    assert fork_name(origin, ["offline-89abcdef"]) == "offline-89abcdef-2"


def test_a_version_keeps_all_but_its_place() -> None:
    version = Version("v", ("u",), event_seq=3, description="x", digest="old")
    moved = relocated(version, b"delta", 9)
    assert (moved.event_seq, moved.id, moved.description) == (9, "v", "x")
    assert moved.digest != "old"


def test_a_history_is_read_anew_and_forgets_what_is_void() -> None:
    history = TemporalStore()
    first, delta = history.draft(BASE, "first")
    history.add(first, delta, BASE)
    later = after(BASE, CreateEntity("eve", "person"))
    second, delta = history.draft(later, "second")
    history.add(second, delta, later)
    history.replace([first], {"main": first.id, "aside": None}, history.retention)
    assert history.versions == (first,)
    assert history.heads == {"main": first.id}
    assert history.state_at(first.id) == BASE
    assert second.id not in history
    history.add(second, delta, later)
    assert history.head() == second
