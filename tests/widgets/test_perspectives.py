from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from shared.widgets import error, result


class Person(BaseModel):
    """What a model sees of an entity."""

    name: str
    born: int | None = None


def test_the_inspector_is_told_which_perspectives_there_are(lab: Any, explorer: Any) -> None:
    ada = next(iter(lab.entities))
    lab.perspectives.add("names", ["name"])
    shown = result(explorer, "inspect", id=ada)
    assert shown["perspectives"] == ["names"]
    assert "seen" not in shown


def test_fields_models_and_callables_are_shown_as_texts(lab: Any, explorer: Any) -> None:
    ada = next(iter(lab.entities))
    lab.perspectives.add("names", ["name"])
    lab.perspectives.add("people", Person)
    lab.perspectives.add("size", lambda state: len(state.entities))
    lab.perspectives.add("texts", ["name"], types=["text"])

    def seen(name: str) -> Any:
        return result(explorer, "inspect", id=ada, perspective=name)["seen"]

    assert seen("names") == {"rows": [{"name": "name", "kind": "str", "text": "Ada"}]}
    assert [row["name"] for row in seen("people")["rows"]] == ["born", "name"]
    assert seen("size") == {"text": "1"}
    assert seen("texts") == {"text": "It does not look at this."}


def test_an_unknown_perspective_is_refused(lab: Any, explorer: Any) -> None:
    ada = next(iter(lab.entities))
    told = error(explorer, "inspect", id=ada, perspective="nothing")
    assert told["kind"] == "PerspectiveNotFoundError"
