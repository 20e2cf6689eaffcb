from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nerv_lab as nl
from nerv_lab.core.errors import EntityNotFoundError, ValidationError
from nerv_lab.core.graph.changes import UNSET
from nerv_lab.core.graph.diff import equal_values, value_at
from nerv_lab.core.history.conflicts import Take
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.lab import Blame, Lab


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Return a Lab in which Ada was changed by several people, for several reasons."""
    lab.add_entity("person", "Ada", id="ada", properties={"born": 1815, "home": {"city": "London"}})
    lab.commit("one", author="ann")
    with lab.transaction("a typo"):
        lab.update("ada", properties={"born": 1816})
    lab.commit("two", author="bob")
    return lab


def versions_of(blame: Blame) -> dict[str, str | None]:
    return {label: entry.version for label, entry in blame.items()}


def test_blame_names_the_version_that_last_set_each_property(lab: Lab) -> None:
    assert versions_of(lab.blame("ada")) == {
        "description": "v1",
        "name": "v1",
        "properties.born": "v2",
        "properties.home.city": "v1",
        "tags": "v1",
        "type": "v1",
    }


def test_blame_says_who_when_and_why_and_what_it_was_before(lab: Lab) -> None:
    born = lab.blame("ada")["properties.born"]
    assert (born.old, born.value) == (1815, 1816)
    assert (born.author, born.reason, born.seq) == ("bob", "a typo", 3)
    assert born.timestamp == dt.datetime.fromtimestamp(lab.events[2].timestamp, dt.UTC)
    assert lab.blame("ada")["name"].old is UNSET


def test_blame_takes_a_value_that_came_back_for_set_again(lab: Lab) -> None:
    lab.update("ada", properties={"born": 1815})
    lab.commit("three")
    assert lab.blame("ada")["properties.born"].version == "v3"


def test_blame_of_what_is_not_committed_names_its_event(lab: Lab) -> None:
    with lab.transaction("found a letter"):
        lab.update("ada", properties={"home": {"city": "Ockham", "since": 1835}})
    blame = lab.blame("ada")
    city = blame["properties.home.city"]
    assert (city.version, city.reason, city.old) == (None, "found a letter", "London")
    assert blame["properties.home.since"].version is None
    assert blame["properties.born"].version == "v2"
    assert "uncommitted  properties.home.city: 'London' -> 'Ockham'" in repr(blame)


def test_blame_can_be_asked_of_an_earlier_version(lab: Lab) -> None:
    assert lab.blame("ada", "v1")["properties.born"].version == "v1"
    assert lab.blame("ada", lab.at("v1"))["properties.born"].value == 1815


def test_blame_of_an_entity_that_came_again_begins_there(lab: Lab) -> None:
    lab.delete("ada")
    lab.commit("gone")
    lab.add_entity("person", "Ada", id="ada")
    lab.commit("back")
    assert set(versions_of(lab.blame("ada")).values()) == {"v4"}


def test_blame_reaches_relations(lab: Lab) -> None:
    lab.add_entity("text", id="note")
    wrote = lab.relate("ada", "wrote", "note", id="wrote")
    lab.commit("three")
    lab.update("wrote", properties={"year": 1843})
    lab.commit("four")
    blame = lab.blame(wrote)
    assert (blame["properties.year"].version, blame["strength"].version) == ("v4", "v3")


def test_blame_of_what_is_not_there_is_refused(lab: Lab) -> None:
    lab.delete("ada")
    with pytest.raises(EntityNotFoundError, match=r"lab\.history"):
        lab.blame("ada")


def merged(lab: Lab) -> Lab:
    """Let both branches change Ada, and merge the one into the other."""
    with lab.branch("aside"):
        with lab.transaction("looked it up"):
            lab.update("ada", name="Ada Lovelace", properties={"died": 1852})
        lab.commit("aside", author="eve")
    lab.update("ada", properties={"born": 1815})
    lab.commit("birth")
    lab.merge("aside")
    return lab


def test_blame_after_a_merge_names_the_commit_on_the_other_branch(lab: Lab) -> None:
    blame = merged(lab).blame("ada")
    assert lab.version_label(lab.version("head")) == "v5"
    assert [blame[f"properties.{name}"].version for name in ("died", "born")] == ["v3", "v4"]
    died = blame["properties.died"]
    assert (died.author, died.reason) == ("eve", "looked it up")


def test_blame_names_a_merge_only_where_its_resolution_gave_a_new_value(lab: Lab) -> None:
    with lab.branch("aside"):
        lab.update("ada", name="theirs", properties={"born": 1})
        lab.commit("aside")
    lab.update("ada", name="ours", properties={"born": 2})
    lab.commit("main")
    result = lab.merge("aside")
    result.resolve("theirs", ("e:ada", ("name",)))
    result.resolve(Take(3), ("e:ada", ("properties", "born"))).commit()
    blame = lab.blame("ada")
    assert (blame["name"].version, blame["properties.born"].version) == ("v3", "v5")
    assert blame["properties.born"].old == 2


def test_blame_is_a_frame_and_a_table_in_which_markup_is_text(lab: Lab) -> None:
    lab.update("ada", name="<b>Ada</b>")
    lab.commit("three", author="<i>eve</i>")
    blame = lab.blame("ada")
    frame = blame.to_pandas()
    assert frame.loc[frame["property"] == "properties.born", "version"].tolist() == ["v2"]
    assert frame["old"].tolist()[0] is None
    html = blame._repr_html_()
    assert "&lt;b&gt;Ada&lt;/b&gt;" in html
    assert set(re.findall(r"</?(\w+)", html)) == {
        *("table", "caption", "thead", "tbody", "tr", "th", "td")
    }


def test_blame_shows_a_line_for_each_property(lab: Lab) -> None:
    title, *lines = repr(lab.blame("ada")).splitlines()
    assert title == "<Entity person 'Ada' id='ada'>"
    shown = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", lines[2])
    assert shown == "  v2  properties.born: 1815 -> 1816  (bob, TIME UTC, a typo)"


def test_the_history_of_a_property_leaves_out_what_changed_others(lab: Lab) -> None:
    lab.update("ada", properties={"home": {"city": "Ockham"}})
    for name in ("born", "properties.born", ("properties", "born")):
        assert [str(e) for e in lab.history("ada", property=name)] == [
            "v1: + properties.born: 1815",
            "v2: ~ properties.born: 1815 -> 1816 (a typo)",
        ]
    assert len(lab.history("ada", property="home.city")) == 2
    assert len(lab.history("ada", property="name")) == 1
    assert lab.history("ada", property="weight") == ()


def test_the_history_of_a_property_tells_of_its_end(lab: Lab) -> None:
    lab.update("ada", properties={"born": nl.REMOVE})
    lab.delete("ada")
    kinds = [[f.kind for f in e.fields] for e in lab.history("ada", property="born")]
    assert kinds == [["added"], ["changed"], ["removed"]]


@pytest.mark.parametrize("wrong", ["", "a..b", (), (1,)])
def test_what_is_no_property_is_refused(lab: Lab, wrong: Any) -> None:
    with pytest.raises(ValidationError, match="property"):
        lab.history("ada", property=wrong)


def test_history_says_from_where_a_merge_took_a_change(lab: Lab) -> None:
    entries = merged(lab).history("ada")
    assert [(e.version, e.merged_from) for e in entries[2:]] == [
        ("v3", ()),
        ("v4", ()),
        ("v5", ("v3",)),
    ]
    assert str(entries[-1]).startswith("v5 from v3: ")


def test_history_says_from_where_a_merge_took_a_coming_and_a_going(lab: Lab) -> None:
    lab.add_entity("text", id="old")
    lab.commit("three")
    with lab.branch("aside"):
        lab.add_entity("text", id="new")
        lab.delete("old")
        lab.commit("aside")
    lab.update("ada", name="A.")
    lab.commit("main")
    lab.merge("aside")
    assert [lab.history(id)[-1].merged_from for id in ("new", "old")] == [("v4",), ("v4",)]


def test_what_a_reset_dropped_belongs_to_no_later_version(lab: Lab) -> None:
    lab.update("ada", name="dropped")
    lab.reset("v2", force=True)
    lab.update("ada", name="kept")
    lab.commit("three")
    assert [e.version for e in lab.history("ada", property="name")] == ["v1", None, "v3"]
    assert lab.blame("ada")["name"].old == "Ada"


def test_a_history_is_a_frame_and_a_table_in_which_markup_is_text(lab: Lab) -> None:
    lab.update("ada", name="<b>Ada</b>")
    history = lab.history("ada")
    frame = history.to_pandas()
    assert frame[["version", "kind", "property"]].to_numpy().tolist() == [
        ["v1", "added", None],
        ["v2", "changed", "properties.born"],
        [None, "changed", "name"],
    ]
    assert "&lt;b&gt;Ada&lt;/b&gt;" in history._repr_html_()
    assert "<b>" not in history._repr_html_()


steps = st.lists(
    st.tuples(
        st.sampled_from(["main", "aside"]),
        st.sampled_from(["x", "y"]),
        st.sampled_from([1, 1.0, 2, {"z": 1}, {"z": 2}, nl.REMOVE])
        | st.sampled_from(["merge", "rollback"]),
    ),
    max_size=12,
)


@given(steps)
def test_whom_blame_names_has_the_value_and_none_of_its_parents_has(
    wanted: list[tuple[str, str, Any]],
) -> None:
    with Lab(MockInnerUniverse()) as lab:
        lab.add_entity("t", id="a", properties={"x": 0})
        lab.commit("first")
        lab.create_branch("aside")
        for branch, name, value in wanted:
            lab.switch(branch)
            if value == "merge":
                result = lab.preview("aside" if branch == "main" else "main")
                result.resolve("theirs" if name == "x" else Take(9)).commit()
            elif value == "rollback":
                lab.rollback("v1")
            else:
                lab.update("a", properties={name: value})
                lab.commit("edit")
        assert_sound(lab)


def assert_sound(lab: Lab) -> None:
    for label, entry in lab.blame("a").items():
        assert entry.version is not None, label
        version = lab.version(entry.version)
        assert equal_values(value_at(lab.at(version).entity("a"), entry.path), entry.value)
        for parent in version.parents:
            before = value_at(lab.at(parent).entity("a"), entry.path)
            assert not equal_values(before, entry.value), label
