"""Items of all kinds, as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata

__all__ = ["ENTITIES", "NAME", "PROPERTIES", "RELATIONS", "TEXT", "VALUES"]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAME = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\x7f"]),
    min_size=1,
    max_size=20,
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | FLOATS | TEXT
PROPERTIES = st.dictionaries(TEXT | st.just("$nerv"), VALUES | st.lists(VALUES), max_size=4)
TAGS = st.lists(NAME, max_size=3).map(tuple)
MICROS = st.integers(0, 2**53)
ENTITIES = st.builds(
    Entity,
    NAME,
    NAME,
    st.builds(EntityMetadata, st.none() | TEXT, st.none() | TEXT, TAGS, PROPERTIES),
    MICROS,
    MICROS,
    st.integers(1, 10**9),
)
RELATIONS = st.builds(
    Relation,
    NAME,
    NAME,
    NAME,
    NAME,
    st.builds(
        RelationMetadata,
        st.none() | TEXT,
        FLOATS,
        st.booleans(),
        TAGS,
        PROPERTIES,
    ),
    MICROS,
    MICROS,
    st.integers(1, 10**9),
)
