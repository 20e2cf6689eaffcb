"""What holds of every importer, whatever it reads."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exchange.paper import PaperLab
from shared.git_repositories import TestRepository

import nerv_lab as nl
import nerv_lab.exchange as exchange
from nerv_lab.core.errors import NervError

COUNT = 300
IDS = [f"n{number}" for number in range(COUNT)]
NODES = pd.DataFrame({"id": IDS, "type": "thing", "size": range(COUNT), "said": "so " * 40})
EDGES = pd.DataFrame({"source": IDS[:-1], "target": IDS[1:], "type": "next"})


@dataclass
class Case:
    """Data that is well, data that is not, and what is said of that.

    `good` and `bad` make, in a folder, what an importer is called with.
    """

    good: Callable[[Path], dict[str, Any]]
    bad: Callable[[Path], dict[str, Any]]
    said: str


def file(name: str, text: str, **given: Any) -> Callable[[Path], dict[str, Any]]:
    """Return what writes a file and calls for it under the name of an argument."""

    def make(folder: Path) -> dict[str, Any]:
        path = folder / "data"
        path.write_text(text, encoding="utf-8")
        return {name: path, **given}

    return make


def tables(nodes: pd.DataFrame, edges: pd.DataFrame, kind: str) -> Callable[[Path], dict[str, Any]]:
    def make(folder: Path) -> dict[str, Any]:
        paths = {"nodes": folder / "nodes", "edges": folder / "edges"}
        for frame, path in zip((nodes, edges), paths.values(), strict=True):
            if kind == "csv":
                frame.to_csv(path, index=False)
            else:
                pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
        return paths

    return make


def graph(**data: Any) -> nx.DiGraph[Any]:
    made = nx.path_graph(IDS, create_using=nx.DiGraph)
    made.nodes["n200"].update(data)
    return made


def json_lines(last: str) -> str:
    nodes = [f'{{"type":"node","id":"{id}","labels":["thing"]}}\n' for id in IDS]
    return "".join([*nodes, last])


def xml(kind: str, last: str) -> str:
    nodes = "".join(f'<node id="{id}"/>' for id in IDS)
    edge = f'<edge source="n1" target="{last}"/>'
    if kind == "graphml":
        return f"<graphml><graph edgedefault='directed'>{nodes}{edge}</graph></graphml>"
    return f"<gexf><graph><nodes>{nodes}</nodes><edges>{edge}</edges></graph></gexf>"


def turtle(last: str) -> str:
    return "".join(f"<urn:{id}> a <urn:thing> .\n" for id in IDS) + last


def repository(folder: Path) -> dict[str, Any]:
    made = TestRepository(folder)
    parents: list[str] = []
    for number in range(5):
        parents = [made.commit({"a": b"%d" % number}, *parents)]
    return {"path": made.path}


def distributions(folder: Path) -> dict[str, Any]:
    for id in IDS:
        info = folder / "site" / f"{id}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {id}\nVersion: 1.0\n")
    return {"path": folder / "site"}


def no_folder(folder: Path) -> dict[str, Any]:
    return {"path": folder / "none"}


BAD_EDGES = EDGES.assign(target=[*IDS[1:-1], "nowhere"])
DANGLING = "'nowhere'; add it to the nodes"
GIT = Case(repository, no_folder, r"path: .*none")
ENVIRONMENT = Case(distributions, no_folder, r"path: .*none is not a folder")
CASES = {
    "import_pandas": Case(
        lambda folder: {"nodes": NODES, "edges": EDGES},
        lambda folder: {"nodes": NODES, "edges": BAD_EDGES},
        f"edges.target: row 298: there is no entity {DANGLING}",
    ),
    "import_csv": Case(
        tables(NODES, EDGES, "csv"),
        tables(NODES, BAD_EDGES, "csv"),
        f"edges.target: line 300: there is no entity {DANGLING}",
    ),
    "import_parquet": Case(
        tables(NODES, EDGES, "parquet"),
        tables(NODES, BAD_EDGES, "parquet"),
        f"edges.target: row 298: there is no entity {DANGLING}",
    ),
    "import_networkx": Case(
        lambda folder: {"graph": graph()},
        lambda folder: {"graph": graph(size=float("nan"))},
        "nodes.properties.size: node 'n200': .*nan",
    ),
    "import_json_lines": Case(
        file("path", json_lines("")),
        file("path", json_lines('{"type":"node"}')),
        "path: line 301: is no node",
    ),
    "import_graphml": Case(
        file("path", xml("graphml", "n2")),
        file("path", xml("graphml", "nowhere")),
        f"edges.target: edge 'n1' to 'nowhere': there is no entity {DANGLING}",
    ),
    "import_gexf": Case(
        file("path", xml("gexf", "n2")),
        file("path", xml("gexf", "nowhere")),
        f"edges.target: edge 'n1' to 'nowhere': there is no entity {DANGLING}",
    ),
    "import_rdf": Case(
        file("source", turtle(""), format="turtle"),
        file("source", turtle("<urn:x> <urn:y> .\n"), format="turtle"),
        "source: .*data is not turtle: at line 301",
    ),
    "import_git": GIT,
    "from_git": GIT,
    "sync_environment": ENVIRONMENT,
    "from_environment": ENVIRONMENT,
}
WITHOUT_A_LAB = {"from_git", "from_environment"}
every_importer = pytest.mark.parametrize("name", CASES)


def run(name: str, lab: Any, given: dict[str, Any], progress: Any = None) -> Any:
    """Call an importer; what opens a lab of its own closes it."""
    importer = getattr(exchange, name)
    if name not in WITHOUT_A_LAB:
        return importer(lab, **given, progress=progress)
    given = dict(given)
    path = [given.pop("path")] if name == "from_git" else []
    importer(*path, **given, progress=progress).close()
    return None


@pytest.fixture
def lab(name: str, tmp_path: Path) -> Any:
    """Return a lab on paper, or a real one where a history is brought in."""
    if name != "import_git":
        yield PaperLab()
        return
    with nl.open() as lab:
        yield lab


def test_no_importer_is_missing_here() -> None:
    beginnings = ("import_", "from_", "sync_")
    assert {name for name in exchange.__all__ if name.startswith(beginnings)} == CASES.keys()
    exports = {"to_arrow", "to_networkx", "to_pandas"}
    files = {n for n in exchange.__all__ if n.startswith("to_")} - exports
    assert files == EXPORTERS


@every_importer
def test_progress_rises_and_ends_with_the_total(name: str, lab: Any, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    run(name, lab, CASES[name].good(tmp_path), lambda *step: told.append(step))
    done, totals = [d for d, _ in told], {t for _, t in told}
    assert len(totals) == 1
    assert done == sorted(set(done))
    assert done[-1] == totals.pop() > 0
    assert 1 < len(told) <= 102


@every_importer
def test_bad_input_changes_nothing_and_is_told_with_its_place(
    name: str, lab: Any, tmp_path: Path
) -> None:
    before, told = lab.state.data_hash, list[tuple[int, int]]()
    given = CASES[name].bad(tmp_path)
    with pytest.raises(NervError, match=re.compile(f"^{CASES[name].said}")):
        run(name, lab, given, lambda *step: told.append(step))
    assert lab.state.data_hash == before
    assert all(done < total for done, total in told)


@every_importer
def test_an_interrupt_leaves_nothing_behind(name: str, lab: Any, tmp_path: Path) -> None:
    before, given = lab.state.data_hash, CASES[name].good(tmp_path)
    there = sorted(tmp_path.rglob("*"))

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(name, lab, given, interrupt)
    assert lab.state.data_hash == before
    assert sorted(tmp_path.rglob("*")) == there


@pytest.mark.parametrize("name", sorted(CASES.keys() - WITHOUT_A_LAB - {"import_git"}))
def test_the_same_data_twice_change_nothing(name: str, lab: Any, tmp_path: Path) -> None:
    given = CASES[name].good(tmp_path)
    assert run(name, lab, given).added > 0
    again = run(name, lab, given)
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
    assert len(lab.reasons) == 1


@every_importer
def test_what_is_no_progress_is_refused(name: str, lab: Any, tmp_path: Path) -> None:
    with pytest.raises(NervError, match="progress: must be True or a callable, not 7"):
        run(name, lab, CASES[name].good(tmp_path), 7)


EXPORTERS = {
    "to_csv",
    "to_gexf",
    "to_graphml",
    "to_json_lines",
    "to_parquet",
    "to_pyvis",
    "to_rdf",
}


@pytest.fixture(scope="module")
def full() -> PaperLab:
    lab = PaperLab()
    exchange.import_pandas(lab, NODES, EDGES)
    return lab


@pytest.mark.parametrize("name", sorted(EXPORTERS))
def test_an_export_tells_its_progress_and_is_whole_or_not_there(
    name: str, full: PaperLab, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    write, target = getattr(exchange, name), tmp_path / "out"

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    if name != "to_parquet":  # which is written a part at a time, and this is one
        with pytest.raises(KeyboardInterrupt):
            write(full, target, progress=interrupt)
        assert list(tmp_path.iterdir()) == []
    write(full, target, progress=lambda *step: told.append(step))
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (599, 599)
    files = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    assert files
    assert not [file for file in files if file.name.endswith(".part")]
    with pytest.raises(NervError, match="cannot be"):
        write(full, files[0] / "in a file")


@pytest.mark.parametrize("name", sorted(EXPORTERS))
def test_every_export_to_files_says_what_it_takes(name: str) -> None:
    assert {"progress"} <= inspect.signature(getattr(exchange, name)).parameters.keys()


def test_a_bar_is_drawn_where_there_is_no_shell(
    full: PaperLab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange.to_json_lines(full, tmp_path / "out", progress=True)
    assert capsys.readouterr().err.endswith("\n599/599\n")
