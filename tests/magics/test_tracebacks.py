"""What a shell shows of an error."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

FAILS = 'def mine():\n    return lab.entity("adda")\nmine()'


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """Return a shell with an open lab, which forgets what it noted of errors."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    shell.run_cell("import nerv_lab as nl\nlab = nl.open()")
    yield shell
    shell.user_ns["lab"].close()
    shell.atexit_operations()
    atexit.unregister(shell.atexit_operations)
    InteractiveShell.clear_instance()
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
