from __future__ import annotations

import re
from typing import Any

import pytest

import nerv_lab as nl
from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.styling.spec import parse_style


@pytest.mark.parametrize(
    ("style", "field", "reason"),
    [
        ("type", "style", "must be a dict"),
        ({"nodes": {}}, "style.nodes", "did you mean 'node'"),
        ({"node": "type"}, "style.node", "must be a dict"),
        ({"node": {"colour": "type"}}, "style.node.colour", "did you mean 'color'"),
        ({"edge": {"size": 3}}, "style.edge.size", "there is color, width"),
        ({"node": {"size": 300}}, "style.node.size", "1 to 60 pixels"),
        ({"node": {"size": True}}, "style.node.size", "number of pixels"),
        ({"node": {"color": "#12"}}, "style.node.color", "not a colour"),
        (
            {"node": {"shape": nl.by("type", ["circle", "blob"])}},
            "style.node.shape.range[1]",
            "no shape",
        ),
        ({"node": {"shape": {"person": "blob"}}}, "style.node.shape['person']", "no shape"),
        ({"node": {"label": 3}}, "style.node.label", "names a field"),
        ({"node": {"icon": {"person": "person"}}}, "style.node.icon['person']", "emoji"),
        ({"node": {"color": nl.by("type", palette="jet")}}, "style.node.color", "palette"),
        ({"node": {"size": nl.by("born", palette="viridis")}}, "style.node.size", "colours alone"),
        ({"node": {"color": nl.by("born", scale="cubic")}}, "style.node.color", "scale"),
        (
            {"node": {"color": nl.by("born", ["#000", "#fff"], palette="viridis")}},
            "style.node.color",
            "not both",
        ),
        (
            {"node": {"color": nl.by("born", scale="log", palette="calm")}},
            "style.node.color",
            "categories",
        ),
        ({"node": {"size": nl.by("born", (1, 2, 3))}}, "style.node.size", "least, most"),
        ({"node": {"size": nl.by("born", 4)}}, "style.node.size", "two or more"),
        ({"node": {"size": nl.by("born", domain=3)}}, "style.node.size", "domain"),
        ({"node": {"size": nl.by("born", domain=(1, 1))}}, "style.node.size", "two numbers"),
        ({"node": {"shape": nl.by("born", scale="linear")}}, "style.node.shape", "from categories"),
        ({"node": {"size": nl.by("born", {1: 3}, domain=[1])}}, "style.node.size", "the domain"),
        (
            {"node": {"color": nl.by("hex", ["#000", "#fff"], scale="identity")}},
            "style.node.color",
            "no range",
        ),
        ({"edge": {"width": "degree"}}, "style.edge.width", "no degree"),
        ({"node": {"color": nl.by("")}}, "style.node.color", "names a field"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_name_of_its_part(
    lab: Any, style: Any, field: str, reason: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(reason)) as caught:
        lab.view(style=style)
    assert caught.value.field == field


def test_a_bad_style_leaves_no_listener_and_the_one_before(lab: Any) -> None:
    watchers = len(lab._follower.announcer.watchers)
    with pytest.raises(ValidationError):
        lab.view(style={"node": {"size": "#"}} | {"x": 1})
    assert len(lab._follower.announcer.watchers) == watchers
    view = lab.view(style={"node": {"color": "type"}})
    with pytest.raises(ValidationError):
        view.style = {"node": {"color": 3}}
    assert view.style == {"node": {"color": "type"}}


def test_a_style_can_be_taken_away(lab: Any) -> None:
    view = lab.view(style={"node": {"color": "type"}})
    view.style = None
    assert view.styler.channels == []


def test_none_is_no_style_and_channels_may_be_none() -> None:
    assert parse_style(None) == {}
    assert parse_style({"node": {"color": None}}) == {}


@pytest.mark.parametrize(
    ("channel", "said"),
    [("color", "#123456"), ("color", "blue"), ("size", 9), ("shape", "star"), ("icon", "★")],
)
def test_a_look_itself_is_for_all(channel: str, said: object) -> None:
    assert parse_style({"node": {channel: said}})["node"][channel].scale == "identity"


@pytest.mark.parametrize(
    ("channel", "said"),
    [("color", "team"), ("size", "weight"), ("shape", "kind"), ("icon", "sign")],
)
def test_another_text_is_the_name_of_a_field(channel: str, said: str) -> None:
    assert parse_style({"node": {channel: said}})["node"][channel].field == said
