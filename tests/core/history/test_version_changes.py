from __future__ import annotations

import dataclasses

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.resolutions import ResolvedConflict
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.version_changes import VersionChanges
from nerv_lab.core.history.versions import Version

ADA, ELDER = (Entity("ada", "person", EntityMetadata(n)) for n in ("Ada", "Ada Lovelace"))
BOB, CAI = Entity("bob", "person"), Entity("cai", "person")
CHANGES = (
    ItemChange("e:ada", ADA, ELDER),
    ItemChange("e:bob", BOB, None),
    ItemChange("e:cai", None, CAI),
)


def committed(resolutions: tuple[ResolvedConflict, ...] = ()) -> tuple[Version, bytes]:
    """Return a version that made the changes, and its delta."""
    store = TemporalStore()
    store.commit(GraphState.build([ADA, BOB]))
    state = GraphState.build([ELDER, CAI])
    return store.draft(state, changes=CHANGES, resolutions=resolutions)


def test_the_changes_of_a_delta_are_those_that_were_committed() -> None:
    assert VersionChanges.of(*committed()).all() == CHANGES


def test_the_changes_of_a_merge_are_read_beside_how_it_was_decided() -> None:
    version, delta = committed((ResolvedConflict("e:ada", ("name",), "ours"),))
    assert b"resolutions" in delta
    assert VersionChanges.of(version, delta).all() == CHANGES


@pytest.mark.parametrize("known", [True, False])
def test_each_side_of_the_changes_can_be_asked_for(known: bool) -> None:
    changes = VersionChanges(CHANGES) if known else VersionChanges.of(*committed())
    assert dict(changes.leads_to(back=False)) == {"e:ada": ELDER, "e:bob": None, "e:cai": CAI}
    assert dict(changes.leads_to(back=True)) == {"e:ada": ADA, "e:bob": BOB, "e:cai": None}
    assert changes.all() == CHANGES


def test_items_are_not_read_before_they_are_asked_for() -> None:
    leads = dict(VersionChanges.of(*committed()).leads_to(back=True))
    assert type(leads["e:ada"]) is not Entity
    assert leads["e:ada"] == ADA


def test_a_delta_that_its_digest_does_not_vouch_for_is_read_whole() -> None:
    version, delta = committed()
    other = dataclasses.replace(version, digest="0" * 64)
    assert all(type(c.item) is Entity for c in VersionChanges.of(other, delta).all())
    with pytest.raises(ValidationError):
        VersionChanges.of(version, delta.replace(b'"Ada"', b"[]"))
    with pytest.raises(ValidationError):
        VersionChanges.of(version, delta[:-1])
