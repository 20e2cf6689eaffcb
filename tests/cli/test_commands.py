"""Every command that works on a store: its help, its JSON, its exit codes, and how far it is.

Which commands there are is read from the parser: a new one has to be listed here, or is refused.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from shared.documents import DOCS
from shared.releases import STORES, fixture
from shared.spacetime_server import the_server

import nerv_lab as nl
from nerv_lab.cli import main
from nerv_lab.cli.main import make_parser
from nerv_lab.inner_universe.contract.ids import new_id

# Those that take a while, and so tell how far they are.
LONG = {
    *("doctor", "verify", "backup", "restore", "compact", "migrate", "publish", "export"),
    *("import", "rekey"),
}
# Those that ask for nothing that could be damaged, or are tried where they are tested.
SHORT = {"log", "keygen", "lab"}

Arguments = Callable[["Place"], list[str]]


class Place:
    """A folder with a store, a backup and a bundle of it, and room for more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = str(folder / "team.nerv")
        self.old = str(fixture(min(STORES), folder))
        with nl.open(self.store) as lab:
            lab.add_entity("person", id="ada")
            lab.commit("one")
            lab.export(self.path("team.bundle"))
        shutil.copy(self.store, self.path("team.backup"))

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def damaged(self, name: str) -> str:
        """Return a copy of a file that is not as it was written."""
        damaged = shutil.copy(self.path(name), self.path(f"damaged {name}"))
        if name.endswith(".bundle"):
            content = bytearray(Path(damaged).read_bytes())
            middle = len(content) // 2
            content[middle : middle + 64] = bytes(64)
            Path(damaged).write_bytes(content)
            return damaged
        connection = apsw.Connection(damaged)
        connection.execute("UPDATE state_version SET description = 'another'")
        connection.close()
        return damaged


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("NERV_TOKEN_FILE", str(tmp_path / "tokens.json"))
    monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
    return Place(tmp_path)


WORKS: dict[str, Arguments] = {
    "doctor": lambda p: [p.store],
    "verify": lambda p: [p.store, "--against", p.path("team.backup")],
    "backup": lambda p: [p.store, p.path("new.backup")],
    "restore": lambda p: [p.path("team.backup"), p.path("new.nerv")],
    "compact": lambda p: [p.store],
    "migrate": lambda p: [p.old],
    "publish": lambda p: [the_server().url, new_id()],
    "export": lambda p: [p.store, p.path("new.bundle")],
    "import": lambda p: [p.path("team.bundle"), p.path("new.nerv")],
    "rekey": lambda p: [p.store],
    "log": lambda p: [p.store],
    "keygen": lambda p: [p.path("key")],
}
CANNOT_RUN: dict[str, Arguments] = {
    **dict.fromkeys(("doctor", "verify", "compact", "migrate", "rekey", "log"), lambda p: ["none"]),
    "backup": lambda p: ["none", p.path("new.backup")],
    "restore": lambda p: [p.path("team.backup"), p.store],
    "publish": lambda p: ["http://127.0.0.1:1", "graph"],
    "export": lambda p: [p.store, p.path("team.bundle")],
    "import": lambda p: ["none", p.path("new.nerv")],
    "keygen": lambda p: [p.store],
}
IS_NOT_SOUND: dict[str, Arguments] = {
    "verify": lambda p: [p.damaged("team.nerv")],
    "backup": lambda p: [p.damaged("team.nerv"), p.path("new.backup")],
    "restore": lambda p: [p.damaged("team.backup"), p.path("new.nerv")],
    "import": lambda p: [p.damaged("team.bundle"), p.path("new.nerv")],
}


def commands() -> dict[str, Any]:
    (found,) = (a for a in make_parser()._actions if a.dest == "command")
    assert isinstance(found.choices, dict)
    return found.choices


def test_every_command_is_tried_here_or_known_to_be_tried_elsewhere() -> None:
    assert commands().keys() == LONG | SHORT
    assert WORKS.keys() == CANNOT_RUN.keys() == commands().keys() - {"lab"}


@pytest.mark.parametrize("name", sorted(commands()))
def test_the_help_of_a_command_explains_it_and_its_exit_codes(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert stopped.value.code == 0
    assert "--json" in said
    assert "Exit codes: 0 all is well; 1 " in said
    assert ("--progress" in said) == (name in LONG)
    # Nothing that can be given goes without a word on what it is.
    assert all(action.help for action in commands()[name]._actions)


@pytest.mark.parametrize("name", sorted(commands()))
def test_a_command_is_documented_with_all_its_options(name: str) -> None:
    page = (DOCS / "reference" / "commands.md").read_text("utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| `nerv-lab {name} "))
    options = [a.option_strings[0] for a in commands()[name]._actions if a.option_strings]
    for option in options:
        if option not in ("-h", "--json"):  # said of all below the table
            assert option.replace("--progress", "--[no-]progress") in row, (option, row)


@pytest.mark.parametrize("name", sorted(WORKS))
def test_a_command_that_worked_answers_in_json_with_code_zero(
    name: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [name, *WORKS[name](place), "--json"]
    capsys.readouterr()
    assert main([*arguments, "--progress"] if name in LONG else arguments) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)
    if name in LONG:
        done, total = said.err.splitlines()[-1].split("/")
        assert done == total


@pytest.mark.parametrize("name", sorted(WORKS))
def test_a_command_says_in_words_what_it_did_and_nothing_else(
    name: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [name, *WORKS[name](place)]
    capsys.readouterr()
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert said.out.strip()
    assert said.err == ""  # it is no terminal, and nobody asked


@pytest.mark.parametrize("name", sorted(CANNOT_RUN))
def test_a_command_that_cannot_run_says_why_with_code_two(
    name: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name for path in place.folder.iterdir()}
    assert main([name, *CANNOT_RUN[name](place), "--json"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"nerv-lab {name}: ")
    assert json.loads(said.out).keys() == {"error", "message"}
    assert {p.name for p in place.folder.iterdir()} - {"tokens.json"} == before - {"tokens.json"}


@pytest.mark.parametrize("name", sorted(IS_NOT_SOUND))
def test_what_is_not_sound_is_told_with_code_one(
    name: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, *IS_NOT_SOUND[name](place), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)
