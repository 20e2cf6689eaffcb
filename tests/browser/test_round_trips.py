"""What Python asks a view of a real JupyterLab, and what it is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

START = """\
import nerv_lab as nl
lab = nl.open()
for number in range(5):
    lab.add_entity("person", name=f"P{number}", id=f"p{number}", properties={"born": 1800 + number})
for number in range(4):
    lab.relate(f"p{number}", "knows", f"p{number + 1}")
heard = []
view = lab.view(style={"node": {"color": nl.by("born", palette="viridis")}}, renderer="canvas")
view.on_click(heard.append)
view
"""


def test_positions_pictures_and_clicks_go_both_ways(notebook: Callable[..., Any]) -> None:
    book = notebook(START)
    root = book.wait("graph", nodes=5, layout="done")
    root.locator(".nerv-legend-ramp").wait_for()
    root.and_(book.page.locator("[data-told]")).wait_for()
    found = json.loads(book.run("import json; print(json.dumps(view.positions))"))
    assert found == book.positions("graph")
    told = int(root.get_attribute("data-told"))
    book.run("view.positions = {'p0': (300, 200), 'p1': (-300, 200)}")
    root.evaluate(
        """root => new Promise((done) => {
            const look = () => root.nerv.positions().p0[0] === 300 ? done() : setTimeout(look, 50);
            look();
        })"""
    )
    assert book.positions("graph")["p1"] == [-300, 200]
    book.page.wait_for_function(
        "(seq) => Number(document.querySelector('.nerv').dataset.told) > seq", arg=told
    )
    assert book.run("print(view.positions['p0'], view.pinned)") == "(300.0, 200.0) ('p0', 'p1')\n"
    size = book.run("print((await view.to_png('graph.png')).stat().st_size > 5000)")
    assert size == "True\n"
    book.run("later = view.to_png('later.png')")
    book.until("print('done' in repr(later))")
    spot = book.settle("graph").evaluate("root => root.nerv.spot('p2')")
    root.locator(".nerv-stage").click(position=spot)
    book.wait("graph", selection="p2")
    assert book.run("print(view.selection, [item.id for item in heard])") == "('p2',) ['p2']\n"
