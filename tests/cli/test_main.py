from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from shared.spacetime_server import new_database, the_server

import nerv_lab as nl
from nerv_lab.cli import main


@pytest.fixture
def store(tmp_path: Path) -> str:
    path = tmp_path / "team.nerv"
    with nl.open(path) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("one")
    return str(path)


def test_a_sound_store_verifies_with_code_zero(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", store]) == 0
    assert capsys.readouterr().out == "verified: 1 version and 2 events, all sound\n"


def test_a_damaged_store_gives_code_one_and_names_the_place(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import apsw

    connection = apsw.Connection(store)
    connection.execute("UPDATE state_version SET description = 'another'")
    connection.close()
    assert main(["verify", store, "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert any(p["where"].startswith("version ") for p in problems)


def test_a_store_is_verified_against_another(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copy(store, tmp_path / "copy.nerv")
    assert main(["verify", store, "--against", str(copy)]) == 0
    with nl.open(copy) as lab:
        lab.tag("release")
    assert main(["verify", store, "--against", str(copy)]) == 1
    assert "tag release: is missing here" in capsys.readouterr().out
    assert main(["verify", store, "--against", str(tmp_path / "none.nerv")]) == 2


def test_the_log_is_listed_as_text_and_as_json(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["log", store]) == 0
    assert capsys.readouterr().out == "v1 (head)  one\n"
    assert main(["log", store, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["description"] == "one"


def test_a_store_that_is_not_there_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "none.nerv"
    assert main(["verify", str(path)]) == 2
    assert "there is no store" in capsys.readouterr().err
    assert not path.exists()


def test_a_wrong_command_is_answered_with_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["frobnicate"])
    assert stopped.value.code == 2
    assert "usage: nerv-lab" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_named_with_the_next_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NERV_TOKEN_FILE", str(tmp_path / "tokens.json"))
    assert main(["publish", "http://127.0.0.1:9", "somewhere"]) == 2
    assert "nerv-lab publish: " in capsys.readouterr().err


def test_a_module_is_published_and_the_database_can_be_opened(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NERV_TOKEN_FILE", str(tmp_path / "tokens.json"))
    assert main(["publish", the_server().url, new_database(), "--json"]) == 0
    uri = json.loads(capsys.readouterr().out)["uri"]
    with nl.open(uri) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("one")
        assert lab.status.state == "connected"
        assert lab.publish_module() == uri
        assert list(lab.entities) == ["ada"]
    assert main(["verify", uri]) == 0


def test_a_file_takes_no_module(store: str) -> None:
    with nl.open(store) as lab, pytest.raises(nl.ValidationError, match="takes no module"):
        lab.publish_module()


def test_a_store_is_exported_and_imported(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, target = str(tmp_path / "team.bundle"), str(tmp_path / "other.nerv")
    assert main(["export", store, bundle]) == 0
    assert capsys.readouterr().out == (
        f"exported {bundle}: 2 events, 1 version, 1 branch, 0 tags\n"
    )
    assert main(["import", bundle, target, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["new_events"] == 2
    assert captured.err == ""
    assert main(["verify", target]) == 0


def test_progress_is_told_on_standard_error(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", store, str(tmp_path / "team.bundle"), "--progress", "--json"]) == 0
    captured = capsys.readouterr()
    done, total = captured.err.splitlines()[-1].split("/")
    assert done == total
    assert json.loads(captured.out)["events"] == 2


def test_a_bundle_that_is_not_as_it_was_written_gives_code_one(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, target = tmp_path / "team.bundle", tmp_path / "other.nerv"
    main(["export", store, str(bundle)])
    bundle.write_bytes(bundle.read_bytes()[:-30])
    assert main(["import", str(bundle), str(target)]) == 1
    assert "is refused" in capsys.readouterr().err
    assert not target.exists()


def test_a_bundle_for_a_store_with_another_history_gives_code_two(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, target = str(tmp_path / "team.bundle"), str(tmp_path / "other.nerv")
    main(["export", store, bundle])
    assert main(["export", store, bundle]) == 2
    with nl.open(target) as lab:
        lab.add_entity("person", id="eve")
    assert main(["import", bundle, target]) == 2
    assert "a history of its own" in capsys.readouterr().err
    assert main(["import", str(tmp_path / "none"), target]) == 2


def test_a_key_is_made_and_what_it_signed_is_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, store = tmp_path / "key.pem", str(tmp_path / "team.nerv")
    assert main(["keygen", str(key), "--json"]) == 0
    public = json.loads(capsys.readouterr().out)["public"]
    assert main(["keygen", str(key)]) == 2
    assert "not written over" in capsys.readouterr().err
    with nl.open(store, signing_key=key) as lab:
        lab.commit("one")
        (tmp_path / "kept").write_text(lab.signed_heads[-1].text + "\n")
    assert main(["verify", store, "--trusted", public]) == 0
    assert "do not show when" in capsys.readouterr().out
    with nl.open(store) as lab:
        lab.commit("two")
    verify = ["verify", store, "--trusted", public, "--known", str(tmp_path / "kept")]
    assert main(verify) == 1
    assert "signed by nobody" in capsys.readouterr().out
