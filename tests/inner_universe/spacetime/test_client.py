"""What the client of a server does beyond the contract."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest
from shared.effort import EFFORT
from shared.spacetime_server import SpacetimeServer, new_database

import nerv_lab as nl
from nerv_lab.core.errors import NERVPersistenceError, ServerGoneError, ValidationError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import CreateEntity, UpdateEntity
from nerv_lab.core.limits import MAX_SENT_CHANGES
from nerv_lab.inner_universe import InnerUniverseConfig
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse, publish_module
from nerv_lab.inner_universe.spacetime.tokens import TokenFile

ROOT = Path(__file__).parents[3]


def _config(tokens: TokenFile) -> InnerUniverseConfig:
    return InnerUniverseConfig(token_file=tokens.path)


async def test_clients_of_one_database_share_a_connection(database: str, connect: Any) -> None:
    first, second = await connect(database), await connect(database)
    assert first._connection is second._connection
    assert first.origin_id != second.origin_id
    await first.close()
    assert second.connected
    await second.publish_event("still here")


async def test_calls_are_under_way_side_by_side(database: str, connect: Any) -> None:
    client = await connect(database)
    receipts = await asyncio.gather(
        *(client.apply([CreateEntity(f"e{i}", "thing")]) for i in range(200))
    )
    assert sorted(receipt.first_seq for receipt in receipts) == list(range(1, 201))


def test_a_client_works_from_several_event_loops(database: str, tokens: TokenFile) -> None:
    client = SpacetimeInnerUniverse(database, tokens=tokens)
    asyncio.run(client.connect())
    asyncio.run(client.publish_event("one"))
    threads = [
        threading.Thread(target=lambda: asyncio.run(client.publish_event("more"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asyncio.run(client.last_seq()) == 5
    asyncio.run(client.close())


async def test_an_item_is_asked_for_once_until_it_changes(
    database: str, connect: Any, tokens: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await connect(database)
    other = await connect(database, tokens=TokenFile(tokens.path.with_name("other.json")))
    await client.apply([CreateEntity("ada", "person")])
    asked: list[str] = []
    connection = client._connection
    select = connection.select

    async def counted(table: str, where: str = "") -> list[Any]:
        asked.append(table)
        found: list[Any] = await select(table, where)
        return found

    monkeypatch.setattr(connection, "select", counted)
    for _ in range(3):
        assert (await client.get_entity("ada")).name is None
    assert asked == ["entity"]
    await other.apply([UpdateEntity("ada", name="Ada")])
    await client.refresh()
    assert (await client.get_entity("ada")).name == "Ada"
    assert asked == ["entity", "entity"]


async def test_a_snapshot_taken_while_others_write_is_of_one_moment(
    database: str, connect: Any, tokens: TokenFile
) -> None:
    client = await connect(database)
    other = await connect(database, tokens=TokenFile(tokens.path.with_name("other.json")))
    await other.apply([CreateEntity(f"e{i}", "thing") for i in range(20)])
    stop = asyncio.Event()

    async def write() -> None:
        count = 0
        while not stop.is_set():
            count += 1
            await other.apply([UpdateEntity(f"e{i}", name=str(count)) for i in range(20)])

    writing = asyncio.create_task(write())
    for _ in range(10):
        snapshot = await client.snapshot()
        assert len({item.name for item in snapshot.items}) == 1
        log = await client.events(until=snapshot.seq)
        assert log[-1].data["new"]["metadata"]["name"] == snapshot.items[-1].name
    stop.set()
    await writing


async def test_what_is_too_large_to_send_is_refused_before(database: str, connect: Any) -> None:
    client = await connect(database)
    events = [Event(str(i), "big", {"text": "x" * 1_000_000}) for i in range(40)]
    with pytest.raises(ValidationError, match="split them"):
        await client.publish(events)
    await client.publish(events[:3])
    assert await client.last_seq() == 3


async def test_the_largest_batch_is_answered_in_time(database: str, connect: Any) -> None:
    client = await connect(database)
    most = MAX_SENT_CHANGES if EFFORT > 1 else MAX_SENT_CHANGES // 10
    made = await client.apply([CreateEntity(f"{n:036}", "thing") for n in range(most)])
    assert len(made.changes) == most
    assert await client.last_seq() == most


async def test_text_that_looks_like_sql_is_text(database: str, connect: Any) -> None:
    client = await connect(database)
    id = "x' OR '1'='1'; --\\\""
    await client.apply([CreateEntity(id, "thing"), CreateEntity("other", "thing")])
    assert (await client.get_entity(id)).id == id
    with pytest.raises(LookupError):
        await client.get_entity("nobody' OR 'a'='a")


async def test_old_deltas_are_read_when_they_are_asked_for(
    database: str, connect: Any, tokens: TokenFile
) -> None:
    with await asyncio.to_thread(nl.open, database, config=_config(tokens)) as lab:
        for i in range(3):
            lab.add_entity("thing", id=f"t{i}")
            lab.commit(f"v{i}")
    client = await connect(database)
    tables: list[str] = []
    select = client._connection.select

    async def counted(table: str, where: str = "") -> list[Any]:
        tables.append(table)
        found: list[Any] = await select(table, where)
        return found

    client._connection.select = counted
    assert len(await client.versions()) == 3
    assert "version_delta" not in tables


def test_publishing_again_updates_the_module_and_keeps_the_rows(
    server: SpacetimeServer, tokens: TokenFile
) -> None:
    name = new_database()
    uri = publish_module(server.url, name, tokens=tokens)
    with nl.open(uri, config=_config(tokens)) as lab:
        lab.add_entity("person", id="ada")
    assert publish_module(uri, tokens=tokens) == uri
    with nl.open(uri, config=_config(tokens)) as lab:
        assert lab.entity("ada").type == "person"


def test_what_is_no_module_is_refused(
    server: SpacetimeServer, tokens: TokenFile, tmp_path: Path
) -> None:
    (tmp_path / "x.wasm").write_bytes(b"no module")
    with pytest.raises(NERVPersistenceError):
        publish_module(server.url, new_database(), tokens=tokens, module=tmp_path / "x.wasm")
    with pytest.raises(NERVPersistenceError, match="cannot be read"):
        publish_module(server.url, new_database(), tokens=tokens, module=tmp_path / "none.wasm")
    with pytest.raises(ValidationError):
        publish_module("ftp://host", "x", tokens=tokens)


def test_a_database_of_somebody_else_is_not_overwritten(
    server: SpacetimeServer, tokens: TokenFile, tmp_path: Path
) -> None:
    uri = publish_module(server.url, new_database(), tokens=tokens)
    with pytest.raises(NERVPersistenceError):
        publish_module(uri, tokens=TokenFile(tmp_path / "stranger.json"))


_PEER = """
    import sys
    import nerv_lab as nl
    from nerv_lab.inner_universe import InnerUniverseConfig

    lab = nl.open(sys.argv[1], config=InnerUniverseConfig(token_file=sys.argv[2]))
    lab.bus.subscribe("ping", lambda event: lab.bus.publish("pong", event.data))
    lab.add_entity("process", id="peer")
    print("ready", flush=True)
    for line in sys.stdin:
        lab.update("peer", properties={"line": line.strip()})
        lab.commit(line.strip())
        print(lab.state.data_hash, flush=True)
"""


def test_two_processes_share_a_live_graph(database: str, tokens: TokenFile) -> None:
    peer = subprocess.Popen(
        [
            *(sys.executable, "-c", textwrap.dedent(_PEER), database),
            str(tokens.path.with_name("peer.json")),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert peer.stdin is not None
    assert peer.stdout is not None
    try:
        with nl.open(database, config=_config(tokens)) as lab:
            ponged = threading.Event()
            lab.bus.subscribe("pong", lambda event: ponged.set())
            assert peer.stdout.readline() == "ready\n"
            lab.bus.publish("ping", {"n": 1})
            assert ponged.wait(120)
            lab.add_entity("process", id="me")
            for word in ("one", "two"):
                peer.stdin.write(f"{word}\n")
                peer.stdin.flush()
                data_hash = peer.stdout.readline().strip()
                lab.refresh()
                assert lab.state.data_hash == data_hash
                assert lab.head is not None
                assert lab.head.description == word
            lab.rollback("v1")
            assert lab.entity("peer").properties["line"] == "one"
            assert lab.verify().ok
    finally:
        peer.stdin.close()
        peer.wait(120)
        peer.stdout.close()


def test_branches_and_merges_work_on_a_server(database: str, tokens: TokenFile) -> None:
    with nl.open(database, config=_config(tokens)) as lab:
        ada = lab.add_entity("person", id="ada", name="Ada")
        lab.add_entity("text", id="note")
        lab.relate("ada", "wrote", "note", id="r")
        lab.commit("first")
        lab.create_branch("what-if")
        lab.switch("what-if")
        lab.update(ada, properties={"born": 1815})
        lab.delete("note", cascade=True)
        lab.commit("aside")
        lab.switch("main")
        assert lab.entity("note").type == "text"
        lab.update(ada, properties={"died": 1852})
        lab.commit("meanwhile")
        lab.merge("what-if")
        assert dict(lab.entity("ada").properties) == {"born": 1815, "died": 1852}
        assert "note" not in lab.entities
        lab.reset("v1", force=True)
        assert "note" in lab.entities
        lab.delete_branch("what-if")
        assert list(lab.branches) == ["main"]
        assert lab.verify().problems == ()
        data_hash = lab.state.data_hash
    with nl.open(database, config=_config(tokens)) as again:
        assert again.state.data_hash == data_hash
        assert again.verify().ok


def test_a_branch_made_at_a_rollback_verifies(database: str, tokens: TokenFile) -> None:
    with nl.open(database, config=_config(tokens)) as lab:
        for id in ("a", "b"):
            lab.add_entity("thing", id=id)
        lab.commit("first")
        for id in ("a", "b"):
            lab.update(id, name="changed")
        lab.commit("second")
        lab.rollback("v1")
        lab.create_branch("aside")
        lab.switch("aside")
        lab.update("a", name="aside")
        assert lab.verify().problems == ()


def test_a_handler_may_write_from_the_thread_that_delivers(
    database: str, tokens: TokenFile
) -> None:
    with nl.open(database, config=_config(tokens)) as lab:
        done = threading.Event()

        def answer(event: Event) -> None:
            lab.add_entity("answer", id="answer")
            done.set()

        lab.bus.subscribe("question", answer)
        with nl.open(database, config=_config(tokens)) as other:
            other.bus.publish("question")
            assert done.wait(120)
            other.refresh()
            assert other.entity("answer").type == "answer"


def test_a_lab_may_be_closed_by_a_handler(database: str, tokens: TokenFile) -> None:
    lab = nl.open(database, config=_config(tokens))
    closed = threading.Event()

    def close(event: Event) -> None:
        lab.close()
        closed.set()

    lab.bus.subscribe("stop", close)
    with nl.open(database, config=_config(tokens)) as other:
        other.bus.publish("stop")
        assert closed.wait(120)
        other.bus.publish("stop")
    assert lab.closed


def test_a_labs_own_events_were_taken_in_when_a_write_returns(
    database: str, tokens: TokenFile
) -> None:
    with nl.open(database, config=_config(tokens)) as lab:
        seen: list[int] = []
        lab.watch(lambda batch: seen.append(batch.seq))
        for i in range(50):
            lab.add_entity("thing", id=f"t{i}")
            assert f"t{i}" in lab.entities
            assert lab.seq == i + 1
        lab.refresh()
        assert seen[-1] == 50


async def test_a_lab_works_in_a_cell_with_a_running_loop(database: str, tokens: TokenFile) -> None:
    with nl.open(database, config=_config(tokens)) as lab:
        lab.add_entity("person", id="ada")
        assert lab.commit("first").description == "first"


def test_waiting_in_the_portal_for_itself_is_refused(database: str, tokens: TokenFile) -> None:
    from nerv_lab.inner_universe.portal import portal

    async def wait() -> None:
        with pytest.raises(RuntimeError, match="cannot wait for itself"):
            portal().run(asyncio.sleep(0))

    portal().run(wait())


def test_errors_of_connecting_can_be_caught_as_the_guide_does() -> None:
    assert issubclass(ServerGoneError, ConnectionError)
    assert issubclass(ServerGoneError, NERVPersistenceError)
