"""What a shell shows of an error."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

FAILS = 'def mine():\n    return lab.entity("adda")\nmine()'


@pytest.fixture
def shell(bare_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """Return a shell with an open lab, which forgets what it noted of errors."""
    bare_shell.run_cell("import nerv_lab as nl\nlab = nl.open()")
    yield bare_shell
    for name in ("last_type", "last_value", "last_traceback"):
        vars(sys).pop(name, None)


def shown(shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str) -> str:
    capsys.readouterr()
    shell.run_cell(cell)
    return "".join(capsys.readouterr())


def test_an_error_is_shown_with_the_lines_of_the_user_alone(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_line_magic("load_ext", "nerv_lab")
    text = shown(shell, capsys, FAILS)
    assert "EntityNotFoundError: no entity 'adda'" in text
    assert 'return lab.entity("adda")' in text
    assert "reading.py" not in text


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param('lab.at("v9")', id="a method that is wrapped"),
        pytest.param("lab.update(lab.add_entity('person'), name=5)", id="a dataclass"),
        pytest.param("lab.explorer(layout='forse')", id="a trait"),
        pytest.param("lab.import_pandas(edges=edges, create_missing=False)", id="a with block"),
    ],
)
def test_the_libraries_that_nerv_lab_calls_are_left_out_too(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    shell.run_line_magic("load_ext", "nerv_lab")
    shell.run_cell("import pandas\nedges = pandas.DataFrame({'source': ['a'], 'target': ['b']})")
    text = shown(shell, capsys, cell)
    assert "Error: " in text
    assert "File " not in text


def test_what_nerv_lab_calls_back_and_what_calls_it_for_the_user_stay(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_line_magic("load_ext", "nerv_lab")
    shell.run_cell("import functools\nlab.commit('one')\ndef mine(past):\n    past.entity('adda')")
    assert "past.entity('adda')" in shown(shell, capsys, "lab.bisect(mine)")
    within = shown(shell, capsys, "list(functools.singledispatch(lab.entity)('adda'))")
    assert "functools.py" in within


def test_the_whole_traceback_is_there_when_asked_for(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_line_magic("load_ext", "nerv_lab")
    shown(shell, capsys, FAILS)
    assert "reading.py" in shown(shell, capsys, "%tb")


def test_other_errors_are_shown_as_ever(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shown(shell, capsys, "1 / 0")
    shell.run_line_magic("load_ext", "nerv_lab")
    assert shown(shell, capsys, "1 / 0").splitlines()[2:] == before.splitlines()[2:]


def test_a_handler_of_the_user_stays(shell: InteractiveShell) -> None:
    shell.set_custom_exc((KeyError,), lambda *args, **kwargs: None)
    shell.run_line_magic("load_ext", "nerv_lab")
    shell.run_line_magic("unload_ext", "nerv_lab")
    assert shell.custom_exceptions == (KeyError,)


def test_unloading_brings_whole_tracebacks_back(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_line_magic("load_ext", "nerv_lab")
    shell.run_line_magic("unload_ext", "nerv_lab")
    assert "reading.py" in shown(shell, capsys, FAILS)
