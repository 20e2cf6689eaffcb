"""Names and values of a graph in RDF.

An id, type or property name that is an IRI already stands for itself; any other is quoted and put
behind ``urn:nerv-lab:`` and what it is. Text, numbers, truth values and times with a zone are
literals of XML Schema; any other value is a literal of the datatype ``urn:nerv-lab:value`` in the
canonical encoding of :mod:`nerv_lab.core.values`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote, unquote

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.values import decode, encode
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.exchange.extras import needs

with needs("rdf"):
    import rdflib
    from rdflib.namespace import XSD

__all__ = ["BASE", "checked_format", "iri", "literal", "name_of", "value_of"]

BASE: Final = "urn:nerv-lab:"
Kind: TypeAlias = Literal["entity", "relation", "term"]
_VALUE: Final = rdflib.URIRef(f"{BASE}value")
_IRI: Final = re.compile(r"(?:https?://|urn:)[^\x00-\x20<>\"{}|\\^`]+")
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")


def iri(kind: Kind, name: str) -> rdflib.URIRef:
    """Return what stands for an id or a name."""
    if _IRI.fullmatch(name) and not name.startswith(BASE):
        return rdflib.URIRef(name)
    return rdflib.URIRef(f"{BASE}{kind}:{quote(name, safe='')}")


def name_of(node: rdflib.term.Node) -> str:
    """Return the id or name that a node stands for."""
    if isinstance(node, rdflib.BNode):
        return f"_:{node}"
    text = str(node)
    if not text.startswith(BASE):
        return text
    for kind in ("entity", "relation", "term"):
        if text.startswith(prefix := f"{BASE}{kind}:"):
            return unquote(text.removeprefix(prefix))
    return text


def literal(value: Any) -> rdflib.Literal:
    """Return a value as a literal."""
    if isinstance(value, str) and type(value) is not Encrypted and not _UNSAFE.search(value):
        return rdflib.Literal(value)
    if isinstance(value, bool):
        return rdflib.Literal("true" if value else "false", datatype=XSD.boolean)
    if isinstance(value, int):
        return rdflib.Literal(str(value), datatype=XSD.integer)
    # rdflib writes six digits of a number into Turtle, and no more.
    if isinstance(value, float) and float(f"{value:e}") == value:
        return rdflib.Literal(repr(value), datatype=XSD.double)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return rdflib.Literal(value.isoformat(), datatype=XSD.dateTime)
    return rdflib.Literal(encode(value).decode(), datatype=_VALUE)


_KEPT: Final = (str, bool, int, float, dt.datetime, dt.date, bytes, Decimal)


def value_of(found: rdflib.Literal) -> tuple[Any, str | None]:
    """Return the value of a literal, and what of it is lost, if anything is.

    Raises
    ------
    ValidationError
        It should be a value of this package, and is none.
    """
    if found.datatype == _VALUE:
        return decode(str(found)), None
    if found.language:
        return str(found), f"its language {found.language!r} is not kept"
    value = found.toPython()
    if isinstance(value, float) and not math.isfinite(value):
        return str(found), f"{value} is kept as text"
    if isinstance(value, _KEPT):
        return str(value) if isinstance(value, str) else value, None
    return str(found), f"its datatype {found.datatype} is not kept"


def checked_format(format: str) -> str:
    """Return the format, or refuse one that is not offered."""
    if format not in ("turtle", "json-ld", "nt"):
        raise ValidationError("format", f"must be turtle, json-ld or nt, not {format!r}")
    return format
