"""Every optional extra does its part, and says which it is where it is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from shared.git_repositories import TestRepository

ROOT = Path(__file__).resolve().parents[1]
FOR_DEVELOPERS = {"bench", "docs", "lint", "test"}
# From each extra to the module it brings, and a use of it.
USES = {
    "algorithms": ("scipy", "networkx.pagerank(lab.nx)"),
    "arrow": ("pyarrow", "lab.to_arrow()"),
    "crypto": ("cryptography", "nl.open(encrypt={'person': ['ssn']}, field_key=key).close()"),
    "git": ("dulwich", "nl.from_git(repository).close()"),
    "keyring": ("keyring", "keyring_key('none.nerv')"),
    "otel": ("opentelemetry", "import_module('nerv_lab.inner_universe.metrics.otel')"),
    "prometheus": (
        "prometheus_client",
        "import_module('nerv_lab.inner_universe.metrics.prometheus')",
    ),
    "rdf": ("rdflib", "lab.to_rdf()"),
}
PROGRAM = """
import json, sys
from importlib import import_module
without, *uses = json.loads(sys.argv[1])
sys.modules.update(dict.fromkeys(without))
import networkx
import nerv_lab as nl
from nerv_lab.core.errors import KeyMissingError
from nerv_lab.inner_universe.keys.keyring_keys import keyring_key
repository, key = sys.argv[2], nl.generate_field_key()
said = []
with nl.open() as lab:
    lab.add_entity("person", id="ada")
    lab.relate("ada", "knows", "ada")
    assert lab.verify()
    for use in uses:
        try:
            exec(use)
        except KeyMissingError:  # the keyring was asked, and keeps none
            said.append(None)
        except Exception as error:
            said.append(str(error))
        else:
            said.append(None)
print(json.dumps(said))
"""


def said(without: list[str], folder: Path) -> dict[str, str | None]:
    """Return what each use says in a process of its own, None where it works."""
    made = TestRepository(folder)
    made.commit({"a": b"1"})
    given = json.dumps([without, *(use for _, use in USES.values())])
    environment = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, given, str(made.path)],
        capture_output=True, text=True, timeout=300, check=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    return dict(zip(USES, json.loads(done.stdout), strict=True))


def test_no_extra_is_missing_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"].keys() - FOR_DEVELOPERS == USES.keys()


def test_with_its_extra_each_of_them_works(tmp_path: Path) -> None:
    assert said([], tmp_path) == dict.fromkeys(USES)


def test_without_its_extra_each_of_them_says_what_to_install(tmp_path: Path) -> None:
    answers = said([module for module, _ in USES.values()], tmp_path)
    # It is networkx that asks for scipy, and names it.
    assert "scipy" in str(answers.pop("algorithms"))
    wrong = {e: text for e, text in answers.items() if f"nerv-lab[{e}]" not in str(text)}
    assert wrong == {}
