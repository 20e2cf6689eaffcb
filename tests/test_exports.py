"""What the package offers exists under its name, and is described."""

from __future__ import annotations

import enum
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import nerv_lab


def module_names() -> list[str]:
    found = pkgutil.walk_packages(nerv_lab.__path__, "nerv_lab.")
    return ["nerv_lab", *(m.name for m in found if not m.name.endswith("__main__"))]


def exported(module: ModuleType) -> list[tuple[str, Any]]:
    return [(name, getattr(module, name)) for name in getattr(module, "__all__", ())]


def members(cls: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(cls).items():
        if name.startswith("_"):
            continue
        if isinstance(member, (classmethod, staticmethod)):
            member = member.__func__
        if inspect.isfunction(member) or isinstance(member, property):
            yield name, member


def is_described(owner: type, name: str, member: Any) -> bool:
    if inspect.getdoc(member):
        return True
    # What fulfils a base's promise is described there.
    return any(inspect.getdoc(getattr(base, name, None)) for base in owner.__mro__[1:])


@pytest.mark.parametrize("name", module_names())
def test_every_exported_name_exists_once(name: str) -> None:
    module = importlib.import_module(name)
    listed = [name for name, _ in exported(module)]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("name", module_names())
def test_every_module_and_exported_name_is_described(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, name
    undescribed = []
    for exported_name, value in exported(module):
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if not value.__doc__ or value.__doc__.startswith(f"{exported_name}("):
            undescribed.append(exported_name)
        # What a protocol asks for is described where it is done.
        is_plain = inspect.isclass(value) and not issubclass(value, enum.Enum)
        if is_plain and not getattr(value, "_is_protocol", False):
            undescribed += [
                f"{exported_name}.{member_name}"
                for member_name, member in members(value)
                if value.__module__.startswith("nerv_lab")
                and not is_described(value, member_name, member)
            ]
    assert undescribed == []


def test_the_top_of_the_package_offers_what_the_guide_names() -> None:
    guide = {
        *("EventBus", "Event", "Message", "TemporalStore", "Version", "StateProjector", "Delta"),
        *("PatchDelta", "FunctionDelta", "PerspectiveAware", "Entity", "Relation"),
        *("EntityMetadata", "RelationMetadata", "InnerUniverseConfig", "InnerUniverseClient"),
        *("InnerUniverseController", "SpacetimeEventBus", "SpacetimeTemporalStore"),
        *("initialize_persistence", "NERVPersistenceError", "EntityNotFoundError"),
        *("open", "Lab", "REMOVE", "load_ipython_extension"),
    }
    assert guide <= set(nerv_lab.__all__)
    assert set(nerv_lab.__all__) <= set(dir(nerv_lab))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = nerv_lab.no_such_name
