"""What is refused of a bundle: whatever is not as it was written, before anything changes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.histories import tell

import nerv_lab as nl
from nerv_lab.core.errors import (
    BundleError,
    NERVPersistenceError,
    NewerBundleError,
    StoreNotFoundError,
    TransactionError,
    ValidationError,
)
from nerv_lab.inner_universe import MockInnerUniverse
from nerv_lab.inner_universe.bundles import Bundle, reader
from nerv_lab.lab import Lab


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("told") / "told.bundle"
    with Lab(MockInnerUniverse(actor="tester"), author="ann") as lab:
        tell(lab)
        lab.export(path)
    return path


Entries = dict[str, bytes]


def read(path: Path) -> Entries:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, entries: Entries, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def rehashed(entries: Entries) -> Entries:
    """Return entries whose manifest fits them, as a careful forger would make it."""
    manifest = json.loads(entries["manifest.json"])
    for name, section in manifest["sections"].items():
        section["size"] = len(entries[name])
        section["sha256"] = hashlib.sha256(entries[name]).hexdigest()
        if name.endswith(".jsonl"):
            section["records"] = entries[name].count(b"\n")
    return entries | {"manifest.json": compact(manifest)}


def compact(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def refused(path: Path) -> str:
    """Return why a bundle is refused by an empty Lab, which stays empty."""
    with Lab(MockInnerUniverse()) as lab:
        with pytest.raises(BundleError) as caught:
            lab.import_bundle(path)
        assert (lab.seq, len(lab.state)) == (0, 0)
    return str(caught.value)


def edited(name: str, number: int, **fields: Any) -> Callable[[Entries], Entries]:
    """Return what sets fields of the record of a line."""

    def edit(entries: Entries) -> Entries:
        lines = entries[name].splitlines()
        lines[number] = compact(json.loads(lines[number]) | fields)
        return entries | {name: b"\n".join(lines) + b"\n"}

    return edit


def _swap_deltas(entries: Entries) -> Entries:
    frames, data = [], entries["deltas.bin"]
    while data:
        end = 8 + int.from_bytes(data[:8], "big")
        frames.append(data[:end])
        data = data[end:]
    frames[0], frames[1] = frames[1], frames[0]
    return entries | {"deltas.bin": b"".join(frames)}


def _drop_event(entries: Entries) -> Entries:
    lines = entries["events.jsonl"].splitlines(keepends=True)
    return entries | {"events.jsonl": b"".join(lines[:4] + lines[5:])}


def _drop_version(entries: Entries) -> Entries:
    lines = entries["versions.jsonl"].splitlines(keepends=True)
    return entries | {"versions.jsonl": b"".join(lines[:-1])}


def _rename_born(entries: Entries) -> Entries:
    data = entries["deltas.bin"].replace(b"Ada Lovelace", b"Eve Lovelace")
    return entries | {"deltas.bin": data}


def _change_resolution(entries: Entries) -> Entries:
    decided = entries["deltas.bin"].replace(b'"value":1851', b'"value":1852')
    assert decided != entries["deltas.bin"]
    return entries | {"deltas.bin": decided}


def _move_head(entries: Entries) -> Entries:
    manifest = json.loads(entries["manifest.json"])
    manifest["heads"]["main"] = manifest["heads"]["aside"]
    return entries | {"manifest.json": compact(manifest)}


FORGERIES: dict[str, tuple[Callable[[Entries], Entries], str]] = {
    "description": (edited("versions.jsonl", 0, description="forged"), "digest does not match"),
    "author": (edited("versions.jsonl", 1, author="eve"), "digest does not match"),
    "hash": (edited("versions.jsonl", 0, data_hash="00"), "digest does not match"),
    "event": (edited("events.jsonl", 0, event_type="ENTITY_DELETED"), "event 1"),
    "event id": (edited("events.jsonl", 0, event_id="x.0"), "its id is not that of its batch"),
    "payload": (edited("events.jsonl", 0, data={"new": None, "old": None}), "event 1"),
    "seq": (edited("events.jsonl", 1, seq=7), "the log has a gap"),
    "count": (edited("events.jsonl", 1, origin_seq=7), "is not number 2"),
    "time": (edited("events.jsonl", 0, timestamp=5), "its time is not that of its change"),
    "time as text": (edited("events.jsonl", 0, timestamp="5"), "timestamp"),
    "field": (edited("events.jsonl", 0, more=1), "must have the fields"),
    "tag": (edited("tags.jsonl", 0, version_id="nowhere"), "which is not stored"),
    "missing event": (_drop_event, "the log has a gap"),
    "missing version": (_drop_version, "one delta for each version"),
    "swapped deltas": (_swap_deltas, "digest does not match"),
    "changed delta": (_rename_born, "digest does not match"),
    "resolution": (_change_resolution, "digest does not match"),
    "head": (_move_head, "its head is not where the log last put it"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_history_is_refused_though_its_hashes_fit(
    told: Path, tmp_path: Path, name: str
) -> None:
    forge, why = FORGERIES[name]
    path = write(tmp_path / "forged.bundle", rehashed(forge(read(told))))
    assert why in refused(path)


@pytest.mark.parametrize("name", ["events.jsonl", "versions.jsonl", "deltas.bin", "tags.jsonl"])
def test_a_section_that_is_not_the_manifests_is_refused(
    told: Path, tmp_path: Path, name: str
) -> None:
    entries = read(told)
    longer = write(tmp_path / "longer.bundle", entries | {name: entries[name] + b"\n"})
    assert "is not as long as its manifest says" in refused(longer)
    other = entries[name][:-2] + b"]\n"
    assert "bundle" in refused(write(tmp_path / "other.bundle", entries | {name: other}))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_bundle_is_refused(told: Path, tmp_path: Path, share: float) -> None:
    data = told.read_bytes()
    path = tmp_path / "cut.bundle"
    path.write_bytes(data[: int(len(data) * share)])
    assert "is refused" in refused(path)


@given(st.data())
def test_a_changed_byte_is_refused_or_makes_no_difference(told: Path, data: st.DataObject) -> None:
    whole = bytearray(told.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path = told.with_name("flipped.bundle")
    path.write_bytes(whole)
    with suppress(BundleError), Bundle(path) as flipped, Bundle(told) as original:
        assert list(flipped.events()) == list(original.events())
        assert flipped.versions == original.versions
        assert (flipped.tags, flipped.manifest) == (original.tags, original.manifest)


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "events.jsonl/../../x", "notes.txt"])
def test_an_entry_that_is_none_of_ours_is_refused(told: Path, tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "more.bundle", read(told) | {name: b"x"})
    assert "does not hold what a bundle holds" in refused(path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["more.bundle"]


def test_an_entry_that_is_there_twice_is_refused(told: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "twice.bundle", read(told))
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("tags.jsonl", b"")
    assert "does not hold what a bundle holds" in refused(path)


def test_an_entry_that_is_packed_in_another_way_is_refused(told: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "stored.bundle", read(told), zipfile.ZIP_LZMA)
    assert "packed in another way" in refused(path)


def test_a_bundle_of_a_newer_format_says_to_update(told: Path, tmp_path: Path) -> None:
    entries = read(told)
    manifest = json.loads(entries["manifest.json"]) | {"version": 2, "news": True}
    path = write(tmp_path / "newer.bundle", entries | {"manifest.json": compact(manifest)})
    with pytest.raises(NewerBundleError, match="update nerv-lab"):
        Bundle(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "something else"},
        {"version": True},
        {"version": 0},
        {"last_seq": -1},
        {"last_seq": 10**6},
        {"last_seq": "1"},
        {"heads": []},
        {"heads": {"main": 1}},
        {"sections": {}},
        {"sections": {"events.jsonl": {"records": 1}}},
        {"unknown": 1},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(
    told: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    entries = read(told)
    manifest = compact(json.loads(entries["manifest.json"]) | changes)
    refused(write(tmp_path / "odd.bundle", entries | {"manifest.json": manifest}))


def test_a_bundle_that_would_take_too_much_room_is_refused_unread(
    told: Path, tmp_path: Path
) -> None:
    entries = read(told)
    manifest = json.loads(entries["manifest.json"])
    manifest["sections"]["deltas.bin"]["size"] = 2**50
    path = write(tmp_path / "bomb.bundle", entries | {"manifest.json": compact(manifest)})
    assert "at most" in refused(path)


@pytest.mark.parametrize("name", ["events.jsonl", "deltas.bin"])
def test_a_record_that_is_too_long_is_refused(
    told: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_RECORD", 100)
    assert "too long" in refused(told)


def test_a_delta_that_claims_to_be_longer_than_its_section_is_refused(
    told: Path, tmp_path: Path
) -> None:
    entries = read(told)
    entries["deltas.bin"] = b"\x00\x00\x00\x00\xff\xff\xff\xff" + entries["deltas.bin"][8:]
    assert "too long" in refused(write(tmp_path / "long.bundle", rehashed(entries)))


def test_what_is_no_bundle_or_not_there_says_so(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    assert "no whole bundle" in refused(tmp_path / "text")
    assert "is refused" in refused(tmp_path)
    with pytest.raises(StoreNotFoundError, match="there is no bundle"):
        Bundle(tmp_path / "nowhere")


def test_a_refused_bundle_makes_no_store(told: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "forged.bundle", rehashed(_drop_event(read(told))))
    with pytest.raises(BundleError):
        nl.import_bundle(path, tmp_path / "new.nerv")
    assert not (tmp_path / "new.nerv").exists()


def test_an_export_replaces_a_file_only_when_asked(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "some.bundle"
    path.write_text("precious")
    with pytest.raises(ValidationError, match="overwrite=True"):
        lab.export(path)
    assert path.read_text() == "precious"
    assert lab.export(path, overwrite=True).events == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["some.bundle"]


def test_an_export_that_fails_leaves_no_file_behind(lab: Lab, tmp_path: Path) -> None:
    lab.add_entity("text", id="a")
    lab.commit("one")

    def fail(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lab.export(tmp_path / "some.bundle", progress=fail)
    with pytest.raises(NERVPersistenceError, match="cannot be written"):
        lab.export(tmp_path / "no folder" / "some.bundle")
    assert list(tmp_path.iterdir()) == []


def test_the_bundle_of_an_empty_lab_is_taken_in_as_nothing(lab: Lab, tmp_path: Path) -> None:
    lab.export(tmp_path / "empty.bundle")
    assert lab.import_bundle(tmp_path / "empty.bundle").record()["events"] == 0


def test_an_import_waits_for_no_transaction(lab: Lab, told: Path) -> None:
    with pytest.raises(TransactionError), lab.transaction():
        lab.import_bundle(told)


def test_progress_counts_every_record_and_ends_when_all_are_in(
    told: Path, lab: Lab, tmp_path: Path
) -> None:
    def follow(done: int, total: int) -> None:
        calls.append((done, total))
        seqs.append(lab.seq)

    calls: list[tuple[int, int]] = []
    seqs: list[int] = []
    report = lab.import_bundle(told, progress=follow)
    records = report.events + 2 * report.versions + report.tags
    total = records + report.events  # verified, and taken in
    assert calls == [*((done, total) for done in range(1, total)), (total, total)]
    assert seqs[0] < seqs[-1] == report.events
    calls.clear()
    lab.export(tmp_path / "again.bundle", progress=follow)
    assert calls == [(done, records) for done in range(1, records + 1)]
