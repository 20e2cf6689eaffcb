"""A history goes into a bundle and comes out of it as it was, on every backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shared.histories import tell

import nerv_lab as nl
from nerv_lab.core.errors import ConflictError, LogMovedError, NERVPersistenceError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe import EmbeddedInnerUniverse
from nerv_lab.inner_universe.bundles import Bundle
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.lab import Lab
from nerv_lab.lab.driving import run


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return the bundle of a history that was told in an embedded store."""
    with Lab(EmbeddedInnerUniverse(actor="tester"), author="ann") as lab:
        tell(lab)
        lab.export(tmp_path / "told.bundle")
    return tmp_path / "told.bundle"


@pytest.fixture
def lab(universe: Any) -> Iterator[Lab]:
    with Lab(universe.client(), author="bob") as opened:
        yield opened


def exported(lab: Lab, path: Path) -> bytes:
    lab.export(path, overwrite=True)
    return path.read_bytes()


def test_a_history_comes_through_every_backend_unchanged(
    lab: Lab, bundle: Path, tmp_path: Path
) -> None:
    report = lab.import_bundle(bundle)
    assert (report.new_events, report.events) == (lab.seq, lab.seq)
    assert lab.verify().ok
    # The same history gives the same bytes, so nothing at all was lost or changed.
    assert exported(lab, tmp_path / "again.bundle") == bundle.read_bytes()
    nl.import_bundle(tmp_path / "again.bundle", tmp_path / "back.nerv")
    with nl.open(tmp_path / "back.nerv") as back:
        assert exported(back, tmp_path / "back.bundle") == bundle.read_bytes()
        assert back.state == lab.state
        assert back.verify().ok


def test_a_history_told_on_any_backend_fits_into_an_embedded_store(
    lab: Lab, tmp_path: Path
) -> None:
    tell(lab)
    told = exported(lab, tmp_path / "told.bundle")
    nl.import_bundle(tmp_path / "told.bundle", tmp_path / "target.nerv")
    with nl.open(tmp_path / "target.nerv") as store:
        assert exported(store, tmp_path / "store.bundle") == told
        assert (store.versions, store.tags, store.head) == (lab.versions, lab.tags, lab.head)
        assert [store.at(v).state for v in store.versions] == [
            lab.at(v).state for v in lab.versions
        ]
        decided = [store.resolutions(v) for v in store.versions]
        assert decided == [lab.resolutions(v) for v in lab.versions]
        assert any(decided)
        assert list(store.events) == list(lab.events)
        assert {n: v and v.id for n, v in store.branches.items()} == {
            n: v and v.id for n, v in lab.branches.items()
        }
        assert store.verify().ok


def test_an_imported_history_goes_on_as_any_other(lab: Lab, bundle: Path) -> None:
    lab.import_bundle(bundle)
    versions = len(lab.versions)
    lab.update("ada", name="A. L.")
    lab.commit("after the import")
    with lab.branch("aside"):
        lab.update("ada", properties={"int": 1})
        lab.commit("aside, after the import")
    assert len(lab.versions) == versions + 2
    assert lab.verify().ok


def test_importing_again_changes_nothing(lab: Lab, bundle: Path, tmp_path: Path) -> None:
    lab.import_bundle(bundle)
    assert lab.import_bundle(bundle).new_events == 0
    assert exported(lab, tmp_path / "again.bundle") == bundle.read_bytes()


def test_a_store_that_went_on_after_the_bundle_stays_as_it_is(lab: Lab, bundle: Path) -> None:
    lab.import_bundle(bundle)
    lab.commit("later")
    seq = lab.seq
    assert lab.import_bundle(bundle).new_events == 0
    assert lab.seq == seq


def test_a_store_with_the_beginning_takes_in_the_rest(lab: Lab, tmp_path: Path) -> None:
    with Lab(EmbeddedInnerUniverse(), author="ann") as source:
        tell(source)
        source.export(tmp_path / "first.bundle")
        source.add_entity("text", id="new")
        source.commit("more")
        source.tag("more")
        whole = exported(source, tmp_path / "second.bundle")
    lab.import_bundle(tmp_path / "first.bundle")
    assert lab.import_bundle(tmp_path / "second.bundle").new_events == 2
    assert exported(lab, tmp_path / "again.bundle") == whole
    assert "new" in lab.entities
    assert lab.verify().ok


def test_a_store_with_a_history_of_its_own_refuses_a_bundle(lab: Lab, bundle: Path) -> None:
    lab.add_entity("text", id="mine")
    with pytest.raises(ConflictError, match="a history of its own: its event 1"):
        lab.import_bundle(bundle)
    assert list(lab.entities) == ["mine"]
    assert lab.verify().ok


def test_a_history_for_another_place_of_the_log_is_refused(lab: Lab, bundle: Path) -> None:
    lab.add_entity("text", id="mine")
    with Bundle(bundle) as opened, pytest.raises(LogMovedError):
        run(lab.client, lab.client.load_history(opened.history()))
    lab.refresh()
    assert (lab.seq, list(lab.entities)) == (1, ["mine"])


def test_a_history_that_breaks_off_leaves_nothing_behind(lab: Lab, bundle: Path) -> None:
    with Bundle(bundle) as opened:
        history = opened.history()

        def breaking() -> Iterator[Event]:
            yield from list(history.read_events())[:5]
            raise NERVPersistenceError("the disk went away")

        torn = type(history)(
            **{name: getattr(history, name) for name in history.__slots__}
            | {"read_events": breaking}
        )
        with pytest.raises(NERVPersistenceError, match="the disk went away"):
            run(lab.client, lab.client.load_history(torn))
        lab.refresh()
        assert (lab.seq, len(lab.state), lab.versions) == (0, 0, ())
        lab.import_bundle(bundle)
    assert lab.verify().ok


def test_whoever_follows_the_store_sees_the_imported_events_once(lab: Lab, bundle: Path) -> None:
    seen: list[int | None] = []
    lab.bus.subscribe("*", lambda message: seen.append(message.seq))
    lab.import_bundle(bundle)
    assert seen == list(range(1, lab.seq + 1))


@pytest.mark.several_clients
def test_another_client_sees_the_imported_history(lab: Lab, universe: Any, bundle: Path) -> None:
    with Lab(universe.client()) as other:
        lab.import_bundle(bundle)
        other.refresh()
        assert (other.state, other.versions, other.seq) == (lab.state, lab.versions, lab.seq)


def test_an_exported_history_ends_where_the_log_ended(lab: Lab, tmp_path: Path) -> None:
    tell(lab)
    seq = lab.seq

    def write_meanwhile(done: int, total: int) -> None:
        lab.update("ada", name=f"written at {done}")
        lab.commit("meanwhile")
        lab.tag(f"at {done}")

    report = lab.export(tmp_path / "told.bundle", progress=write_meanwhile)
    assert report.events == seq < lab.seq
    nl.import_bundle(tmp_path / "told.bundle", tmp_path / "target.nerv")
    with nl.open(tmp_path / "target.nerv") as store:
        assert store.verify().ok
        assert set(store.tags) == {"start", "ende/ü"}


def test_a_batch_that_was_imported_is_still_known(lab: Lab, tmp_path: Path) -> None:
    from nerv_lab.core.graph.changes import CreateEntity

    batch_id = new_id()
    with Lab(EmbeddedInnerUniverse()) as source:
        run(source.client, source.client.apply([CreateEntity("a", "t")], batch_id=batch_id))
        source.refresh()
        source.export(tmp_path / "one.bundle")
    lab.import_bundle(tmp_path / "one.bundle")
    again = run(lab.client, lab.client.apply([CreateEntity("a", "t")], batch_id=batch_id))
    assert (again.first_seq, again.last_seq) == (1, 1)
