"""The timeline: ranges, holding, the keyboard, and a long history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nerv_lab as nl
from nerv_lab.core.versions import to_micros

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
    places = table.root.locator(".nerv-mark[data-label=v3]").bounding_box()
    for _ in range(3):
        lab.add_entity("thing", name="later")
    lab.commit("later")
    table.flush()
    table.root.locator(".nerv-timeline[data-waiting='4']").wait_for()
    table.wait(shown=f"event {held}", nodes=6)
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


FRAMES = """() => {
    const panel = document.querySelector(".nerv").nerv.timeline;
    const surface = panel.surface.getBoundingClientRect();
    const times = [];
    const wheel = (options) => panel.surface.dispatchEvent(new WheelEvent("wheel", {
        clientX: surface.left + 500, clientY: surface.top + 40, ...options }));
    const frame = (options) => new Promise((resolve) => {
        const start = performance.now();
        wheel(options);
        requestAnimationFrame(() => requestAnimationFrame(() => {
            times.push(performance.now() - start);
            resolve();
        }));
    });
    const painted = [];
    const paint = panel.on.painted;
    let begun = 0;
    panel.on.painted = () => { painted.push(performance.now() - begun); paint(); };
    return (async () => {
        panel.surface.focus();
        wheel({ deltaY: 100000 });
        for (let step = 0; step < 90; step++) {
            begun = performance.now();
            const move = step < 30 ? { deltaY: -40 } : step < 60 ? { deltaX: 50 } : { deltaY: 40 };
            await frame(move);
        }
        const sorted = [...times].sort((a, b) => a - b);
        const buttons = panel.marks.element.childElementCount;
        return { fps: 2000 / sorted[45], worst: 2000 / sorted[88], buttons };
    })();
}"""


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
    table.widget._feed._flush()
    table.page.evaluate(
        """(items) => {
            const panel = document.querySelector(".nerv").nerv.timeline;
            const paint = panel.on.painted, start = performance.now();
            panel.on.painted = () => { window.firstPaint ??= performance.now() - start; paint(); };
            window.fromKernel(items);
        }""",
        table._taken(),
    )
    table.wait(version=rows[-1]["label"])
    table.root.locator(f".nerv-mark[data-label={rows[-1]['label']}]").wait_for()
    first = table.page.evaluate("window.firstPaint")
    found = table.page.evaluate(FRAMES)
    record_property("first paint, ms", first)
    record_property("frames", found)
    assert first < 1_500
    assert found["fps"] > 20
    assert found["buttons"] < 300
