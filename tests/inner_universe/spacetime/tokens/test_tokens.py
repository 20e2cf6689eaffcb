"""Tokens: kept where only the user can read, and shown nowhere."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest

from nerv_lab.core.errors import NERVPersistenceError
from nerv_lab.inner_universe.spacetime.tokens import FixedToken, Secret, TokenFile


def test_a_token_is_kept_for_its_server(tmp_path: Path) -> None:
    kept = TokenFile(tmp_path / "deep" / "tokens.json")
    assert kept.get("http://a") is None
    kept.put("http://a", Secret("one"))
    kept.put("http://b", Secret("two"))
    assert kept.get("http://a") == Secret("one")
    assert TokenFile(kept.path).get("http://b") == Secret("two")


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_nobody_else_can_read_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = TokenFile(tmp_path / "folder" / "tokens.json")
    kept.put("http://a", Secret("one"))
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700
    kept.path.chmod(0o644)
    assert kept.get("http://a") == Secret("one")
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert "was open to others" in caplog.text
    assert [path.name for path in kept.path.parent.iterdir()] == ["tokens.json"]


@pytest.mark.parametrize("text", ["", "no JSON", "\xff"])
def test_a_damaged_file_is_said_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(NERVPersistenceError, match="mend or remove"):
        TokenFile(path).get("http://a")
    with pytest.raises(NERVPersistenceError):
        TokenFile(path).put("http://a", Secret("one"))
    assert path.read_text(encoding="latin-1") == text


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NERVPersistenceError):
        TokenFile(tmp_path / "file" / "tokens.json").put("http://a", Secret("one"))


def test_a_secret_is_shown_nowhere() -> None:
    secret = Secret("one")
    for shown in (repr(secret), str(secret), f"{secret}", repr(FixedToken(secret))):
        assert "one" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_given_token_is_not_replaced() -> None:
    fixed = FixedToken(Secret("one"))
    assert fixed.get("http://anywhere") == Secret("one")
    with pytest.raises(NERVPersistenceError):
        fixed.put("http://anywhere", Secret("two"))
