"""What is too much is refused by the module itself, whoever sends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from shared.spacetime_database import Database, RefusedError, own_event

from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.core.limits import MAX_PROPERTIES, MAX_TAGS, MAX_TEXT

TAGS = EntityMetadata(tags=("t",) * (MAX_TAGS + 1))
PROPERTIES = EntityMetadata(properties=dict.fromkeys(map(str, range(MAX_PROPERTIES + 1)), 0))
LONG = "ü" * (MAX_TEXT + 1)


@pytest.mark.parametrize(
    ("send", "field"),
    [
        (lambda d: d.apply(CreateEntity("x", "t", TAGS)), "tags"),
        (lambda d: d.apply(CreateEntity("x", "t", PROPERTIES)), "properties"),
        (lambda d: d.apply(CreateEntity("x", "t"), reason=LONG), "reason"),
        (lambda d: d.apply(CreateEntity("x", "t"), source=LONG), "source"),
        (
            lambda d: d.call(
                "publish_events", "b", "tests", 0, "main", [own_event("e", "X", source=LONG)]
            ),
            "source",
        ),
    ],
)
def test_too_much_is_refused_with_its_field(
    database: Database, send: Callable[[Database], None], field: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        send(database)
    assert (refused.value.name, refused.value.fields["field"]) == ("ValidationError", field)
    assert "at most" in refused.value.fields["reason"]
    assert database.log() == []
