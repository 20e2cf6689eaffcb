"""Servers that misbehave, and networks that break."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from shared import fake_spacetime as fake_module
from shared.fake_spacetime import OTHERS, Call, FakeServer, event, fixed

from nerv_lab.core.errors import (
    DatabaseNotFoundError,
    EntityInUseError,
    LogRewoundError,
    ModuleMismatchError,
    NERVPersistenceError,
    ProtocolError,
    ProtocolNotOfferedError,
    ServerTimeoutError,
    ServerUnreachableError,
    TokenRefusedError,
)
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.spacetime import Limits, SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.bsatn import Variant
from nerv_lab.inner_universe.spacetime.module import schema
from nerv_lab.inner_universe.spacetime.tokens import FixedToken, Secret, TokenFile
from nerv_lab.inner_universe.spacetime.wire import messages as m

LIMITS = Limits(request=60.0, connect=20.0, first_retry=0.01, last_retry=0.05, patience=5.0)
SHORT = replace(LIMITS, request=4.0, connect=2.0)  # where a limit is what ends it


@pytest.fixture
async def fake() -> AsyncIterator[FakeServer]:
    server = FakeServer()
    yield server
    await server.close()


@pytest.fixture
async def client(fake: FakeServer, tokens: TokenFile) -> AsyncIterator[SpacetimeInnerUniverse]:
    client = SpacetimeInnerUniverse(fake.uri, tokens=tokens, limits=LIMITS)
    yield client
    await client.close()


@pytest.fixture
async def hasty(fake: FakeServer, tokens: TokenFile) -> AsyncIterator[SpacetimeInnerUniverse]:
    """Return a client that soon gives up."""
    client = SpacetimeInnerUniverse(fake.uri, tokens=tokens, limits=SHORT)
    yield client
    await client.close()


class Seen:
    """What a subscription was handed, and a way to wait for more."""

    def __init__(self) -> None:
        self.seqs: list[int | None] = []
        self.batches: list[int] = []
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def by(cls, client: SpacetimeInnerUniverse) -> Seen:
        seen = cls()
        # Subscribing waits for the server, and the fake one lives in this very loop.
        await asyncio.to_thread(client.subscribe, seen._take)
        return seen

    def _take(self, events: tuple[Event, ...]) -> None:
        self.seqs += [event.seq for event in events]
        self.batches.append(len(events))
        self._loop.call_soon_threadsafe(self._changed.set)

    async def until(self, count: int) -> list[int | None]:
        async with asyncio.timeout(120):
            while len(self.seqs) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.seqs


# Connecting


async def test_a_wrong_address_says_that_nobody_answers(tokens: TokenFile) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        uri = f"spacetimedb://127.0.0.1:{taken.getsockname()[1]}/x"
        client = SpacetimeInnerUniverse(uri, tokens=tokens, limits=LIMITS)
        with pytest.raises(ServerUnreachableError, match="check the address"):
            await client.connect()
    assert not client.connected


async def test_a_missing_database_says_how_to_make_it(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    fake.status = 404
    with pytest.raises(NERVPersistenceError):
        await client.connect()
    fake.status = 200
    fake.socket_status = 404
    with pytest.raises(DatabaseNotFoundError, match="publish_module"):
        await client.connect()
    fake.socket_status = 101
    await client.connect()
    assert client.connected


@pytest.mark.parametrize("where", ["http", "socket"])
async def test_a_refused_token_is_never_replaced(
    fake: FakeServer, tokens: TokenFile, where: str
) -> None:
    mine = FixedToken(Secret("mine"))
    client = SpacetimeInnerUniverse(fake.uri, tokens=mine, limits=LIMITS)
    if where == "http":
        fake.status = 401
    else:
        fake.socket_status = 401
    with pytest.raises(TokenRefusedError, match="NERV_TOKEN") as caught:
        await client.connect()
    assert set(fake.tokens) == {"Bearer mine"}
    assert "mine" not in str(caught.value)


async def test_a_server_gives_a_token_once(
    fake: FakeServer, client: SpacetimeInnerUniverse, tokens: TokenFile
) -> None:
    await client.connect()
    assert tokens.get(f"http://127.0.0.1:{fake.port}") == Secret("fake-token")
    assert json.loads(tokens.path.read_text()) == {f"http://127.0.0.1:{fake.port}": "fake-token"}
    await client.close()
    fake.tokens.clear()
    await client.connect()
    assert set(fake.tokens) == {"Bearer fake-token"}


async def test_a_server_without_the_protocol_is_refused(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    fake.subprotocol = None
    with pytest.raises(ProtocolNotOfferedError, match="does not speak"):
        await client.connect()


async def test_a_server_that_refuses_the_handshake_with_400_lacks_the_protocol(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    fake.socket_status = 400
    with pytest.raises(ProtocolNotOfferedError):
        await client.connect()


async def test_a_database_without_our_module_is_refused(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    fake.schema = {"typespace": {"types": []}, "tables": [], "reducers": []}
    with pytest.raises(ModuleMismatchError, match="does not run the nerv-lab module"):
        await client.connect()


async def test_another_version_of_the_module_is_refused(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    fake.schema["typespace"]["types"][0]["Product"]["elements"][0]["algebraic_type"] = {"U8": []}
    with pytest.raises(ModuleMismatchError, match="'entity' is not that of module version"):
        await client.connect()


@pytest.mark.parametrize("schema", ["no JSON", [], {"tables": 1}, {"typespace": {"types": []}}])
async def test_a_schema_that_makes_no_sense_is_refused(
    fake: FakeServer, client: SpacetimeInnerUniverse, schema: object
) -> None:
    fake.schema = schema
    with pytest.raises((ModuleMismatchError, ProtocolError)):
        await client.connect()


async def test_a_server_that_does_not_greet_is_given_up(
    fake: FakeServer, hasty: SpacetimeInnerUniverse
) -> None:
    fake.greets = False
    with pytest.raises(ServerTimeoutError, match="did not say a word"):
        await hasty.connect()


# Talking


@pytest.mark.parametrize("raw", ["text", b"", b"\x00", b"\x00\xff", b"\x01abc", b"\x00\x02\xff"])
async def test_nonsense_ends_the_connection_and_the_next_one_works(
    fake: FakeServer, client: SpacetimeInnerUniverse, raw: bytes | str
) -> None:
    await client.connect()

    def answer_nonsense(call: Call) -> None:
        fake.on_call = fake.commit
        fake.send_raw(raw)

    fake.on_call = answer_nonsense
    with pytest.raises(ProtocolError):
        await client.publish_event("hello")
    await client.publish_event("hello")
    assert await client.last_seq() == 1


async def test_a_call_that_is_never_answered_times_out(
    fake: FakeServer, hasty: SpacetimeInnerUniverse
) -> None:
    await hasty.connect()
    fake.on_call = lambda call: None
    with pytest.raises(ServerTimeoutError, match="NERV_REQUEST_TIMEOUT"):
        await hasty.publish_event("hello")


async def test_a_refusal_without_its_number_finds_its_call(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    await client.connect()
    waiting: list[Call] = []

    def refuse_the_second(call: Call) -> None:
        waiting.append(call)
        if len(waiting) == 2:
            said = {"error": "EntityInUse", "fields": {"entity_id": "a", "relations": ["r"]}}
            refused = waiting[1]._replace(request_id=0)
            fake.send(fake.transaction(refused, Variant(m.FAILED, json.dumps(said))))
            fake.commit(waiting[0])

    fake.on_call = refuse_the_second
    first = asyncio.create_task(client.publish_event("first"))
    await asyncio.sleep(0)
    second = asyncio.create_task(client.publish_event("second"))
    done = await asyncio.gather(first, second, return_exceptions=True)
    failures = [found for found in done if isinstance(found, BaseException)]
    assert len(failures) == 1
    assert isinstance(failures[0], EntityInUseError)
    assert failures[0].relations == ("r",)


@pytest.mark.parametrize("text", ["panic!", '{"error":"Nonsense"}', '{"error":1}', "[]", "null"])
async def test_a_refusal_in_other_words_is_told_as_it_is(
    fake: FakeServer, client: SpacetimeInnerUniverse, text: str
) -> None:
    await client.connect()
    fake.on_call = lambda call: fake.send(fake.transaction(call, Variant(m.FAILED, text)))
    with pytest.raises(NERVPersistenceError, match="publish_events failed"):
        await client.publish_event("hello")


async def test_a_call_that_never_reached_its_reducer_is_refused(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    await client.connect()
    fake.on_call = lambda call: fake.send(
        fake.transaction(Call(call.reducer, b"", 0, 0), Variant(m.FAILED, "no such reducer"))
    )
    with pytest.raises(NERVPersistenceError, match="no such reducer"):
        await client.publish_event("hello")


async def test_an_equal_call_of_somebody_else_is_not_taken_for_ours(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    await client.connect()

    def others_first(call: Call) -> None:
        fake.send(fake.transaction(call, Variant(m.COMMITTED, m.DatabaseUpdate([])), OTHERS))
        said = '{"error":"ValidationError","fields":{"field":"f","reason":"ours"}}'
        fake.send(fake.transaction(call, Variant(m.FAILED, said)))

    fake.on_call = others_first
    with pytest.raises(ValueError, match="ours"):
        await client.publish_event("hello")


async def test_a_call_is_sent_again_when_the_connection_breaks_before_the_answer(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    await client.connect()

    def break_off(call: Call) -> None:
        fake.on_call = fake.commit
        fake.drop()

    fake.on_call = break_off
    await client.publish_event("hello")
    assert len(fake.calls) == 2
    assert fake.calls[0].args == fake.calls[1].args


# Following


@pytest.mark.parametrize("row_list", [m.RowList.of, fixed], ids=["offsets", "fixed"])
async def test_events_arrive_in_both_forms_of_row_lists(
    fake: FakeServer, client: SpacetimeInnerUniverse, row_list: object
) -> None:
    await client.connect()
    seen = await Seen.by(client)
    fake.row_list = row_list  # type: ignore[assignment]
    rows = [event(1), event(2), event(3)]
    fake.events += rows
    fake.send(m.TransactionUpdateLight(0, fake.update(rows)))
    assert await seen.until(3) == [1, 2, 3]


async def test_events_that_come_too_early_wait_for_those_before_them(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    await client.connect()
    seen = await Seen.by(client)
    fake.events += [event(1), event(2), event(3)]
    fake.send(m.TransactionUpdateLight(0, fake.update([event(3)])))
    fake.send(m.TransactionUpdateLight(0, fake.update([event(3)])))
    assert await seen.until(3) == [1, 2, 3]
    fake.send(m.TransactionUpdateLight(0, fake.update([event(2)])))
    fake.events.append(event(4))
    fake.send(m.TransactionUpdateLight(0, fake.update([event(4)])))
    assert await seen.until(4) == [1, 2, 3, 4]


async def test_a_long_absence_is_made_good_in_pages_of_whole_transactions(
    fake: FakeServer, client: SpacetimeInnerUniverse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerv_lab.inner_universe.spacetime.following.queries.PAGE", 10)
    await client.connect()
    seen = await Seen.by(client)
    fake.events += [event(seq, batch_id=f"b{(seq - 1) // 7}") for seq in range(1, 71)]
    fake.drop()
    assert await seen.until(70) == list(range(1, 71))
    assert all(size % 7 == 0 for size in seen.batches)
    asked = [query for query in fake.queries if "<=" in query]
    assert len(asked) >= 7


async def test_a_server_that_comes_back_with_another_log_is_not_followed(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    await client.connect()
    await client.publish_event("hello")
    await client.publish_event("hello")
    fake.events[1] = event(2, event_id="another")
    fake.drop()
    with pytest.raises(LogRewoundError, match="event 2"):
        await client.last_seq()
    fresh = SpacetimeInnerUniverse(fake.uri, tokens=client._tokens, limits=LIMITS)
    await fresh.connect()
    assert await fresh.last_seq() == 2
    await fresh.close()


@pytest.mark.parametrize("heard", [0, 3], ids=["from before", "while connected"])
async def test_a_server_that_comes_back_older_and_stays_so_is_not_followed(
    fake: FakeServer, client: SpacetimeInnerUniverse, heard: int
) -> None:
    fake.events += [event(seq) for seq in range(1, 4 - heard)]
    await client.connect()
    seen = await Seen.by(client)
    rows = [event(seq) for seq in range(4 - heard, 4)]
    fake.events += rows
    fake.send(m.TransactionUpdateLight(0, fake.update(rows)))
    await seen.until(heard)
    del fake.events[1:]
    fake.drop()
    with pytest.raises(LogRewoundError, match="event 2"):
        await client.last_seq()


async def test_what_a_killed_server_forgot_of_others_may_be_written_again_by_them(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    await client.connect()
    seen = await Seen.by(client)
    lost = [event(1), event(2)]
    fake.send(m.TransactionUpdateLight(0, fake.update(lost)))
    await seen.until(2)
    asked: list[str] = []
    find = fake._rows

    def write_again(query: str) -> list[schema.EventRow]:
        asked.append(query)
        if len(asked) == 3:
            fake.events += lost
        return find(query)

    fake._rows = write_again  # type: ignore[method-assign]
    fake.drop()
    assert await client.last_seq() == 2
    assert seen.seqs == [1, 2]


async def test_what_a_killed_server_forgot_of_ours_is_written_again(
    fake: FakeServer, client: SpacetimeInnerUniverse
) -> None:
    await client.connect()
    seen = await Seen.by(client)
    for _ in range(3):
        await client.publish_event("hello")
    del fake.events[1:]
    fake.calls.clear()

    def commit_what_is_missing(call: Call) -> None:
        if len(fake.calls) == 1:  # the first of the three is known
            fake.send(fake.transaction(call, Variant(m.COMMITTED, m.DatabaseUpdate([]))))
        else:
            fake.commit(call)

    fake.on_call = commit_what_is_missing
    fake.drop()
    assert await client.last_seq() == 3
    assert [row.event_id for row in fake.events] == ["id1", "id2", "id3"]
    assert await seen.until(3) == [1, 2, 3]


def test_the_fake_has_the_schema_of_the_module() -> None:
    from nerv_lab.inner_universe.spacetime.module.checking import check_schema

    check_schema(fake_module.module_schema(), "here")
