"""A history that has a bit of everything."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from nerv_lab.core.events import Event
from nerv_lab.core.history.conflicts import Take
from nerv_lab.core.values import json_hash
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.lab import Lab
from nerv_lab.lab.driving import run

VALUES: dict[str, Any] = {
    "int": 2**63 - 1,
    "float": 1.0,
    "tiny": -0.0,
    "text": "ä\u2028\U0001f600 \"'\\",
    "none": None,
    "nested": {"list": [1, 1.0, True, {}, []], "": {"$nerv": "date"}},
    "when": dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
    "day": dt.date(2026, 1, 2),
    "bytes": b"\x00\xff",
    "decimal": Decimal("1.50"),
    "uuid": uuid.UUID(int=7),
    "tuple": (1, (2,)),
    "set": {"b", "a"},
}


def tell(lab: Lab) -> None:
    """Write branches, merges, moves, tags, events of one's own and uncommitted changes."""
    ada = lab.add_entity("person", "Ada", id="ada", tags=["x"], properties=VALUES)
    note = lab.add_entity("text", "Note G", id="ä/note", description="first\nprogram")
    lab.relate(ada, "wrote", note, id="wrote", strength=0.5, bidirectional=True)
    lab.commit("first facts", author="ann")
    lab.tag("start")
    with lab.branch("aside"):
        with lab.transaction("looked it up"):
            lab.update("ada", properties={"died": 1852})
            lab.update("wrote", properties={"year": 1843})
        lab.commit("aside")
    lab.update("ada", name="Ada Lovelace", properties={"died": 1850})
    lab.commit("name")
    lab.merge("aside").resolve(Take(1851)).commit("together")
    lab.create_branch("gone", "start")
    lab.delete_branch("gone")
    lab.delete("ä/note", cascade=True)
    lab.commit("note removed")
    lab.reset("v4", force=True)
    lab.rollback("start")
    lab.tag("ende/ü")
    own = [Event(new_id(), "MINE", {"n": n, "at": VALUES["when"]}, source="me") for n in range(3)]
    run(lab.client, lab.client.publish([*own, Event(new_id(), "BARE")]))
    state = {"plain": [1, 2.5, "json"]}
    run(lab.client, lab.client.commit_state_version(None, "a plain state", json_hash(state)))
    lab.refresh()
    lab.add_entity("text", id="draft")
