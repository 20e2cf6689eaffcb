from __future__ import annotations

from typing import Any

import pytest
from shared.widgets import ask


def test_commit_does_what_a_cell_does(lab: Any, explorer: Any) -> None:
    reply = ask(explorer, "commit", description=" first facts ")
    assert reply["ok"]
    assert reply["id"] == "view:1"
    assert lab.head.description == "first facts"
    assert reply["result"]["id"] == lab.head.id
    assert reply["result"]["label"] == "v1"


def test_a_commit_without_a_description_is_refused_in_words(lab: Any, explorer: Any) -> None:
    reply = ask(explorer, "commit", description="  ")
    assert reply["ok"] is False
    assert reply["error"] == {
        "kind": "ValidationError",
        "text": "description: say in a few words what changed",
        "field": "description",
        "reason": "say in a few words what changed",
    }
    assert lab.head is None


def test_rollback_adds_a_version_and_returns_to_the_present(lab: Any, explorer: Any) -> None:
    first = lab.commit("one")
    lab.add_entity("person", name="Charles")
    lab.commit("two")
    ask(explorer, "at", version=first.id)
    assert ask(explorer, "rollback", version=first.id)["ok"]
    assert [v.description for v in lab.versions][:2] == ["one", "two"]
    assert len(lab.versions) == 3
    assert len(lab.entities) == 1
    assert explorer.version is None


def test_at_shows_a_version_and_live_comes_back(lab: Any, explorer: Any) -> None:
    first = lab.commit("one")
    lab.add_entity("person")
    assert ask(explorer, "at", version="v1")["result"]["version"] == first.id
    assert explorer.version == first.id
    assert len(explorer.shown_state.entities) == 1
    ask(explorer, "live")
    assert len(explorer.shown_state.entities) == 2


def test_an_unknown_version_is_an_answer_not_an_exception(explorer: Any) -> None:
    reply = ask(explorer, "at", version="v99")
    assert reply["error"]["kind"] == "VersionNotFoundError"
    assert "v99" in reply["error"]["text"]


def test_inspect_tells_fields_properties_and_neighbours(lab: Any, explorer: Any) -> None:
    ada = lab.add_entity("person", name="Ada", tags=["x"], properties={"born": 1815, "a": [1]})
    note = lab.add_entity("text", name="Note G")
    wrote = lab.relate(ada, "wrote", note, strength=0.5)
    found = ask(explorer, "inspect", id=ada.id)["result"]
    assert (found["kind"], found["title"], found["tags"]) == ("entity", "Ada", ["x"])
    assert [(p["name"], p["kind"], p["text"]) for p in found["properties"]] == [
        ("a", "list", "[1]"),
        ("born", "int", "1815"),
    ]
    assert [(n["title"], n["relation_type"], n["way"]) for n in found["neighbours"]] == [
        ("Note G", "wrote", "out")
    ]
    relation = ask(explorer, "inspect", id=wrote.id)["result"]
    assert relation["strength"] == 0.5
    assert [end["title"] for end in relation["ends"]] == ["Ada", "Note G"]


def test_a_very_long_property_is_cut(lab: Any, explorer: Any) -> None:
    long = lab.add_entity("text", properties={"body": "x" * 100_000})
    (row,) = ask(explorer, "inspect", id=long.id)["result"]["properties"]
    assert len(row["text"]) < 5_000
    assert "100000 characters" in row["text"]


def test_what_is_not_there_cannot_be_inspected(explorer: Any) -> None:
    assert ask(explorer, "inspect", id="nope")["error"]["kind"] == "EntityNotFoundError"


@pytest.mark.parametrize("name", ["drop_everything", None, 3, ["commit"]])
def test_an_unknown_command_is_refused(explorer: Any, name: Any) -> None:
    assert ask(explorer, name)["error"]["text"].startswith("name: no command")


def test_an_unexpected_failure_is_told_and_logged(
    lab: Any, explorer: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(description: str) -> None:
        raise OSError("disk on fire")

    monkeypatch.setattr(lab, "commit", broken)
    reply = ask(explorer, "commit", description="x")
    assert reply["error"]["text"] == "commit failed unexpectedly: disk on fire"
    assert "commit" in caplog.text


def test_commands_on_a_closed_lab_are_answered_with_an_error(lab: Any, explorer: Any) -> None:
    lab.close()
    assert ask(explorer, "commit", description="x")["ok"] is False
