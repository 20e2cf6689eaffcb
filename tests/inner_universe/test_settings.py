"""The settings there are where nobody sets any."""

from __future__ import annotations

import os
from dataclasses import fields

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe.config import InnerUniverseConfig
from nerv_lab.inner_universe.defaults import DefaultSettings
from nerv_lab.inner_universe.settings import settings_of


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("NERV_"):
            monkeypatch.delenv(name)


def test_the_defaults_are_those_of_the_settings_that_are_checked() -> None:
    default, checked = DefaultSettings(), InnerUniverseConfig()
    assert {field.name for field in fields(default)} == set(InnerUniverseConfig.model_fields)
    assert all(getattr(default, f.name) == getattr(checked, f.name) for f in fields(default))


def test_where_nothing_is_set_the_defaults_do() -> None:
    assert settings_of("team.nerv", None) == DefaultSettings("team.nerv")


@pytest.mark.parametrize("name", ["NERV_ACTOR", "nerv_actor"])
def test_what_the_environment_sets_is_read(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "ada")
    assert settings_of(":memory:", None).actor == "ada"


def test_what_the_environment_sets_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NERV_BUSY_TIMEOUT", "-1")
    with pytest.raises(ValidationError, match="busy_timeout"):
        settings_of(":memory:", None)


def test_settings_that_are_given_are_left_alone() -> None:
    given = InnerUniverseConfig(actor="ada")
    assert settings_of(":memory:", given) is given
