"""A process that writes to a store file; started by the tests, told what to do on its input.

``exchange PATH COUNT``
    Prints ``ready``; when told to, publishes COUNT events while it follows the log, prints every
    event it was delivered until there are 2 * COUNT, and waits to be told to end.
``forks PATH``
    For each line of input, forks a child that commits for ever and prints what was acknowledged,
    and prints its process id; when the child has been killed, prints ``gone``
    and the signal.
``early PATH``
    The same with a writer that acknowledges each batch before it is written.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading

from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import CreateEntity, UpdateEntity
from nerv_lab.inner_universe import EmbeddedInnerUniverse
from nerv_lab.inner_universe.contract.ids import new_id


def say(*words: object) -> None:
    """Write one line at once, whole even when the process is killed right after."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def exchange(path: str, count: int) -> None:
    client = EmbeddedInnerUniverse(path)
    await client.connect()
    seen: list[tuple[int | None, str]] = []
    complete = threading.Event()

    def collect(events: tuple[Event, ...]) -> None:
        seen.extend((event.seq, event.type) for event in events)
        if len(seen) >= 2 * count:
            complete.set()

    client.subscribe(collect, after=0)
    say("ready")
    sys.stdin.readline()
    for number in range(count):
        await client.publish_event(f"child {number}")
    complete.wait(120)
    say(json.dumps(seen))
    sys.stdin.readline()
    await client.close()


async def commit_for_ever(path: str, *, early: bool) -> None:
    client = EmbeddedInnerUniverse(path)
    await client.connect()
    head = await client.branch_head("state")
    while True:
        batch_id = new_id()
        if early:
            say("batch", batch_id)
        receipt = await client.apply(
            [
                CreateEntity(batch_id, "thing"),
                UpdateEntity("counter", properties={"last": batch_id}),
            ],
            batch_id=batch_id,
        )
        say("batch", batch_id, receipt.last_seq)
        head = await client.commit_state_version(head, "step", "00")
        say("version", head)


def forks(path: str, *, early: bool) -> None:
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(commit_for_ever(path, early=early))
        say("pid", child)
        say("gone", os.WTERMSIG(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    if sys.argv[1] == "exchange":
        asyncio.run(exchange(sys.argv[2], int(sys.argv[3])))
    else:
        forks(sys.argv[2], early=sys.argv[1] == "early")
