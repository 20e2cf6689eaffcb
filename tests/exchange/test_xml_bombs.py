"""XML that would unfold without an end, or read what is not its own, is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import nerv_lab as nl

GRAPHML = (
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    '<key id="k" for="node" attr.name="x" attr.type="string"/>'
    '<graph edgedefault="directed"><node id="a"><data key="k">{text}</data></node></graph>'
    "</graphml>"
)
GEXF = (
    '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2"><graph><nodes>'
    '<node id="a" label="{text}"/></nodes></graph></gexf>'
)
READERS: dict[str, tuple[str, Callable[[nl.Lab, Path], object]]] = {
    "GraphML": (GRAPHML, lambda lab, path: lab.import_graphml(path)),
    "GEXF": (GEXF, lambda lab, path: lab.import_gexf(path)),
}
LEVELS = 9  # ten to this power of the first


def bomb() -> str:
    entities = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, LEVELS + 1)]
    return f'<!DOCTYPE x [<!ENTITY e0 "lol">{"".join(entities)}]>'


@pytest.mark.parametrize("name", READERS)
def test_entities_in_entities_are_refused(name: str, lab: nl.Lab, tmp_path: Path) -> None:
    text, read = READERS[name]
    path = tmp_path / "bomb.xml"
    path.write_text(f"<?xml version='1.0'?>{bomb()}{text.format(text=f'&e{LEVELS};')}")
    with pytest.raises(nl.ValidationError, match=f"is not {name}: .*amplification"):
        read(lab, path)
    assert len(lab.entities) == 0


@pytest.mark.parametrize("name", READERS)
def test_no_other_file_is_read_for_an_entity(name: str, lab: nl.Lab, tmp_path: Path) -> None:
    text, read = READERS[name]
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    path = tmp_path / "reads.xml"
    path.write_text(f"<?xml version='1.0'?>{doctype}{text.format(text='&e;')}")
    with pytest.raises(nl.ValidationError, match=f"is not {name}"):
        read(lab, path)
    assert len(lab.entities) == 0
