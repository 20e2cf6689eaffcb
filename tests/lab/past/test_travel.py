from __future__ import annotations

import datetime as dt

import pytest

from nerv_lab.core.errors import (
    EntityNotFoundError,
    EventNotFoundError,
    ReadOnlyViewError,
    ValidationError,
    VersionNotFoundError,
)
from nerv_lab.core.history.versions import Version
from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend


@pytest.fixture
def versions(lab: Lab) -> list[Version]:
    """Return three versions: Ada, then Ada with a year, then Ada and a text."""
    lab.add_entity("person", "Ada", id="ada")
    first = lab.commit("one")
    lab.update("ada", properties={"born": 1815})
    second = lab.commit("two")
    lab.add_entity("text", id="note")
    lab.relate("ada", "wrote", "note", id="wrote")
    return [first, second, lab.commit("three")]


def test_a_version_is_found_by_every_kind_of_reference(lab: Lab, versions: list[Version]) -> None:
    second = versions[1]
    lab.tag("release", second)
    for ref in (second, second.id, "v2", "release", lab.at("v2")):
        assert lab.version(ref) == second
    assert lab.version("head") == versions[2] == lab.head


def test_the_beginning_of_an_id_is_enough_where_one_version_has_it(
    lab: Lab, versions: list[Version]
) -> None:
    for version in versions:
        unique = next(
            version.id[:n]
            for n in range(4, 40)
            if sum(v.id.startswith(version.id[:n]) for v in versions) == 1
        )
        assert lab.version(unique) == version
    with pytest.raises(VersionNotFoundError, match="3 version ids begin so"):
        lab.version(versions[0].id[:5])


@pytest.mark.parametrize("ref", ["v0", "v4", "nowhere", "", "01"])
def test_an_unknown_reference_is_answered_with_those_that_exist(
    lab: Lab, versions: list[Version], ref: str
) -> None:
    with pytest.raises(VersionNotFoundError, match="there are v1 to v3"):
        lab.at(ref)


def test_an_unknown_reference_is_answered_with_branches_and_with_how_to_give_a_moment(
    lab: Lab, versions: list[Version]
) -> None:
    lab.create_branch("what-if")
    with pytest.raises(VersionNotFoundError, match="the branches are main, what-if"):
        lab.merge("what-iff")
    with pytest.raises(VersionNotFoundError, match="a moment is a datetime with its time zone"):
        lab.at("2024-01-01")


def test_before_the_first_commit_there_is_no_head(lab: Lab) -> None:
    assert lab.head is None
    with pytest.raises(VersionNotFoundError, match="nothing was committed yet"):
        lab.at("head")


def test_a_view_shows_the_past_whatever_the_present_is(lab: Lab, versions: list[Version]) -> None:
    past = lab.at("v1")
    lab.delete("ada", cascade=True)
    assert dict(past.entity("ada").properties) == {}
    assert past.version == versions[0]
    assert past.data_hash == versions[0].data_hash


@pytest.mark.parametrize("verb", ["add_entity", "update", "delete", "relate", "commit", "apply"])
def test_a_view_refuses_to_change(lab: Lab, versions: list[Version], verb: str) -> None:
    with pytest.raises(ReadOnlyViewError, match=r"lab\.rollback\('v1'\)"):
        getattr(lab.at("v1"), verb)("x")


def test_every_position_of_the_log_can_be_looked_at(lab: Lab, versions: list[Version]) -> None:
    counts = [(len(lab.at(seq).entities), len(lab.at(seq).relations)) for seq in range(lab.seq + 1)]
    assert counts == [(0, 0), (1, 0), (1, 0), (1, 0), (1, 0), (2, 0), (2, 1), (2, 1)]


def test_a_position_outside_the_log_is_refused(lab: Lab, versions: list[Version]) -> None:
    for seq in (-1, lab.seq + 1):
        with pytest.raises(EventNotFoundError, match=f"events 1 to {lab.seq}"):
            lab.at(seq)


def test_a_moment_shows_what_was_there_then(lab: Lab, versions: list[Version]) -> None:
    moment = dt.datetime.fromtimestamp(lab.events[0].timestamp, dt.UTC)
    before = lab.at(moment - dt.timedelta(seconds=1))
    after = lab.at(moment + dt.timedelta(days=1))
    assert (len(before.entities), before.seq) == (0, 0)
    assert after.state == lab.state


def test_a_moment_needs_a_time_zone(lab: Lab) -> None:
    with pytest.raises(ValidationError, match="time zone"):
        lab.at(dt.datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_rollback_is_a_new_version_with_the_old_hash(lab: Lab, versions: list[Version]) -> None:
    again = lab.rollback("v1")
    assert again.data_hash == versions[0].data_hash
    assert again.parents == (versions[2].id,)
    assert again.description == "rollback to v1"
    assert len(lab.versions) == 4
    assert lab.at("v3").data_hash == versions[2].data_hash


def test_a_rollback_takes_uncommitted_changes_with_it(lab: Lab, versions: list[Version]) -> None:
    lab.add_entity("person", id="eve")
    lab.rollback("head")
    assert "eve" not in lab.entities
    assert lab.state == lab.at("v3").state


def test_a_rollback_to_any_position_is_possible(lab: Lab, versions: list[Version]) -> None:
    lab.rollback(5, "before the relation")
    assert (len(lab.entities), len(lab.relations)) == (2, 0)
    assert lab.verify().ok


def test_the_difference_of_two_versions_names_properties(lab: Lab, versions: list[Version]) -> None:
    assert repr(lab.diff("v1", "v2")) == (
        "v1 -> v2: 0 added, 1 changed, 0 removed\n~ person Ada\n    + properties.born: 1815"
    )


def test_the_difference_goes_both_ways(lab: Lab, versions: list[Version]) -> None:
    forth, back = lab.diff("v1", "v3"), lab.diff("v3", "v1")
    assert {c.inverse() for c in forth} == set(back)


def test_the_difference_is_by_default_what_is_not_committed(
    lab: Lab, versions: list[Version]
) -> None:
    assert len(lab.diff()) == 0
    lab.update("note", name="Note G")
    assert [c.key for c in lab.diff()] == ["e:note"]
    assert lab.diff().before == "v3"


def test_before_the_first_commit_everything_is_a_difference(lab: Lab) -> None:
    lab.add_entity("person", id="ada")
    assert [c.kind for c in lab.diff()] == ["added"]
    assert lab.diff().before == "empty"


def test_a_difference_from_between_two_versions(lab: Lab, versions: list[Version]) -> None:
    assert [c.key for c in lab.diff(5, 6)] == ["r:wrote"]
    assert [c.key for c in lab.diff("v2", 5)] == ["e:note"]
    assert [c.key for c in lab.diff(5)] == ["r:wrote"]


def test_what_was_changed_and_changed_back_is_no_difference(
    lab: Lab, versions: list[Version]
) -> None:
    lab.update("ada", name="A")
    lab.update("ada", name="Ada")
    assert len(lab.diff()) == len(lab.diff("v3")) == 0


def test_the_log_is_newest_first_and_names_head_and_tags(lab: Lab, versions: list[Version]) -> None:
    lab.tag("release", "v1")
    assert repr(lab.log()) == "v3 (head)  three\nv2  two\nv1 (release)  one"


def test_a_tag_moves_when_it_is_given_again(lab: Lab, versions: list[Version]) -> None:
    lab.tag("release", "v1")
    lab.tag("release", "v2")
    assert lab.version("release") == versions[1]


@pytest.mark.parametrize("name", ["head", "v1", "v99", ""])
def test_a_tag_cannot_take_a_name_that_means_a_version(
    lab: Lab, versions: list[Version], name: str
) -> None:
    with pytest.raises(ValidationError, match="tag"):
        lab.tag(name, "v1")


def test_the_history_of_an_item_says_when_why_and_in_which_version(
    lab: Lab, versions: list[Version]
) -> None:
    with lab.transaction("a correction"):
        lab.update("ada", properties={"born": 1816})
    history = lab.history("ada")
    assert [entry.version for entry in history] == ["v1", "v2", None]
    assert history[-1].reason == "a correction"
    assert repr(history).splitlines()[1:] == [
        "v2: + properties.born: 1815",
        "uncommitted: ~ properties.born: 1815 -> 1816 (a correction)",
    ]


def test_a_deleted_item_still_has_its_history(lab: Lab, versions: list[Version]) -> None:
    lab.delete("wrote")
    assert [e.change.kind for e in lab.history("wrote")] == ["added", "removed"]


def test_an_item_the_log_never_saw_has_no_history(lab: Lab) -> None:
    with pytest.raises(EntityNotFoundError, match="the log never saw it"):
        lab.history("nobody")


def test_a_commit_of_nothing_is_a_version_too(lab: Lab, versions: list[Version]) -> None:
    again = lab.commit("still the same")
    assert again.data_hash == versions[2].data_hash
    assert lab.version_label(again) == "v4"


def test_a_description_must_be_text(lab: Lab) -> None:
    with pytest.raises(ValidationError, match=r"^description: "):
        lab.commit(3)  # type: ignore[arg-type]


def test_a_branch_can_be_looked_at_from_where_it_was_put_on(
    lab: Lab, versions: list[Version]
) -> None:
    assert lab.first_seq == 0
    assert not lab.at(lab.first_seq).entities
    with lab.branch("aside", "v1"):
        assert lab.first_seq == lab.seq
        assert list(lab.at(lab.first_seq).entities) == ["ada"]
        with pytest.raises(EventNotFoundError):
            lab.at(lab.first_seq - 1)
