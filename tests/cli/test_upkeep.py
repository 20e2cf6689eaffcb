from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import apsw
import pytest
from shared.old_stores import back_to_first_tables

import nerv_lab as nl
from nerv_lab.cli import main
from nerv_lab.cli.main import make_parser
from nerv_lab.core.errors import StoreKeyError


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "team.nerv"
    with nl.open(path) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("one")
    return path


def answer(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    assert main([*map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def commands() -> dict[str, Any]:
    (found,) = (a for a in make_parser()._actions if a.dest == "command")
    assert isinstance(found.choices, dict)
    return found.choices


def test_the_doctor_says_how_a_store_is(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(store)]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{store}: healthy\n")
    assert "nerv-lab 0." in text


def test_the_doctor_answers_in_json(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "doctor", store)
    assert found["level"] == "ok"
    by_name = {finding["name"]: finding["detail"] for finding in found["findings"]}
    assert by_name["encryption"] == "in plain text"
    assert by_name["engine"].startswith("SQLite ")


def test_a_doctor_who_finds_a_problem_gives_code_one(
    store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerv_lab.lab.health.HealthReport.level", "problem")
    assert answer(capsys, "doctor", store, code=1)["level"] == "problem"


def test_a_store_is_backed_up_restored_and_compacted(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup, again = tmp_path / "team.backup", tmp_path / "again.nerv"
    assert answer(capsys, "backup", store, backup)["path"] == str(backup)
    assert answer(capsys, "restore", backup, again) == {
        "path": str(again),
        "before": backup.stat().st_size,
        "after": again.stat().st_size,
        "kept": None,
    }
    assert answer(capsys, "compact", again)["after"] <= again.stat().st_size
    assert main(["verify", str(again)]) == 0


def test_restoring_over_a_store_needs_force_and_says_where_the_old_one_is(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = tmp_path / "team.backup"
    assert main(["backup", str(store), str(backup)]) == 0
    assert main(["restore", str(backup), str(store)]) == 2
    assert "--force" in capsys.readouterr().err
    kept = Path(answer(capsys, "restore", backup, store, "--force")["kept"])
    with nl.open(kept) as lab:
        assert list(lab.entities) == ["ada"]


def test_a_backup_that_is_damaged_gives_code_one(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = apsw.Connection(str(store))
    connection.execute("UPDATE entity SET revision = 7")
    connection.close()
    assert main(["restore", str(store), str(tmp_path / "again.nerv")]) == 1
    assert "is damaged" in capsys.readouterr().err
    assert not (tmp_path / "again.nerv").exists()


@pytest.mark.parametrize("told", [True, False])
def test_how_far_it_is_is_told_on_standard_error(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], told: bool
) -> None:
    option = "--progress" if told else "--no-progress"
    assert main(["backup", str(store), str(tmp_path / "b"), option]) == 0
    assert bool(capsys.readouterr().err) is told


@pytest.mark.parametrize("command", ["backup", "compact", "rekey"])
def test_what_is_on_a_server_or_not_there_is_refused(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = [str(tmp_path / "target")] if command == "backup" else []
    assert main([command, "spacetimedb://127.0.0.1:9/x", *rest]) == 2
    assert "nerv-lab export" in capsys.readouterr().err
    assert main([command, str(tmp_path / "none.nerv"), *rest]) == 2
    assert "there is no store" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_store_is_encrypted_and_decrypted(
    store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    assert answer(capsys, "rekey", store) == {"path": str(store), "encrypted": True}
    with pytest.raises(StoreKeyError):
        nl.open(store)
    assert main(["verify", str(store)]) == 2
    assert "NERV_KEY" in capsys.readouterr().err
    monkeypatch.setenv("NERV_KEY", "secret")
    assert main(["verify", str(store)]) == 0
    capsys.readouterr()
    assert answer(capsys, "rekey", store, "--plain") == {"path": str(store), "encrypted": False}
    monkeypatch.delenv("NERV_KEY")
    assert main(["verify", str(store)]) == 0


def test_a_key_can_be_asked_for_and_is_not_shown(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with nl.open(store) as lab:
        lab.rekey("open sesame")
    monkeypatch.setattr("getpass.getpass", lambda prompt: "open sesame")
    assert main(["backup", str(store), str(tmp_path / "b"), "--ask-key"]) == 0
    monkeypatch.setattr("getpass.getpass", lambda prompt: "open barley")
    assert main(["compact", str(store), "--ask-key"]) == 2
    shown = capsys.readouterr()
    assert "does not open the store" in shown.err
    assert "open sesame" not in shown.out + shown.err
    assert "open barley" not in shown.out + shown.err


def test_a_new_key_is_asked_for_twice_at_a_terminal(
    store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    answers = iter(["one", "two", "one", "one"])
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    assert main(["rekey", str(store)]) == 2
    assert "nothing was changed" in capsys.readouterr().err
    assert main(["rekey", str(store)]) == 0
    with nl.open(store, key="one") as lab:
        assert list(lab.entities) == ["ada"]


def test_a_store_of_an_older_nerv_lab_is_migrated_after_a_backup(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", str(store)]) == 0
    assert "is up to date" in capsys.readouterr().out
    back_to_first_tables(store)
    planned = answer(capsys, "migrate", store, "--dry-run")
    assert planned["steps"]
    assert planned["backup"] is None
    done = answer(capsys, "migrate", store)
    assert done["steps"] == planned["steps"]
    assert Path(done["backup"]).exists()
    assert main(["verify", str(store)]) == 0


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_described_and_answers_in_json(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    help_ = capsys.readouterr().out
    assert "--json" in help_
    assert re.search(r"\n\n\w[^\n]{10,}", help_), "no description"


def test_the_help_says_what_the_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "Exit codes: 0 all is well; 1 " in " ".join(capsys.readouterr().out.split())
