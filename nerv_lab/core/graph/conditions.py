"""Conditions on items, as they are written in keyword arguments.

=========================  ==========================================================
``born=1815``              equal; a bool equals no number
``died=None``              absent, or None
``died=...``               there, whatever it is
``born=callable``          whatever the callable makes true; never asked of what is absent
``born__gt=1800``          a lookup, one of `LOOKUPS`; what is absent or cannot be compared
                           meets ``__ne`` and no other
``address__city="London"`` inside a dict
``tag="maths"``            has the tag; ``tags=[…]`` has all of them
=========================  ==========================================================

What is encrypted and cannot be opened is there (``...``, ``__exists``), meets ``__ne``, and nothing
else; no callable is asked of it.

A keyword names a field of the item (`ENTITY_FIELDS`, `RELATION_FIELDS`) or else a property.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from operator import ge, gt, le, lt
from typing import Any, Final, TypeAlias, TypeVar

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Item
from nerv_lab.core.values.encrypted import Encrypted, Reveal

__all__ = [
    "ABSENT",
    "CLOSED",
    "ENTITY_FIELDS",
    "LOOKUPS",
    "RELATION_FIELDS",
    "Predicate",
    "all_of",
    "value_of",
]

_T = TypeVar("_T", bound=Item)
Predicate: TypeAlias = Callable[[_T], object]
_Test: TypeAlias = Callable[[Any], bool]

_SHARED: Final = ("id", "type", "description", "created_at", "updated_at", "revision")
ENTITY_FIELDS: Final = frozenset({*_SHARED, "name"})
RELATION_FIELDS: Final = frozenset(
    {*_SHARED, "from_entity", "to_entity", "strength", "bidirectional"}
)
ABSENT: Final = object()
CLOSED: Final = object()


def all_of(
    fields: Collection[str],
    predicates: Iterable[Predicate[Any]],
    properties: Mapping[str, Any] | None,
    conditions: Mapping[str, Any],
    reveal: Reveal | None = None,
) -> Callable[[Any], bool]:
    """Return what tells whether an item meets every condition.

    Parameters
    ----------
    fields : collection of str
        The keywords that mean fields.
    predicates : iterable of callable
        Each is given the item.
    properties : mapping, optional
        Conditions on properties by their exact names, such as one that is named as a field.
    conditions : mapping
        Keywords and what they ask for.
    reveal : callable, optional
        Opens properties that are encrypted.

    Raises
    ------
    ValidationError
        A predicate is not callable, or a lookup is given what it cannot use.
    """
    tests: list[Callable[[Any], bool]] = []
    for position, predicate in enumerate(predicates):
        if not callable(predicate):
            raise ValidationError(
                f"where[{position}]",
                f"must be a callable, not {predicate!r}; fields go by keyword, as in name='Ada'",
            )
        tests.append(partial(_asked, f"where[{position}]", predicate, None))
    if properties is not None:
        if not isinstance(properties, Mapping):
            raise ValidationError("properties", f"must be a dict, not {type(properties).__name__}")
        tests += [_on(_property(n, reveal), _equals, n, w) for n, w in properties.items()]
    tests += [_condition(fields, k, wanted, reveal) for k, wanted in conditions.items()]
    return lambda item: all(test(item) for test in tests)


def _condition(
    fields: Collection[str], keyword: str, wanted: Any, reveal: Reveal | None
) -> Callable[[Item], bool]:
    if keyword in ("tag", "tags"):
        return _tagged(keyword, wanted)
    name, _, lookup = keyword.rpartition("__") if not keyword.startswith("_") else ("", "", "")
    if name and lookup in LOOKUPS:
        return _on(value_of(fields, name, reveal), LOOKUPS[lookup], keyword, wanted)
    if name and lookup in _ELSEWHERE:
        here = _ELSEWHERE[lookup]
        raise ValidationError(
            keyword,
            f"there is no lookup {lookup!r}; write {name}{f'__{here}' if here else ''}=…, or give "
            f"a callable if {lookup!r} is a key inside {name!r}",
        )
    return _on(value_of(fields, keyword, reveal), _equals, keyword, wanted)


def value_of(
    fields: Collection[str], name: str, reveal: Reveal | None = None
) -> Callable[[Item], Any]:
    """Return what gives the value of a field or property, also inside a dict, or `ABSENT`.

    Parameters
    ----------
    fields : collection of str
        The names that mean fields.
    name : str
        As in a condition: ``"born"``, ``"address__city"``.
    reveal : callable, optional
        Opens properties that are encrypted.
    """
    first, *rest = name.split("__") if not name.startswith("_") else [name]
    return _inside(_field(first) if first in fields else _property(first, reveal), rest)


def _tagged(keyword: str, wanted: Any) -> Callable[[Item], bool]:
    tags = [wanted] if keyword == "tag" else wanted
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise ValidationError("tags", "must be a list of tags, such as ['draft']; or give tag='…'")
    asked = tuple(tags)
    for tag in asked:
        if not isinstance(tag, str):
            raise ValidationError(keyword, f"must be text, not {tag!r}")
    return lambda item: all(tag in item.tags for tag in asked)


def _field(name: str) -> Callable[[Item], Any]:
    return lambda item: getattr(item, name)


def _property(name: str, reveal: Reveal | None) -> Callable[[Item], Any]:
    def value(item: Item) -> Any:
        found = item.properties.get(name, ABSENT)
        if type(found) is not Encrypted:
            return found
        opened = None if reveal is None else reveal(item.key, name, found)
        return CLOSED if opened is None else opened[0]

    return value


def _inside(start: Callable[[Item], Any], names: list[str]) -> Callable[[Item], Any]:
    def value(item: Item) -> Any:
        found = start(item)
        for name in names:
            found = found.get(name, ABSENT) if isinstance(found, Mapping) else ABSENT
        return found

    return value if names else start


def _on(
    value: Callable[[Item], Any],
    make: Callable[[str, Any], _Test],
    keyword: str,
    wanted: Any,
) -> Callable[[Item], bool]:
    if make is _equals and callable(wanted):
        return lambda item: (
            not _is_out_of_reach(found := value(item)) and _asked(keyword, wanted, item, found)
        )
    test = make(keyword, wanted)
    return lambda item: test(value(item))


def _is_out_of_reach(found: Any) -> bool:
    return found is ABSENT or found is CLOSED


def _asked(keyword: str, callable: Callable[[Any], object], item: Item | None, value: Any) -> bool:
    try:
        return bool(callable(value))
    except Exception as error:
        shown = repr(value) if item is None else f"{value!r} of {item!r}"
        if item is not None and any(type(v) is Encrypted for v in item.properties.values()):
            shown = repr(item)  # the value may be what was opened
        reason = f"the callable failed on {shown}: {type(error).__name__}: {error}"
        raise ValidationError(keyword, reason) from error


def _equals(keyword: str, wanted: Any) -> _Test:
    if wanted is ...:
        return lambda found: found is not ABSENT
    if wanted is None:
        return lambda found: found is None or found is ABSENT
    truth = isinstance(wanted, bool)
    return lambda found: bool(found == wanted) and isinstance(found, bool) is truth


def _compared(compare: Callable[[Any, Any], object]) -> Callable[[str, Any], _Test]:
    def make(keyword: str, wanted: Any) -> _Test:
        def test(found: Any) -> bool:
            try:
                return found is not ABSENT and bool(compare(found, wanted))
            except TypeError:
                return False

        return test

    return make


def _differs(keyword: str, wanted: Any) -> _Test:
    equals = _equals(keyword, wanted)
    return lambda found: not equals(found)


def _one_of(keyword: str, wanted: Any) -> _Test:
    if isinstance(wanted, (str, Mapping)) or not isinstance(wanted, Iterable):
        raise ValidationError(keyword, f"must be a list of values, not {wanted!r}")
    values = tuple(wanted)
    texts = frozenset(value for value in values if type(value) is str)
    tests = [_equals(keyword, value) for value in values if type(value) is not str]
    return lambda found: (
        found in texts if type(found) is str and not tests else _meets_one(found, texts, tests)
    )


def _meets_one(found: Any, texts: frozenset[str], tests: list[_Test]) -> bool:
    return (isinstance(found, str) and found in texts) or any(test(found) for test in tests)


def _in_text(compare: Callable[[str, str], bool]) -> Callable[[str, Any], _Test]:
    def make(keyword: str, wanted: Any) -> _Test:
        if not isinstance(wanted, str):
            raise ValidationError(keyword, f"must be text, not {wanted!r}")
        return lambda found: isinstance(found, str) and compare(found, wanted)

    return make


def _holds(keyword: str, wanted: Any) -> _Test:
    equals = _equals(keyword, wanted)

    def test(found: Any) -> bool:
        if isinstance(found, str):
            return isinstance(wanted, str) and wanted in found
        if isinstance(found, Mapping):
            return wanted in found
        return isinstance(found, (list, tuple, frozenset)) and any(map(equals, found))

    return test


def _matches(keyword: str, wanted: Any) -> _Test:
    try:
        pattern = re.compile(wanted)
    except (TypeError, re.error) as error:
        raise ValidationError(keyword, f"{wanted!r} is not a regular expression: {error}") from None
    return lambda found: isinstance(found, str) and pattern.search(found) is not None


def _exists(keyword: str, wanted: Any) -> _Test:
    if not isinstance(wanted, bool):
        raise ValidationError(keyword, f"must be True or False, not {wanted!r}")
    return lambda found: (found is not ABSENT) is wanted


LOOKUPS: Final[Mapping[str, Callable[[str, Any], _Test]]] = {
    "ne": _differs,
    "gt": _compared(gt),
    "gte": _compared(ge),
    "lt": _compared(lt),
    "lte": _compared(le),
    "in": _one_of,
    "contains": _holds,
    "icontains": _in_text(lambda found, wanted: wanted.casefold() in found.casefold()),
    "startswith": _in_text(str.startswith),
    "endswith": _in_text(str.endswith),
    "regex": _matches,
    "exists": _exists,
}
"""What may follow two underscores; from a keyword and what it asks for to a test of a value."""

_ELSEWHERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("eq", "exact", "is"), ""),
    "ge": "gte",
    "le": "lte",
    "not": "ne",
    "like": "regex",
    "matches": "regex",
    "ilike": "icontains",
    "isnull": "exists",
    "null": "exists",
}
"""Lookups of other libraries, and ours for them; taken for keys, they would find nothing."""
