"""Two notebooks on one server, each writing as fast as it can."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

ROUNDS = 250
PER_ROUND = 18  # events of the user's own; with an update and a commit that makes 20

OPEN = """
import hashlib, json, sys
sys.path.insert(0, {root!r})
import nerv_lab as nl
from nerv_lab.core.events import Event
from nerv_lab.inner_universe import InnerUniverseConfig
lab = nl.open({uri!r}, config=InnerUniverseConfig(token_file={tokens!r}))
seen = []
lab.bus.subscribe("*", lambda event: seen.append(event.seq))
mine = lab.add_entity("kernel", id={name!r})
"""
WORK = """
for round in range({rounds}):
    events = [Event(f"{name}-{{round}}-{{n}}", "count", {{"n": n}}) for n in range({per_round})]
    lab._run(lab.client.publish(events))
    lab.update(mine, properties={{"round": round}})
    lab.commit(f"{name} {{round}}")
"""
REPORT = """
lab.refresh()
ids = [event.id for event in lab.events]
print(json.dumps({
    "hash": lab.state.data_hash,
    "log": hashlib.sha256(" ".join(ids).encode()).hexdigest(),
    "events": len(ids),
    "ids": len(set(ids)),
    "in_order": seen == sorted(set(seen)),
    "seen": len(seen),
    "versions": len(lab.versions),
    "rounds": sorted(entity.properties["round"] for entity in lab.entities.values()),
    "sound": lab.verify().ok,
}))
"""


class Kernel:
    def __init__(self) -> None:
        manager, client = start_new_kernel(kernel_name="python3")
        self._manager: KernelManager = manager
        self._client: BlockingKernelClient = client

    def start(self, code: str) -> str:
        return str(self._client.execute(code))

    def finish(self, message_id: str) -> str:
        """Wait until a cell has run, and return what it printed."""
        printed = ""
        while True:
            try:
                message: dict[str, Any] = self._client.get_iopub_msg(timeout=120)
            except queue.Empty:
                pytest.fail("the kernel is silent")
            if message["parent_header"].get("msg_id") != message_id:
                continue
            content = message["content"]
            if message["msg_type"] == "error":
                pytest.fail("\n".join(content["traceback"]))
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                printed += content["text"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return printed

    def stop(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.fixture
def kernels() -> Iterator[tuple[Kernel, Kernel]]:
    pair = Kernel(), Kernel()
    yield pair
    for kernel in pair:
        kernel.stop()


def test_ten_thousand_events_of_two_kernels_are_there_once_and_in_one_order(
    kernels: tuple[Kernel, Kernel], database: str, tmp_path: Path
) -> None:
    root = str(Path(__file__).parents[3])
    for name, kernel in zip("ab", kernels, strict=True):
        tokens = str(tmp_path / f"{name}.json")
        code = OPEN.format(root=root, uri=database, tokens=tokens, name=name)
        kernel.finish(kernel.start(code))
    work = [
        kernel.start(WORK.format(name=name, rounds=ROUNDS, per_round=PER_ROUND))
        for name, kernel in zip("ab", kernels, strict=True)
    ]
    for kernel, cell in zip(kernels, work, strict=True):
        kernel.finish(cell)
    one, two = (json.loads(kernel.finish(kernel.start(REPORT))) for kernel in kernels)
    written = 2 * (1 + ROUNDS * (PER_ROUND + 2))
    assert one["events"] == one["ids"] == written
    assert one["versions"] == 2 * ROUNDS
    assert one["rounds"] == [ROUNDS - 1, ROUNDS - 1]
    assert (one["in_order"], one["sound"]) == (two["in_order"], two["sound"]) == (True, True)
    for field in ("hash", "log", "events", "versions"):
        assert one[field] == two[field]
    # Each sees all but what the other wrote before it subscribed.
    assert min(one["seen"], two["seen"]) >= written - 2
