"""What the Lab says of its widgets is what they are."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from nerv_lab.lab.widget_faces import GraphFace, MonitorFace, TimelineFace
from nerv_lab.widgets import Explorer, GraphView, Monitor, Timeline

PAIRS = [
    (GraphFace, GraphView),
    (GraphFace, Explorer),
    (TimelineFace, Timeline),
    (MonitorFace, Monitor),
]
# What widgets are made of, beside what they are for.
INNER = {"parts", "styler", "scene"}


def public_names(cls: type) -> set[str]:
    ours = [base for base in cls.__mro__ if base.__module__.startswith("nerv_lab.")]
    names = {name for base in ours for name in vars(base)}
    names |= {name for base in ours for name in inspect.get_annotations(base)}
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize(("face", "widget"), PAIRS)
def test_a_face_has_what_the_widget_offers(face: type, widget: type) -> None:
    assert public_names(widget) - INNER <= public_names(face)


@pytest.mark.parametrize(("face", "widget"), PAIRS)
def test_a_widget_has_what_its_face_says(face: type, widget: type) -> None:
    assert {name for name in public_names(face) if not hasattr(widget, name)} == set()


def parameters(function: Any) -> list[tuple[str, Any]]:
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize(("face", "widget"), PAIRS)
def test_a_method_is_called_as_its_face_says(face: type, widget: type) -> None:
    for name in public_names(face):
        said = getattr(face, name, None)
        if inspect.isfunction(said):
            assert parameters(getattr(widget, name)) == parameters(said), name
