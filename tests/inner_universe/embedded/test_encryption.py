from __future__ import annotations

import logging
import os
import pickle
import random
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

import nerv_lab as nl
from nerv_lab.core.errors import (
    KeyMissingError,
    NERVPersistenceError,
    NotEncryptedError,
    StoreInUseError,
    StoreKeyError,
    ValidationError,
    WrongKeyError,
)
from nerv_lab.inner_universe import InnerUniverseConfig
from nerv_lab.inner_universe.embedded.rekeying import rekey_file
from nerv_lab.inner_universe.keys.store_keys import Key

SECRET = "correct horse battery staple"
MARK = "PLAINTEXTMARK"
SCRIPT = Path(__file__).with_name("rekeying_process.py")
KILLS = 6


def fill(path: Path, key: Any = SECRET) -> None:
    with nl.open(path, key=key) as lab:
        lab.add_entity("person", id="ada", name=MARK, properties={"note": MARK})
        lab.commit(MARK)


@pytest.fixture
def store(store_path: Path) -> Path:
    fill(store_path)
    return store_path


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_nothing_in_the_file_or_its_log_can_be_read(store_path: Path) -> None:
    with nl.open(store_path, key=SECRET) as lab:
        lab.add_entity("person", id="ada", name=MARK)
        lab.commit(MARK)
        assert Path(f"{store_path}-wal").stat().st_size > 0
        written = bytes_of(store_path.parent)
        assert MARK.encode() not in written
        assert b"entity_id" not in written
        assert b"SQLite format" not in written
    assert MARK.encode() not in bytes_of(store_path.parent)


def test_without_a_key_the_same_can_be_read(store_path: Path) -> None:
    fill(store_path, key=None)
    assert MARK.encode() in bytes_of(store_path.parent)


@pytest.mark.parametrize("key", [SECRET, SECRET.encode(), lambda: SECRET])
def test_the_key_opens_it_in_whatever_form_it_comes(store: Path, key: Any) -> None:
    with nl.open(store, key=key) as lab:
        assert lab.entity("ada").name == MARK
        assert lab.verify().ok


def test_two_labs_share_an_encrypted_store_live(store: Path) -> None:
    with nl.open(store, key=SECRET) as lab, nl.open(store, key=SECRET) as other:
        arrived = threading.Event()
        other.bus.subscribe("said", lambda event: arrived.set())
        lab.bus.publish("said")
        assert arrived.wait(120)


@pytest.mark.parametrize(
    ("key", "error"), [("wrong", WrongKeyError), (None, KeyMissingError), (b"\x00", WrongKeyError)]
)
def test_another_key_is_refused_without_harm(
    store: Path, key: Any, error: type[StoreKeyError]
) -> None:
    before = store.read_bytes()
    with pytest.raises(error, match="open "):
        nl.open(store, key=key)
    assert store.read_bytes() == before
    with nl.open(store, key=SECRET) as lab:
        assert lab.verify().ok


def test_a_store_in_plain_text_takes_no_key(store_path: Path) -> None:
    fill(store_path, key=None)
    with pytest.raises(NotEncryptedError, match="rekey"):
        nl.open(store_path, key=SECRET)
    with nl.open(store_path) as lab:
        assert lab.verify().ok


def test_a_refused_key_leaves_the_locks_of_others_alone(store: Path) -> None:
    with nl.open(store, key=SECRET) as lab:
        for key in ("wrong", None):
            with pytest.raises(StoreKeyError):
                nl.open(store, key=key)
        code = (
            "import sys; from pathlib import Path\n"
            "from nerv_lab.inner_universe.keys.store_keys import Key\n"
            "from nerv_lab.inner_universe.embedded.rekeying import rekey_file\n"
            f"rekey_file(Path(sys.argv[1]), Key({SECRET!r}), None)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(store)], capture_output=True, text=True, timeout=300
        )
        assert "StoreInUseError" in done.stderr
        lab.add_entity("person", id="bob")


@pytest.mark.parametrize("key", ["", b"", 5, lambda: ""])
def test_what_is_no_key_is_refused(store_path: Path, key: Any) -> None:
    with pytest.raises(ValidationError, match="key: must"):
        nl.open(store_path, key=key)
    assert not store_path.exists() or store_path.stat().st_size == 0


@pytest.mark.parametrize("uri", ["mock://", "spacetimedb://127.0.0.1:9/x"])
def test_only_a_file_takes_a_key(uri: str) -> None:
    with pytest.raises(ValidationError, match="only a store file"):
        nl.open(uri, key=SECRET)
    with nl.open() as lab, pytest.raises(ValidationError, match="only a store file"):
        lab.rekey(SECRET)


def test_the_environment_may_give_the_key(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NERV_KEY", SECRET)
    with nl.open(store) as lab:
        assert lab.entity("ada").name == MARK
    with nl.open() as lab:
        assert not lab.entities


def test_the_settings_may_give_the_key_and_do_not_show_it(store: Path) -> None:
    config = InnerUniverseConfig(key=SECRET)
    assert SECRET not in repr(config)
    with nl.open(store, config=config) as lab:
        assert lab.entity("ada").name == MARK


def test_the_keyring_may_give_the_key(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    kept = {("nerv-lab key", str(store.resolve())): SECRET}
    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get((service, name)))
    monkeypatch.setenv("NERV_KEY_KEYRING", "1")
    with nl.open(store) as lab:
        assert lab.entity("ada").name == MARK
    kept.clear()
    with pytest.raises(KeyMissingError, match="keyring set"):
        nl.open(store)


def test_a_keyring_that_fails_says_so_without_its_words(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = pytest.importorskip("keyring")

    def fail(service: str, name: str) -> str:
        raise keyring.errors.KeyringLocked(SECRET)

    monkeypatch.setattr(keyring, "get_password", fail)
    monkeypatch.setenv("NERV_KEY_KEYRING", "1")
    with pytest.raises(NERVPersistenceError, match="KeyringLocked") as caught:
        nl.open(store)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_key_is_shown_nowhere(
    store: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = [repr(Key(SECRET)), str(Key(SECRET))]
    with nl.open(store, key=SECRET) as lab:
        shown += [repr(lab), repr(lab.health()), lab.metrics.to_string(), repr(lab.client)]
    errors: list[BaseException] = []
    for key in (SECRET + "!", lambda: 1 / len(SECRET[:0])):
        with pytest.raises(NERVPersistenceError) as caught:
            nl.open(store, key=key)
        errors.append(caught.value)
    shown += ["".join(traceback.format_exception(error)) for error in errors]
    with pytest.raises(TypeError):
        pickle.dumps(Key(SECRET))
    for text in (*shown, caplog.text):
        assert SECRET not in text
        assert SECRET.encode().hex() not in text


def test_a_rekey_that_fails_does_not_name_the_key(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = store.parent / "no such folder" / "x"
    monkeypatch.setattr(Path, "with_name", lambda self, name: missing)
    with pytest.raises(NERVPersistenceError) as caught:
        rekey_file(store, Key(SECRET), Key("another"))
    text = "".join(traceback.format_exception(caught.value))
    assert b"another".hex() not in text
    assert SECRET.encode().hex() not in text


@pytest.mark.parametrize(("old", "new"), [(None, "b"), ("a", "b"), ("a", None)])
def test_a_store_gets_another_key_and_goes_on(
    store_path: Path, old: str | None, new: str | None
) -> None:
    fill(store_path, key=old)
    with nl.open(store_path, key=old) as lab:
        head = lab.head
        lab.rekey(new)
        lab.add_entity("person", id="bob")
        assert lab.verify().ok
    with nl.open(store_path, key=new) as lab:
        assert set(lab.entities) == {"ada", "bob"}
        assert lab.head == head
        assert lab.verify().ok
    with pytest.raises(StoreKeyError):
        nl.open(store_path, key=old)
    assert (MARK.encode() in bytes_of(store_path.parent)) is (new is None)


def test_after_a_rekey_what_others_write_still_arrives(store: Path) -> None:
    with nl.open(store, key=SECRET) as lab:
        lab.rekey("another")
        arrived = threading.Event()
        lab.bus.subscribe("said", lambda event: arrived.set())
        with nl.open(store, key="another") as other:
            other.bus.publish("said")
            assert arrived.wait(120)


def test_a_store_that_others_have_open_is_not_rekeyed(store: Path) -> None:
    with nl.open(store, key=SECRET) as lab, nl.open(store, key=SECRET) as other:
        with pytest.raises(StoreInUseError):
            lab.rekey("another")
        lab.add_entity("person", id="bob")
        other.refresh()
        assert "bob" in other.entities


def test_an_empty_new_key_is_refused_and_the_old_one_stays(store: Path) -> None:
    with nl.open(store, key=SECRET) as lab:
        with pytest.raises(ValidationError, match="key"):
            lab.rekey("")
        lab.add_entity("person", id="bob")
    with nl.open(store, key=SECRET) as lab:
        assert "bob" in lab.entities


def test_a_rekey_that_is_cut_off_leaves_the_old_store(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(place: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nerv_lab.inner_universe.embedded.rekeying.replace_file", cut_off)
    with nl.open(store, key=SECRET) as lab:
        with pytest.raises(KeyboardInterrupt):
            lab.rekey("another")
        lab.add_entity("person", id="bob")
    with nl.open(store, key=SECRET) as lab:
        assert "bob" in lab.entities
    assert [path.name for path in store.parent.iterdir() if "part" in path.name] == []


def opens_with(path: Path, keys: list[str]) -> str:
    for key in keys:
        try:
            with nl.open(path, key=key) as lab:
                assert lab.entity("ada").name == MARK
                assert lab.verify().ok
                return key
        except StoreKeyError:
            continue
    raise AssertionError("no key opens it")


def test_a_kill_at_any_time_leaves_the_store_under_one_of_the_keys(store: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(nl.__file__).parents[1])}
    chance, keys = random.Random(7), [SECRET, "another"]
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, str(SCRIPT), str(store), *keys],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.random())  # so that it dies anywhere in its work
            process.kill()
        found = opens_with(store, keys)
        keys.sort(key=lambda key: key != found)
    assert MARK.encode() not in bytes_of(store.parent)
