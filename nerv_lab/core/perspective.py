"""Perspectives: named ways to look at one state. They show; they never change or guard it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import PerspectiveNotFoundError, ValidationError
from nerv_lab.core.graph.model import Entity
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values import thaw

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Perspective", "PerspectiveAware"]

Perspective: TypeAlias = "Callable[[Any], Any] | type[BaseModel] | Iterable[str]"


class PerspectiveAware:
    """A state with named views.

    A view is one of three:

    - a callable, given the state;
    - a pydantic model. Of a dict state it gives one instance, of a graph one per entity;
    - the names of fields, dotted where they lie deeper, such as ``["name", "properties.born"]``.
      Of a dict state it gives a dict with the fields that are there, of a graph one per entity.

    A view per entity is a dict from entity id to what is seen of it. A model finds the fields
    of an entity (``id``, ``type``, ``name``, ``description``, ``tags``, ``properties``) and,
    where these do not take the name, its properties.

    Parameters
    ----------
    state : callable
        Returns the present state: a `GraphState` or a dict.
    """

    def __init__(self, state: Callable[[], GraphState | Mapping[str, Any]]) -> None:
        self._state = state
        self._perspectives: dict[str, Callable[[Any], Any]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the perspectives, in the order of adding."""
        return tuple(self._perspectives)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self._perspectives

    def add(
        self, name: str, perspective: Perspective, *, types: Iterable[str] | None = None
    ) -> None:
        """Register a view under a name, in place of any that had it.

        Parameters
        ----------
        name : str
            The name.
        perspective : callable, pydantic model or iterable of str
            The view.
        types : iterable of str, optional
            Of a graph, look only at entities of these types. Not for callables.

        Raises
        ------
        ValidationError
            When the view is none of the three.
        """
        function = _function_of(perspective, None if types is None else frozenset(types))
        self._perspectives[checked_name(name, "name")] = function

    def remove(self, name: str) -> None:
        """Forget a view.

        Raises
        ------
        PerspectiveNotFoundError
            When no perspective has this name.
        """
        self._find(name)
        del self._perspectives[name]

    def view(self, name: str, state: GraphState | Mapping[str, Any] | None = None) -> Any:
        """Return the state as this perspective shows it.

        Parameters
        ----------
        name : str
            The perspective.
        state : GraphState or mapping, optional
            Another state to look at, such as a past one; the present one otherwise.

        Raises
        ------
        PerspectiveNotFoundError
            When no perspective has this name.
        ValidationError
            When the state does not fit the pydantic model; ``field`` names entity and field.
        """
        return self._find(name)(self._state() if state is None else state)

    def _find(self, name: str) -> Callable[[Any], Any]:
        found = self._perspectives.get(name)
        if found is None:
            near = get_close_matches(str(name), self._perspectives)
            hint = "did you mean " + " or ".join(map(repr, near)) + "?"
            registered = "registered: " + (", ".join(self._perspectives) or "none")
            raise PerspectiveNotFoundError(str(name), hint if near else registered)
        return found

    def __repr__(self) -> str:
        return f"<PerspectiveAware {', '.join(self._perspectives) or 'without perspectives'}>"


def _function_of(view: Any, types: frozenset[str] | None) -> Callable[[Any], Any]:
    if isinstance(view, type) and hasattr(view, "model_validate"):
        return lambda state: _each(state, types, lambda fields, at: _validated(view, fields, at))
    if callable(view):
        if types is not None:
            raise ValidationError("types", "a callable is given the whole state and selects itself")
        function: Callable[[Any], Any] = view
        return function
    if isinstance(view, str) or not isinstance(view, Iterable):
        raise ValidationError(
            "perspective", "must be a callable, a pydantic model or a list of field names"
        )
    names = tuple(checked_name(field, f"perspective[{i}]") for i, field in enumerate(view))
    return lambda state: _each(state, types, lambda fields, at: _selected(names, fields))


def _each(
    state: Any, types: frozenset[str] | None, show: Callable[[Mapping[str, Any], str], Any]
) -> Any:
    if not isinstance(state, GraphState):
        return show(state, "state")
    return {
        item.id: show(_fields(item), item.id)
        for item in state.items()
        if isinstance(item, Entity) and (types is None or item.type in types)
    }


def _fields(entity: Entity) -> dict[str, Any]:
    own = {"id": entity.id, "type": entity.type, **entity.metadata.as_dict()}
    return {**entity.properties, **own}


def _selected(names: Iterable[str], fields: Mapping[str, Any]) -> dict[str, Any]:
    out = {}
    for name in names:
        value: Any = fields
        for step in (name,) if name in fields else name.split("."):
            if not isinstance(value, Mapping) or step not in value:
                break
            value = value[step]
        else:
            out[name] = value
    return out


def _validated(model: type[BaseModel], fields: Mapping[str, Any], where: str) -> BaseModel:
    from pydantic import ValidationError as ModelError

    try:
        return model.model_validate(thaw(dict(fields)))
    except ModelError as error:
        first = error.errors()[0]
        path = ".".join([where, *map(str, first["loc"])])
        raise ValidationError(path, f"does not fit {model.__name__}: {first['msg']}") from None
