"""The layers of the package: imports point one way, and the core does no I/O."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "nerv_lab"
# Layers of the same height do not know each other; cli may use what the others offer.
HEIGHTS = {
    "core": 0,
    "inner_universe": 1,
    "lab": 2,
    "exchange": 3,
    "widgets": 3,
    "magics": 3,
    "cli": 4,
    "testing": 4,
}
# The folders of a layer, from the lowest on.
FOLDERS = {
    "core": ("values", "graph", "history"),
    "inner_universe/spacetime": ("bsatn", "tokens", "wire", "module", "following", "queueing"),
    "widgets": ("styling", "shown", "stills", "sending", "commands"),
    "exchange": ("tables", "networks", "rdf", "git", "environment"),
    "lab": ("asking", "past", "schemas", "security", "changes", "branches"),
}
MODULES = sorted(PACKAGE.rglob("*.py"))
# Whatever is slow, or opens a thread, socket or file, is out of the core's reach.
PURE = {
    *(
        "__future__",
        "abc",
        "ast",
        "base64",
        "bisect",
        "collections",
        "contextlib",
        "contextvars",
        "copy",
    ),
    *("dataclasses", "datetime", "decimal", "difflib", "enum", "functools", "gc", "hashlib"),
    *(
        "heapq",
        "html",
        "inspect",
        "itertools",
        "json",
        "logging",
        "math",
        "operator",
        "re",
        "threading",
    ),
    *("time", "types", "typing", "unicodedata", "uuid", "weakref"),
    *("blake3", "immutables", "msgspec", "numpy", "orjson", "pydantic", "uuid_utils", "nerv_lab"),
}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE.parent).with_suffix("").as_posix()


def module_of(path: Path) -> str:
    return name_of(path).removesuffix("/__init__").replace("/", ".")


def layer_of(path: Path) -> str | None:
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return None if first == "__init__" else first


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(node: ast.AST, *, types: bool) -> Iterator[str]:
    """Return the modules that are imported, wherever in the file; those for types if asked."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif is_for_types_only(child) and not types:
            yield from (name for rest in child.orelse for name in imports(rest, types=types))
        else:
            yield from imports(child, types=types)


def names(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name):
            yield f"{child.value.id}.{child.attr}"
        elif isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
            yield f"{child.func.id}()"


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_folder_of_the_package_is_a_known_layer() -> None:
    assert {layer for path in MODULES if (layer := layer_of(path))} <= HEIGHTS.keys()


@pytest.mark.parametrize("path", [path for path in MODULES if layer_of(path)], ids=name_of)
def test_a_module_knows_its_own_layer_and_those_below(path: Path) -> None:
    layer = layer_of(path)
    assert layer is not None
    for module in imports(parsed(path), types=True):
        package, _, rest = module.partition(".")
        if package == "nerv_lab":
            other = rest.split(".")[0]
            assert other == layer or HEIGHTS[other] < HEIGHTS[layer], module


@pytest.mark.parametrize("layer", FOLDERS)
def test_a_folder_of_a_layer_knows_only_those_below(layer: str) -> None:
    folders = FOLDERS[layer]
    found = {path.parent.name for path in (PACKAGE / layer).glob("*/*.py")}
    assert found == set(folders)
    for height, folder in enumerate(folders):
        within = f"nerv_lab.{layer}.".replace("/", ".")
        above = tuple(f"{within}{name}." for name in folders[height + 1 :])
        for path in (PACKAGE / layer / folder).glob("*.py"):
            up = [name for name in imports(parsed(path), types=True) if name.startswith(above)]
            assert up == [], name_of(path)


def test_no_modules_know_each_other_in_a_circle_even_by_names_for_types() -> None:
    known = {module_of(path): path for path in MODULES}
    uses = {
        module: {
            name if name in known else name.rpartition(".")[0]
            for name in imports(parsed(path), types=True)
        }
        for module, path in known.items()
    }
    try:
        TopologicalSorter(uses).prepare()
    except CycleError as error:
        pytest.fail(" is imported by ".join(error.args[1]))


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").rglob("*.py")), ids=name_of)
def test_the_core_imports_nothing_that_does_io(path: Path) -> None:
    assert {module.split(".")[0] for module in imports(parsed(path), types=False)} <= PURE


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").rglob("*.py")), ids=name_of)
def test_the_core_locks_but_starts_no_thread_and_opens_no_file(path: Path) -> None:
    used = set(names(parsed(path)))
    threading = {name for name in used if name.startswith("threading.")}
    assert threading <= {"threading.Lock", "threading.RLock"}
    assert not used & {"open()", "print()", "input()", "exec()", "eval()", "time.sleep"}
