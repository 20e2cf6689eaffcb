"""The timeline: ranges, holding, the keyboard, and a long history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nerv_lab as nl
from nerv_lab.core.history.versions import to_micros

COMMITS = 10_000
EVENTS = 100_000


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        for number in range(6):
            opened.add_entity("thing", name=f"thing {number}", id=f"t{number}")
            opened.commit(f"commit {number}")
        opened.update("t0", properties={"new": True})
        yield opened


def drag(table: Any, start: str, end: str, key: str) -> None:
    """Drag from one version to another."""
    table.settle()
    boxes = [
        table.root.locator(f".nerv-mark[data-label={label}]").bounding_box()
        for label in (start, end)
    ]
    surface = table.root.locator(".nerv-timeline-surface").bounding_box()
    (from_x, to_x), y = (box["x"] + 12 for box in boxes), surface["y"] + 75
    mouse = table.page.mouse
    table.page.keyboard.down(key)
    mouse.move(from_x, y)
    mouse.down()
    mouse.move(to_x, y, steps=5)
    mouse.up()
    table.page.keyboard.up(key)


def timeline_range(table: Any) -> str:
    return str(table.root.locator(".nerv-timeline[data-range]").get_attribute("data-range"))


def test_a_range_is_selected_by_dragging_counted_and_zoomed_to(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    drag(table, "v2", "v4", "Shift")
    bar = table.root.get_by_role("group", name="Selected range")
    bar.get_by_text("+2 added").wait_for()
    assert timeline_range(table) == "3 7"
    assert bar.get_by_text("Events 4 to 7 · 2 versions").is_visible()
    bar.get_by_role("button", name="Zoom").click()
    table.root.locator(".nerv-mark[data-label=v1]").wait_for(state="detached")
    assert table.root.locator(".nerv-mark[data-label=v3]").is_visible()


def test_what_changed_in_a_range_is_marked_in_the_graph(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    drag(table, "v2", "v4", "Shift")
    table.root.get_by_role("button", name="Mark in graph").click()
    table.wait(shown="event 7", base="event 3", compared="+2 ~0 -0")


def test_a_range_is_selected_and_cleared_by_keyboard(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    head = table.root.get_by_role("slider", name="Position in the log")
    head.press("Shift+ArrowLeft")
    head.press("Shift+ArrowLeft")
    table.root.locator(f".nerv-timeline[data-range='{lab.seq - 2} {lab.seq}']").wait_for()
    head.press("Escape")
    table.root.locator(".nerv-timeline[data-range='']").wait_for()


def test_what_is_held_stays_while_changes_wait_and_are_counted(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    held = lab.seq
    table.button("Hold what is shown: live changes wait").click()
    table.wait(shown=f"event {held}")
    table.settle()
    places = table.root.locator(".nerv-mark[data-label=v3]").bounding_box()
    for _ in range(3):
        lab.add_entity("thing", name="later")
    lab.commit("later")
    table.flush()
    table.root.locator(".nerv-timeline[data-waiting='4']").wait_for()
    table.wait(shown=f"event {held}", nodes=6)
    table.settle()
    assert table.root.get_by_text(f"Held at event {held} · 4 new events wait").is_visible()
    assert table.root.locator(".nerv-mark[data-label=v3]").bounding_box() == places
    table.button("Resume").click()
    table.wait(shown="live", nodes=9)
    table.root.locator(".nerv-mark[data-label=v7]").wait_for()
    assert not table.root.locator(".nerv-holding").is_visible()


def test_versions_are_reached_by_keyboard_though_there_is_no_room_for_all(
    bench: Callable[..., Any],
) -> None:
    with nl.open() as lab:
        for number in range(120):
            lab.add_entity("thing", name=f"thing {number}")
            lab.commit(f"commit {number}")
        table = bench(lab)
        now = table.root.get_by_role("button", name="Now: the live graph")
        now.focus()
        table.page.keyboard.press("Home")
        table.root.locator(".nerv-mark[data-label=v1]:focus").wait_for()
        for _ in range(3):
            table.page.keyboard.press("ArrowRight")
        table.page.keyboard.press("PageDown")
        table.root.locator(".nerv-mark[data-label=v14]:focus").wait_for()
        table.page.keyboard.press("0")  # everything in view: no room for most of them
        table.page.keyboard.press("ArrowLeft")
        table.root.locator(".nerv-mark[data-label=v13]:focus").wait_for()
        table.page.keyboard.press("c")
        table.wait(compared="+107 ~0 -0", base="v13")
        table.page.keyboard.press("Enter")
        table.wait(shown="v13", nodes=13)
        table.page.keyboard.press("End")
        table.page.keyboard.press("Enter")
        table.wait(shown="live")


def test_a_tag_given_in_a_cell_appears_on_its_version(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    lab.tag("release", "v4")
    table.flush()
    mark = table.root.locator(".nerv-mark[data-label=v4][data-tags=release]")
    mark.wait_for()
    assert "tagged release" in mark.get_attribute("aria-label")
    assert mark.inner_text() == "release"


def test_hovering_over_the_band_tells_how_many_events(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    mark = table.root.locator(".nerv-mark[data-label=v3]").bounding_box()
    surface = table.root.locator(".nerv-timeline-surface").bounding_box()
    table.page.mouse.move(mark["x"] - 10, surface["y"] + surface["height"] - 22)
    table.root.get_by_role("tooltip").get_by_text("events 4 to 5").wait_for()


TURNS = 90
MOVE = f"""() => {{
    const {{ surface, marks }} = document.querySelector(".nerv").nerv.timeline;
    const {{ left, top }} = surface.getBoundingClientRect();
    const wheel = (options) => surface.dispatchEvent(
        new WheelEvent("wheel", {{ clientX: left + 500, clientY: top + 40, ...options }}));
    const frame = () => new Promise(requestAnimationFrame);
    return (async () => {{
        surface.focus();
        wheel({{ deltaY: 100000 }});
        for (let turn = 0; turn < {TURNS}; turn++) {{
            wheel(turn < 30 ? {{ deltaY: -40 }} : turn < 60 ? {{ deltaX: 50 }} : {{ deltaY: 40 }});
            await frame();
            await frame();
        }}
        return marks.element.childElementCount;
    }})();
}}"""


class Stopwatch:
    """Seconds the page's thread works, whatever else this machine does."""

    def __init__(self, page: Any) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable")
        self._start = self._worked()

    def _worked(self) -> float:
        found = self._session.send("Performance.getMetrics")["metrics"]
        return next(float(m["value"]) for m in found if m["name"] == "ThreadTime")

    def lap(self) -> float:
        """Return the seconds since the last time."""
        start, self._start = self._start, self._worked()
        return self._start - start


def version_id(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012}"


def long_history(begin: int, first_seq: int, root: str) -> list[dict[str, Any]]:
    """Rows of versions: a branch of eight in each fifty, merged at its end."""
    rows = []
    for n in range(COMMITS):
        parents = [n - 1, n - 9] if n % 50 == 9 else [n - 1]
        row = {
            "id": version_id(n),
            "label": f"v{n + 7}",
            "parents": [version_id(p) for p in parents] if n else [root],
            "branch": f"topic {n // 50}" if n % 50 in range(1, 9) else "main",
            "description": f"what was done in commit {n}",
            "author": f"author {n % 7}",
            "time": begin + n * 60_000_000,
            "seq": first_seq + EVENTS // COMMITS * n,
        }
        rows.append(row)
    return rows


def test_a_hundred_thousand_events_in_ten_thousand_commits_stay_smooth(
    bench: Callable[..., Any], lab: Any, record_property: Callable[[str, object], None]
) -> None:
    table = bench(lab)
    board = table.widget._feed.board
    rows = long_history(to_micros(lab.head.timestamp), lab.seq, board.versions[-1]["id"])
    board.add_versions(rows)
    for row in rows:
        board.density.add(row["time"], EVENTS // COMMITS)
    head = {"head": rows[-1]["id"], "head_label": rows[-1]["label"]}
    board.meta = {**board.meta, **head, "seq": lab.seq + EVENTS}
    table.widget._feed.viewers.flush()
    watch = Stopwatch(table.page)
    table.flush()
    table.wait(version=rows[-1]["label"])
    table.settle()
    assert table.root.locator(f".nerv-mark[data-label={rows[-1]['label']}]").is_visible()
    first = watch.lap()
    buttons = table.page.evaluate(MOVE)
    each = watch.lap() / TURNS
    record_property("first paint, s of work", first)
    record_property("each move, s of work", each)
    assert first < 1.5
    assert each < 0.05
    assert buttons < 300
