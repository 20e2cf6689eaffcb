from __future__ import annotations

import asyncio
import base64
import threading
from typing import Any

import pytest
from ipywidgets.embed import dependency_state

from nerv_lab.core.errors import EntityNotFoundError, ValidationError, VersionNotFoundError
from nerv_lab.widgets import Explorer, GraphView, Timeline
from nerv_lab.widgets.loading import BUNDLE

KINDS = [GraphView, Timeline, Explorer]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_option_is_refused_by_name(lab: Any, kind: Any) -> None:
    with pytest.raises(ValidationError, match=r"heigth: .*height") as caught:
        kind(lab, heigth=300)
    assert caught.value.field == "heigth"


def test_the_lab_offers_its_widgets(lab: Any) -> None:
    assert isinstance(lab.view(height=300), GraphView)
    assert isinstance(lab.timeline(), Timeline)
    assert lab.explorer(renderer="canvas", theme="dark", seed=7).seed == 7


@pytest.mark.parametrize("kind", KINDS)
def test_no_trait_that_is_saved_with_the_notebook_grows_with_the_graph(lab: Any, kind: Any) -> None:
    widget = kind(lab)

    def size() -> int:
        state = widget.get_state()
        return sum(len(repr(v)) for k, v in state.items() if k not in ("_esm", "layout"))

    before = size()
    for i in range(200):
        lab.add_entity("thing", name=f"thing {i}")
    lab.commit("many")
    assert size() == before


def test_the_repr_is_the_same_each_time_and_says_what_is_shown(lab: Any) -> None:
    lab.add_entity("thing")
    lab.commit("one")
    assert (
        repr(Explorer(lab))
        == repr(Explorer(lab))
        == ("<Explorer of 1 entity, 0 relations, head v1>")
    )


def test_a_saved_notebook_has_a_picture_that_does_not_change(lab: Any) -> None:
    a = lab.add_entity("thing", name="<b>bold & brave</b>", id="a")
    lab.relate(a, "knows", a, id="r")
    data, _ = Explorer(lab)._repr_mimebundle_()
    again, _ = Explorer(lab)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["image/svg+xml"] == again["image/svg+xml"]
    assert "&lt;b&gt;bold &amp; brave&lt;/b&gt;" in data["image/svg+xml"]


def test_a_keyword_that_is_nearly_one_is_answered_with_it(lab: Any) -> None:
    with pytest.raises(ValidationError, match=r"GraphView takes: .*; did you mean 'style'"):
        lab.view(stlye={})
    with pytest.raises(ValidationError, match="Timeline takes: height"):
        lab.timeline(nothing=1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_saved_or_embedded_keeps_the_picture_for_pages_without_a_kernel(
    lab: Any, kind: Any
) -> None:
    lab.add_entity("thing", name="Ada")
    shown, embedded = kind(lab), kind(lab)
    data, _ = shown._repr_mimebundle_()
    assert base64.b64decode(shown.get_state()["_still"]).decode() == data["image/svg+xml"]
    state = dependency_state([embedded], drop_defaults=True)[embedded.model_id]["state"]
    assert state["_still"] == shown._still
    assert state["_esm"]


def test_a_selection_takes_items_and_ids_and_gives_ids(lab: Any) -> None:
    a, b = lab.add_entity("thing"), lab.add_entity("thing")
    r = lab.relate(a, "knows", b)
    view = GraphView(lab, selection=[a])
    assert view.selection == (a.id,)
    view.selection = [b, r.id, b.id]
    assert view.selection == (b.id, r.id)
    view.selection = a
    assert view.selection == (a.id,)
    view.selection = lab.match("thing").out("knows")
    assert view.selection == (b.id,)
    view.selection = lab.search("knows")
    assert view.selection == (r.id,)
    view.selection = ()
    assert view.selection == ()


def test_what_is_not_there_cannot_be_selected(lab: Any) -> None:
    with pytest.raises(EntityNotFoundError):
        GraphView(lab).selection = ["nope"]


def test_what_is_deleted_is_no_longer_selected(lab: Any) -> None:
    a, b = lab.add_entity("thing"), lab.add_entity("thing")
    view = GraphView(lab, selection=[a, b])
    lab.delete(a)
    assert view.selection == (b.id,)


def test_the_version_shown_can_be_set_and_linked(lab: Any) -> None:
    import traitlets

    first = lab.commit("one")
    lab.add_entity("thing")
    view, timeline = GraphView(lab), Timeline(lab)
    traitlets.link((timeline, "version"), (view, "version"))
    timeline.version = "v1"
    assert view.version == first.id
    assert len(view.shown_state.entities) == 0
    timeline.version = None
    assert len(view.shown_state.entities) == 1


def test_an_unknown_version_is_refused_and_nothing_changes(lab: Any) -> None:
    lab.commit("one")
    view = GraphView(lab, version="v1")
    with pytest.raises(VersionNotFoundError):
        view.version = "v9"
    assert view.version == lab.head.id


def test_closing_a_widget_takes_its_listeners_away(lab: Any) -> None:
    listeners = (lab._follower.announcer.watchers, lab._on_close)
    before = [*map(list, listeners)]
    widget = Explorer(lab)
    assert all(len(now) > len(then) for now, then in zip(listeners, before, strict=True))
    widget.close()
    assert [*map(list, listeners)] == before


def test_closing_twice_is_fine(lab: Any) -> None:
    widget = GraphView(lab)
    widget.close()
    widget.close()


def test_messages_that_make_no_sense_are_ignored(lab: Any) -> None:
    widget = Explorer(lab)
    for message in (None, 3, {}, {"type": "ready"}, {"type": "ready", "view": 1, "seq": 0}):
        widget._handle_custom_msg(message, [])
    widget._handle_custom_msg({"type": "nonsense", "view": "v", "seq": 0}, [])


async def test_frames_leave_from_the_loops_thread_wherever_the_change_was_made(lab: Any) -> None:
    widget = GraphView(lab)
    threads: list[int] = []
    second = asyncio.Event()

    def sent(message: Any, buffers: Any) -> None:
        threads.append(threading.get_ident())
        if len(threads) == 2:
            second.set()

    widget._feed.viewers.send = sent  # type: ignore[union-attr]
    widget._handle_custom_msg({"type": "ready", "view": "v", "seq": 0}, [])
    await asyncio.to_thread(lab.add_entity, "thing")
    await asyncio.wait_for(second.wait(), 120)
    assert set(threads) == {threading.get_ident()}
    widget.close()


async def test_a_message_heard_in_another_thread_is_answered_on_the_loop(lab: Any) -> None:
    widget = Explorer(lab)
    answered = asyncio.Event()
    threads: list[int] = []

    def sent(message: Any, buffers: Any = None) -> None:
        threads.append(threading.get_ident())
        answered.set()

    widget.send = sent  # type: ignore[method-assign]
    message = {"type": "command", "id": "1", "name": "live", "args": {}}
    await asyncio.to_thread(widget._handle_custom_msg, message, [])
    await asyncio.wait_for(answered.wait(), 120)
    assert threads == [threading.get_ident()]
    widget.close()


def test_the_bundle_is_there_and_small() -> None:
    assert BUNDLE.stat().st_size <= 300_000


def test_an_answer_of_the_lab_is_selected_in_the_explorer(lab: Any) -> None:
    lab.add_entity("person", id="zoe")
    explorer = lab.explorer(selection=lab.match("person"))
    assert explorer.selection == lab.match("person").ids
