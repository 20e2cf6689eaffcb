"""Versions that are signed, and what is found when the history is not the one that was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shared.universes import Universe

import nerv_lab as nl
from nerv_lab.core.errors import PermissionDeniedError
from nerv_lab.core.graph.permissions import SIGNED
from nerv_lab.core.history.signatures import SignedHead, SignedHistory, check_signatures
from nerv_lab.core.history.versions import version_digest
from nerv_lab.inner_universe.keys.signing import is_genuine
from nerv_lab.lab import Lab

KEY, OTHER = nl.generate_signing_key(), nl.generate_signing_key()


@pytest.fixture
def lab(universe: Universe) -> Iterator[Lab]:
    """Return a Lab that signs."""
    with Lab(universe.somebody("olga"), author="olga", signing_key=KEY) as opened:
        yield opened


@pytest.fixture
def stranger(universe: Universe, lab: Lab) -> Iterator[Lab]:
    """Return a Lab on the same graph that does not sign."""
    with Lab(universe.somebody("mika"), author="mika") as opened:
        yield opened


def _work(lab: Lab) -> None:
    lab.add_entity("person", id="ada")
    lab.commit("first")
    lab.update("ada", name="Ada")
    lab.commit("second")
    with lab.branch("aside"):
        lab.update("ada", properties={"born": 1815})
        lab.commit("aside")
    lab.add_entity("person", id="bob")
    lab.commit("third")
    lab.merge("aside")


def _problems(lab: Lab, **given: Any) -> list[str]:
    report = lab.verify(trusted=[KEY.public], **given)
    return [f"{p.where}: {p.what}" for p in report.problems]


@pytest.mark.every_backend
def test_every_commit_merge_and_move_is_signed(lab: Lab, stranger: Lab) -> None:
    _work(lab)
    lab.rollback("v1")
    assert _problems(lab) == []
    assert [head.number for head in lab.signed_heads] == [*range(1, len(lab.signed_heads) + 1)]
    assert {head.version for head in lab.signed_heads} == {v.id for v in lab.versions}
    stranger.refresh()
    assert _problems(stranger) == []
    (first,) = [p.where for p in lab.verify(trusted=[OTHER]).problems][:1]
    assert first.startswith("version")


@pytest.mark.every_backend
def test_what_is_not_signed_is_found(lab: Lab, stranger: Lab) -> None:
    _work(lab)
    stranger.refresh()
    stranger.update("ada", name="Mallory")
    version = stranger.commit("not signed")
    lab.refresh()
    assert _problems(lab) == [f"version {version.id}: is signed by nobody"]
    lab.update("ada", name="Ada")
    lab.commit("on top")
    assert _problems(lab) == [f"version {version.id}: is signed by nobody"]
    lab.sign(version)
    assert _problems(lab) == []


@pytest.mark.every_backend
def test_a_head_that_goes_back_is_found_unless_its_move_is_signed(lab: Lab, stranger: Lab) -> None:
    lab.add_entity("person", id="ada")
    lab.commit("first")
    lab.update("ada", name="Ada")
    lab.commit("second")
    stranger.refresh()
    stranger.reset("v1", force=True)
    lab.refresh()
    (found,) = _problems(lab)
    assert found.startswith("branch main: was signed at version")
    lab.rollback("v2")
    lab.refresh()
    lab.reset("v1", force=True)
    assert _problems(lab) == []
    stranger.refresh()
    assert _problems(stranger) == []


@pytest.mark.every_backend
def test_signatures_travel_in_bundles(lab: Lab, tmp_path: Path) -> None:
    _work(lab)
    lab.export(tmp_path / "all.bundle")
    nl.import_bundle(tmp_path / "all.bundle", tmp_path / "copy.nerv")
    with nl.open(tmp_path / "copy.nerv", signing_key=KEY) as copy:
        assert _problems(copy) == []
        copy.update("ada", name="in the copy")
        copy.commit("in the copy")
        assert copy.signed_heads[-1].number == len(copy.signed_heads)
        assert _problems(copy, known=[lab.signed_heads[-1]]) == []


def test_history_before_the_first_signature_is_vouched_for_by_it(universe: Universe) -> None:
    with Lab(universe.client()) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("before")
        assert len(_problems(lab)) == 1
    with Lab(universe.client(), signing_key=KEY) as lab:
        lab.sign()
        assert _problems(lab) == []


def test_two_who_sign_with_one_key_number_their_signatures_together(universe: Universe) -> None:
    with (
        Lab(universe.client(), signing_key=KEY) as one,
        Lab(universe.client(), signing_key=KEY) as two,
    ):
        for turn in range(3):
            for lab in (one, two):
                lab.refresh()
                lab.add_entity("person")
                lab.commit(f"turn {turn}")
        assert _problems(one) == []
        assert [head.number for head in two.signed_heads] == [1, 2, 3, 4, 5, 6]


def test_an_older_copy_put_in_the_place_of_the_store_is_found_by_what_was_kept(
    tmp_path: Path,
) -> None:
    path = tmp_path / "team.nerv"
    with nl.open(path, signing_key=KEY) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
    shutil.copy(path, tmp_path / "older.nerv")
    with nl.open(path, signing_key=KEY) as lab:
        lab.update("ada", name="Ada")
        lab.commit("second")
        kept = lab.signed_heads[-1].text
    with nl.open(tmp_path / "older.nerv") as older:
        assert _problems(older) == []
        found = _problems(older, known=[kept])
        assert any("not there: the history was cut off" in text for text in found)
        assert any("number 1 is the last there is" in text for text in found)


def test_pruning_leaves_what_is_kept_vouched_for(lab: Lab) -> None:
    for number in range(6):
        lab.add_entity("person", id=str(number))
        lab.commit(f"commit {number}")
    kept = lab.signed_heads[-1]
    lab.retain(nl.RetentionPolicy(keep_last=2))
    assert lab.events.floor > 0
    assert _problems(lab, known=[kept]) == []
    lab.add_entity("person")
    lab.commit("one more")
    assert _problems(lab, known=[kept]) == []


def test_a_commit_that_cannot_be_signed_says_so(lab: Lab, stranger: Lab) -> None:
    lab.access.claim()
    lab.access.grant(str(stranger.access.identity), ["create_entity", "commit_version"])
    with Lab(_reopened(stranger), signing_key=OTHER) as signer:
        signer.add_entity("person")
        with pytest.raises(PermissionDeniedError) as refused:
            signer.commit("by one who may not publish")
        assert "not signed yet" in "".join(refused.value.__notes__)
        assert signer.head is not None
    lab.access.grant(str(stranger.access.identity), "committer")
    with Lab(_reopened(stranger), signing_key=OTHER) as signer:
        signer.sign()
    assert lab.verify(trusted=[OTHER, KEY]).ok


def _reopened(lab: Lab) -> Any:
    from nerv_lab.inner_universe import MockInnerUniverse

    client: Any = lab.client
    return MockInnerUniverse(actor=lab.access.identity, share=client.observed)


def test_who_does_not_sign_cannot(stranger: Lab) -> None:
    stranger.commit("first")
    assert stranger.signed_heads == ()
    with pytest.raises(nl.ValidationError, match="generate_signing_key"):
        stranger.sign()


def test_the_report_says_what_signatures_do_not_show(lab: Lab) -> None:
    _work(lab)
    assert "do not show when" in repr(lab.verify(trusted=[KEY]))
    assert "do not show when" not in repr(lab.verify())
    for wrong in ("ed25519:short", "no key", 7):
        with pytest.raises(nl.ValidationError, match="no public key"):
            lab.verify(trusted=[wrong])  # type: ignore[list-item]
    with pytest.raises(nl.ValidationError, match="list of public keys"):
        lab.verify(trusted=KEY.public)
    with pytest.raises(nl.ValidationError, match="not that of a head"):
        lab.verify(trusted=[KEY], known=["{}"])


# What somebody could do to a history who may write all of it, and makes it sound in itself again.


@pytest.fixture
def history(lab: Lab) -> SignedHistory:
    _work(lab)
    run, client = lab._run, lab.client
    return SignedHistory(
        run(client.versions()),
        {name: b.head for name, b in run(client.branches()).items() if b.head},
        [event for event in run(client.events()) if event.type == SIGNED],
    )


def _found(history: SignedHistory, *known: SignedHead) -> list[str]:
    findings = check_signatures(history, [KEY.public], is_genuine, known)
    return [f"{f.where}: {f.what}" for f in findings]


def _rewritten(history: SignedHistory, at: int) -> SignedHistory:
    versions = list(history.versions)
    forged = replace(versions[at], description="what never was")
    versions[at] = replace(forged, digest=version_digest(forged, b"[]"))
    return replace(history, versions=versions)


@pytest.mark.parametrize("at", range(5))
def test_a_version_that_was_rewritten_is_found(history: SignedHistory, at: int) -> None:
    assert _found(history) == []
    found = _found(_rewritten(history, at))
    assert f"version {history.versions[at].id}: is not what was signed: it was rewritten" in found


def test_ancestors_that_were_rewritten_are_found_by_who_signed_what_came_of_them(
    history: SignedHistory,
) -> None:
    last = [e for e in history.events if (e.data or {})["version"] == history.versions[-1].id]
    found = _found(replace(_rewritten(history, 0), events=last, floor=1))
    assert any("comes from other versions than those that were signed" in text for text in found)


Cut = Callable[[SignedHistory], SignedHistory]
CUTS: dict[str, tuple[Cut, str]] = {
    "the last version": (
        lambda h: replace(h, versions=h.versions[:-1], heads={"main": h.versions[-2].id}),
        "not there: the history was cut off",
    ),
    "the head": (
        lambda h: replace(h, heads={**h.heads, "main": h.versions[0].id}),
        "branch main: was signed at version",
    ),
    "the branch": (
        lambda h: replace(h, heads={"main": h.heads["main"]}),
        "branch aside: was signed at version",
    ),
    "a signature in the middle": (
        lambda h: replace(h, events=[*h.events[:2], *h.events[3:]]),
        "some are gone, or were exchanged",
    ),
    "the first signature": (
        lambda h: replace(h, events=h.events[1:]),
        "the first are gone",
    ),
    "two signatures, exchanged": (
        lambda h: replace(h, events=[h.events[1], h.events[0], *h.events[2:]]),
        "some are gone, or were exchanged",
    ),
}


@pytest.mark.parametrize("cut", CUTS)
def test_what_was_cut_off_is_found(history: SignedHistory, cut: str) -> None:
    change, expected = CUTS[cut]
    assert any(expected in text for text in _found(change(history)))


def test_all_that_was_cut_off_with_its_signatures_is_found_by_what_was_kept(
    history: SignedHistory,
) -> None:
    kept = SignedHead.from_record(history.events[-1].data)
    cut = replace(
        history,
        versions=history.versions[:2],
        heads={"main": history.versions[1].id},
        events=history.events[:2],
    )
    assert _found(cut) == []
    assert len(_found(cut, kept)) == 2
    assert _found(history, kept) == []
    assert SignedHead.from_record(kept.text) == kept


@pytest.mark.parametrize(
    "field", ["key", "number", "previous", "branch", "version", "digest", "chain", "signature"]
)
def test_a_signature_that_was_changed_is_found(history: SignedHistory, field: str) -> None:
    data = dict(history.events[1].data or {})
    data[field] = data[field] + (1 if field == "number" else "A")
    events = [history.events[0], history.events[1], *history.events[2:]]
    events[1] = nl.Event("forged", SIGNED, data, branch="main", seq=history.events[1].seq)
    assert _found(replace(history, events=events))


def test_what_is_no_signature_at_all_is_said(history: SignedHistory) -> None:
    for data in (None, {}, {"key": 1}, {**(history.events[0].data or {}), "number": "1"}):
        event = nl.Event("x", SIGNED, data, seq=99)
        found = _found(replace(history, events=[*history.events, event]))
        assert found == ["event 99: holds no signature that can be read"]


def test_another_key_in_place_of_the_trusted_one_is_said(history: SignedHistory) -> None:
    events = []
    for event in history.events:
        head = OTHER.sign(replace(SignedHead.from_record(event.data), key=OTHER.public))
        events.append(nl.Event(event.id, SIGNED, head.record(), branch=event.branch, seq=event.seq))
    found = _found(replace(history, events=events))
    assert len(found) == len(history.versions)
    assert all(OTHER.public in text and "not trusted" in text for text in found)


def test_a_version_off_its_branch_is_vouched_for_without_a_word_on_the_branch(lab: Lab) -> None:
    _work(lab)
    lab.delete_branch("aside")
    aside = next(version for version in lab.versions if version.description == "aside")
    assert lab.sign(aside).branch == ""
    assert lab.sign().branch == "main"
    assert _problems(lab) == []


def test_a_forged_signature_does_not_lead_the_numbers_astray(lab: Lab, stranger: Lab) -> None:
    lab.commit("first")
    forged = replace(lab.signed_heads[0], number=1000)
    stranger.refresh()
    stranger.bus.publish(SIGNED, forged.record())
    with Lab(_reopened(lab), signing_key=KEY) as again:
        again.commit("second")
        assert again.signed_heads[-1].number == 2
        (found,) = _problems(again)
        assert "its signature is not one of key" in found
