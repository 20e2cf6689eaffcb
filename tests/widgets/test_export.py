"""Files of a Lab: a page that stays explorable, and a still picture."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest

import nerv_lab as nl
from nerv_lab.widgets.recording import record


def recorded(path: Path) -> dict[str, Any]:
    found = re.search(r'id="recording">([^<]*)<', path.read_text())
    assert found is not None
    data: dict[str, Any] = orjson.loads(gzip.decompress(base64.b64decode(found[1])))
    return data


def grow(lab: Any, versions: int) -> None:
    for number in range(versions):
        lab.add_entity("thing", name=f"thing {number}")
        lab.commit(f"commit {number}")


def test_every_version_is_reached_by_the_recorded_steps(lab: Any) -> None:
    grow(lab, 4)
    lab.delete(lab.entities.where(name="thing 1")[0])
    lab.commit("one less")
    data = record(lab, versions=10)
    items = [orjson.loads(orjson.dumps(row)) for row in data["items"]]
    state = dict(data["live"])
    for step, row in zip(data["steps"], reversed(data["versions"]), strict=True):
        for key in step["gone"]:
            del state[key]
        state.update(step["set"])
        names = {items[number]["name"] for number in state.values()}
        assert names == {e.name for e in lab.at(row["label"]).state.entities.values()}


def test_a_long_history_is_cut_and_the_page_says_so(lab: Any, tmp_path: Path) -> None:
    grow(lab, 5)
    path = lab.to_html(tmp_path / "lab.html", versions=2)
    assert [row["label"] for row in recorded(path)["versions"]] == ["v4", "v5"]
    assert "the newest 2 of 5 versions" in path.read_text()


def test_versions_that_do_not_fit_are_left_out(lab: Any) -> None:
    lab.add_entity("thing", id="x", description="a" * 20_000)
    lab.commit("heavy")
    lab.update("x", description="light")
    lab.commit("light")
    data = record(lab, versions=10, max_bytes=10_000)
    assert [row["label"] for row in data["versions"]] == ["v2"]
    assert len(data["items"]) == 1


def test_a_graph_that_does_not_fit_is_refused_before_a_file_is_written(
    lab: Any, tmp_path: Path
) -> None:
    lab.add_entity("thing", description="a" * 2_000)
    with pytest.raises(nl.ValidationError, match="max_bytes"):
        lab.to_html(tmp_path / "lab.html", max_bytes=1_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", [{"theme": "pink"}, {"versions": -1}, {"height": 1}])
def test_options_out_of_range_are_refused(lab: Any, tmp_path: Path, option: dict[str, Any]) -> None:
    with pytest.raises(nl.ValidationError, match=next(iter(option))):
        lab.to_html(tmp_path / "lab.html", **option)


def test_the_same_lab_gives_the_same_file(lab: Any, tmp_path: Path) -> None:
    grow(lab, 2)
    first, second = (lab.to_html(tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_a_picture_is_svg_with_the_texts_as_texts(lab: Any, tmp_path: Path) -> None:
    lab.add_entity("thing", name="<b>&")
    root = ET.parse(lab.to_svg(tmp_path / "lab.svg", title="Things & more")).getroot()
    assert "<b>&" in {element.text for element in root.iter()}
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "Things & more"
