"""What must work wherever the package is installed; run by the Python of that environment.

Neither Node nor Rust is needed: the bundle and the module are in the wheel.
"""

from __future__ import annotations

import importlib.metadata
import sys
import tempfile
import warnings
from pathlib import Path

warnings.simplefilter("error")

import nerv_lab as nl  # noqa: E402 - warnings of the import itself are errors too
from nerv_lab.inner_universe.spacetime.publish import module_bytes  # noqa: E402


def main() -> None:
    """Make a store, look at it in every way, and take its history along."""
    assert Path(nl.__file__).is_relative_to(sys.prefix), nl.__file__
    assert importlib.metadata.version("nerv-lab") == nl.__version__
    assert module_bytes()[:4] == b"\0asm"
    with tempfile.TemporaryDirectory() as folder, nl.open(Path(folder) / "team.nerv") as lab:
        ada = lab.add_entity("person", name="Ada Lovelace", properties={"born": 1815})
        lab.relate(ada, "knows", ada)
        first = lab.commit("first facts")
        lab.update(ada, properties={"died": 1852})
        assert len(lab.diff(first)) == 1
        lab.rollback(first)
        assert lab.verify()
        assert lab.explorer()._esm
        assert "Ada Lovelace" in lab.to_html(Path(folder) / "lab.html").read_text("utf-8")
        assert lab.match("person", born__gt=1800).df["born"].tolist() == [1815]
        assert lab.nx.number_of_edges() == 1
        lab.export(Path(folder) / "team.bundle")
        lab.to_graphml(Path(folder) / "team.graphml")
        with nl.open() as other:
            assert other.import_bundle(Path(folder) / "team.bundle").versions == 2
        with nl.open() as other:
            assert other.import_graphml(Path(folder) / "team.graphml").added == 2


if __name__ == "__main__":
    main()
    print(f"works on Python {sys.version.split()[0]}")
