"""Keys of encrypted properties."""

from __future__ import annotations

import base64
import os
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nerv_lab as nl
from nerv_lab.core.errors import KeyMissingError, NERVPersistenceError, SealBrokenError
from nerv_lab.core.values import decode, encode, freeze
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.inner_universe.keys.field_keys import FieldEncryption, FieldKeys, field_keys_of
from nerv_lab.inner_universe.keys.store_keys import Key

KEYS = FieldKeys([os.urandom(32)])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PLACES = st.tuples(TEXTS, TEXTS)


@given(VALUES, PLACES)
def test_what_is_sealed_opens_where_it_was_sealed(value: Any, place: tuple[str, str]) -> None:
    frozen = freeze(value)
    sealed = KEYS.seal(*place, frozen)
    assert KEYS.open(*place, sealed) == frozen
    assert encode(KEYS.open(*place, sealed)) == encode(frozen)
    assert decode(encode(freeze({"a": [sealed]}))) == {"a": [sealed]}
    assert type(decode(encode(sealed))) is Encrypted


@given(PLACES, PLACES)
def test_an_envelope_opens_nowhere_else(here: tuple[str, str], there: tuple[str, str]) -> None:
    sealed = KEYS.seal(*here, 1)
    if here != there:
        with pytest.raises(SealBrokenError):
            KEYS.open(*there, sealed)


@given(st.integers(0, 43), st.integers(1, 255))
def test_a_changed_envelope_does_not_open(at: int, change: int) -> None:
    sealed = KEYS.seal("e:a", "n", "a secret value")
    raw = bytearray(base64.b64decode(sealed.sealed))
    raw[at % len(raw)] ^= change
    broken = f"{sealed.algorithm}:{sealed.key_id}:{base64.b64encode(raw).decode()}"
    with pytest.raises(SealBrokenError):
        KEYS.open("e:a", "n", Encrypted(broken))


def test_the_same_value_is_never_sealed_alike() -> None:
    assert len({KEYS.seal("e:a", "n", 1) for _ in range(100)}) == 100


def test_the_purpose_of_a_store_is_part_of_the_seal() -> None:
    key = os.urandom(32)
    sealed = FieldKeys([key], "payroll").seal("e:a", "n", 1)
    assert FieldKeys([key], "payroll").open("e:a", "n", sealed) == 1
    with pytest.raises(SealBrokenError):
        FieldKeys([key], "tests").open("e:a", "n", sealed)


def test_the_first_key_seals_and_all_of_them_open() -> None:
    old, new = os.urandom(32), nl.generate_field_key()
    before = FieldKeys([old]).seal("e:a", "n", 1)
    both = FieldKeys([new, old])
    after = both.seal("e:a", "n", 2)
    assert [both.open("e:a", "n", s) for s in (before, after)] == [1, 2]
    assert after.key_id == FieldKeys([new]).key_id != before.key_id
    with pytest.raises(KeyMissingError, match=before.key_id):
        FieldKeys([new]).open("e:a", "n", before)


def test_a_key_is_named_by_what_tells_nothing_about_it() -> None:
    key = os.urandom(32)
    assert FieldKeys([key]).key_id == FieldKeys([base64.b64encode(key).decode()]).key_id
    assert FieldKeys([key]).key_id not in key.hex()


@pytest.mark.parametrize(
    "key", ["", "a passphrase", "x" * 32, b"short", b"y" * 32, base64.b64encode(b"short").decode()]
)
def test_what_is_no_key_is_refused_and_not_shown(key: str | bytes) -> None:
    with pytest.raises(nl.ValidationError) as refused:
        FieldKeys([key])
    assert refused.value.field in ("key", "field_key")
    assert not key or str(key) not in str(refused.value)


def test_a_callable_that_fails_is_said_without_its_words() -> None:
    def ask() -> str:
        raise RuntimeError("hunter2")

    with pytest.raises(NERVPersistenceError) as failed:
        FieldKeys([ask])
    assert "hunter2" not in str(failed.value)


def test_keys_show_themselves_nowhere() -> None:
    text = nl.generate_field_key()
    keys = FieldKeys([text])
    assert text not in repr(keys)
    with pytest.raises(TypeError):
        pickle.dumps(keys)
    with pytest.raises(TypeError):
        pickle.dumps(Key(text))


def test_the_environment_may_name_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    new, old = nl.generate_field_key(), nl.generate_field_key()
    monkeypatch.setenv("NERV_FIELD_KEY", f"{new}, {old}")
    found = field_keys_of("team.nerv", nl.InnerUniverseConfig(), None)
    assert found is not None
    assert found.key_id == FieldKeys([new]).key_id
    assert found.open("e:a", "n", FieldKeys([old]).seal("e:a", "n", 1)) == 1
    assert new not in repr(nl.InnerUniverseConfig())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A256GCM",
        "A256GCM:0123456789abcdef:QQ==",
        "A256GCM:xyz:" + "A" * 40,
        "A256GCM:0123456789abcdef:" + "A" * 41,
        "A256GCM:0123456789abcdef:" + "=" * 40,
    ],
)
def test_a_text_that_is_no_envelope_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="envelope"):
        Encrypted(text)


@pytest.mark.parametrize(
    "properties", [{"person": "ssn"}, {"person": 1}, {"": ["a"]}, {"person": [""]}, ["ssn"]]
)
def test_a_policy_that_makes_no_sense_is_refused(properties: Any) -> None:
    with pytest.raises(nl.ValidationError, match="encrypt"):
        FieldEncryption(properties)


def test_a_star_stands_for_all_types() -> None:
    policy = FieldEncryption({"*": ["note"], "person": {"ssn"}})
    assert policy.names("person") == {"note", "ssn"}
    assert policy.names("place") == {"note"}


def test_the_keyring_may_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    kept = {("nerv-lab field key", "team.nerv"): nl.generate_field_key()}
    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get((service, name)))
    monkeypatch.setenv("NERV_FIELD_KEY_KEYRING", "1")
    found = field_keys_of("team.nerv", nl.InnerUniverseConfig(), None)
    assert found is not None
    assert found.key_id == FieldKeys([*kept.values()]).key_id
    with pytest.raises(KeyMissingError, match="keyring set"):
        field_keys_of("other.nerv", nl.InnerUniverseConfig(), None)
